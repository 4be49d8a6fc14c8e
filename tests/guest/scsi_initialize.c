// libs: scsiport
// Calls ScsiPortInitialize in every way a miniport might, and writes down the answers.
#include <ntddk.h>
#include <srb.h>

ULONG Answers[16];
ULONG CallsLater;      // set by the test: HwScsiFindAdapter calls ScsiPortInitialize again
ULONG AnswerLater;
ULONG LeavesMapping;   // set by the test: a mapping is left although nothing was found
ULONG MapsForeign;     // set by the test: maps a range it was not given
ULONG64 Foreign;
ULONG ControlCalls;
static PVOID SavedDriver, SavedPath;

static BOOLEAN NTAPI Initialize(PVOID Ext) {
  UNREFERENCED_PARAMETER(Ext);
  return TRUE;
}

static BOOLEAN NTAPI StartIo(PVOID Ext, PSCSI_REQUEST_BLOCK Srb) {
  Srb->SrbStatus = SRB_STATUS_SELECTION_TIMEOUT;
  ScsiPortNotification(RequestComplete, Ext, Srb);
  ScsiPortNotification(NextRequest, Ext);
  return TRUE;
}

static BOOLEAN NTAPI ResetBus(PVOID Ext, ULONG PathId) {
  UNREFERENCED_PARAMETER(Ext);
  UNREFERENCED_PARAMETER(PathId);
  return TRUE;
}

static SCSI_ADAPTER_CONTROL_STATUS NTAPI AdapterControl(PVOID Ext, SCSI_ADAPTER_CONTROL_TYPE Type, PVOID Parameters) {
  UNREFERENCED_PARAMETER(Ext);
  UNREFERENCED_PARAMETER(Type);
  UNREFERENCED_PARAMETER(Parameters);
  ++ControlCalls;
  return ScsiAdapterControlSuccess;
}

static ULONG NTAPI FindAdapter(PVOID Ext, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                               PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again);

static HW_INITIALIZATION_DATA Fresh(VOID) {
  HW_INITIALIZATION_DATA data = {
      .HwInitializationDataSize = sizeof(data),
      .AdapterInterfaceType = PCIBus,
      .HwInitialize = Initialize,
      .HwStartIo = StartIo,
      .HwFindAdapter = FindAdapter,
      .HwResetBus = ResetBus,
      .DeviceExtensionSize = 64,
      .NumberOfAccessRanges = 2,
  };
  return data;
}

static ULONG NTAPI FindAdapter(PVOID Ext, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                               PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  UNREFERENCED_PARAMETER(HwContext);
  UNREFERENCED_PARAMETER(BusInformation);
  UNREFERENCED_PARAMETER(ArgumentString);
  *Again = FALSE;
  if (CallsLater) {
    HW_INITIALIZATION_DATA data = Fresh();
    AnswerLater = ScsiPortInitialize(SavedDriver, SavedPath, &data, NULL);
  }
  const ACCESS_RANGE* range = &(*Config->AccessRanges)[0];
  if (MapsForeign) {
    SCSI_PHYSICAL_ADDRESS other = range->RangeStart;
    other.QuadPart += 0x100000;
    Foreign = (ULONG64)(ULONG_PTR)ScsiPortGetDeviceBase(Ext, PCIBus, 0, other, 16, FALSE);
  }
  if (LeavesMapping) {
    ScsiPortGetDeviceBase(Ext, PCIBus, 0, range->RangeStart, 16, FALSE);
    return SP_RETURN_NOT_FOUND;
  }
  Config->NumberOfBuses = 1;
  Config->InitiatorBusId[0] = 7;
  return SP_RETURN_FOUND;
}

ULONG NTAPI DriverEntry(PVOID DriverObject, PVOID RegistryPath) {
  HW_INITIALIZATION_DATA data;
  SavedDriver = DriverObject;
  SavedPath = RegistryPath;
  data = Fresh();
  data.HwInitializationDataSize = sizeof(data) + 24;  // a Storport structure is larger
  Answers[0] = ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
  data = Fresh();
  data.HwInitializationDataSize = 64;
  Answers[1] = ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
  data = Fresh();
  data.HwResetBus = NULL;
  Answers[2] = ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
  data = Fresh();
  data.HwStartIo = NULL;
  Answers[3] = ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
  data = Fresh();
  data.HwFindAdapter = NULL;
  Answers[4] = ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
  data = Fresh();
  data.HwInitialize = NULL;
  Answers[5] = ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
  data = Fresh();  // no HwInterrupt: polled
  data.HwInitializationDataSize = 120;
  data.HwAdapterControl = AdapterControl;  // beyond that size: not there
  Answers[6] = ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
  return Answers[6];
}
