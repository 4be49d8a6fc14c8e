// libs: scsiport
// The least a SCSI miniport can be: INQUIRY finds one disk of 1 MiB, every other request succeeds at once and nothing is moved.
#include <ntddk.h>
#include <srb.h>
#include <scsi.h>

typedef struct _EXTENSION {
  ULONG Requests;
} EXTENSION;

static BOOLEAN NTAPI Initialize(PVOID Ext) {
  UNREFERENCED_PARAMETER(Ext);
  return TRUE;
}

static UCHAR Inquiry(PSCSI_REQUEST_BLOCK Srb) {
  static const CHAR identity[] = "DRYDOCK Null disk       1.0 ";
  UCHAR* data = Srb->DataBuffer;
  if (Srb->TargetId || Srb->Lun || Srb->DataTransferLength < 36) return SRB_STATUS_SELECTION_TIMEOUT;
  for (ULONG i = 0; i < 36; ++i) data[i] = i < 8 ? 0 : (UCHAR)identity[i - 8];
  data[4] = 31;
  return SRB_STATUS_SUCCESS;
}

/// 1 MiB in blocks of 512 bytes, big-endian.
static VOID Capacity(PSCSI_REQUEST_BLOCK Srb) {
  static const UCHAR capacity[8] = {0, 0, 0x07, 0xFF, 0, 0, 0x02, 0};
  UCHAR* data = Srb->DataBuffer;
  for (ULONG i = 0; i < sizeof(capacity) && i < Srb->DataTransferLength; ++i) data[i] = capacity[i];
}

static BOOLEAN NTAPI StartIo(PVOID Ext, PSCSI_REQUEST_BLOCK Srb) {
  EXTENSION* ext = Ext;
  ++ext->Requests;
  Srb->ScsiStatus = SCSISTAT_GOOD;
  Srb->SrbStatus = SRB_STATUS_SUCCESS;
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->Cdb[0] == SCSIOP_INQUIRY) Srb->SrbStatus = Inquiry(Srb);
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->Cdb[0] == SCSIOP_READ_CAPACITY) Capacity(Srb);
  ScsiPortNotification(RequestComplete, Ext, Srb);
  ScsiPortNotification(NextRequest, Ext);
  return TRUE;
}

static BOOLEAN NTAPI Interrupt(PVOID Ext) {
  UNREFERENCED_PARAMETER(Ext);
  return FALSE;
}

static BOOLEAN NTAPI ResetBus(PVOID Ext, ULONG PathId) {
  UNREFERENCED_PARAMETER(PathId);
  ScsiPortNotification(NextRequest, Ext);
  return TRUE;
}

static SCSI_ADAPTER_CONTROL_STATUS NTAPI AdapterControl(PVOID Ext, SCSI_ADAPTER_CONTROL_TYPE Type, PVOID Parameters) {
  UNREFERENCED_PARAMETER(Ext);
  if (Type == ScsiQuerySupportedControlTypes) {
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = Parameters;
    for (ULONG i = 0; i < list->MaxControlType && i <= ScsiRestartAdapter; ++i) list->SupportedTypeList[i] = TRUE;
  }
  return ScsiAdapterControlSuccess;
}

static ULONG NTAPI FindAdapter(PVOID Ext, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                               PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  UNREFERENCED_PARAMETER(Ext);
  UNREFERENCED_PARAMETER(HwContext);
  UNREFERENCED_PARAMETER(BusInformation);
  UNREFERENCED_PARAMETER(ArgumentString);
  *Again = FALSE;
  Config->NumberOfBuses = 1;
  Config->InitiatorBusId[0] = 7;
  Config->MaximumNumberOfTargets = 2;
  Config->MaximumNumberOfLogicalUnits = 1;
  return SP_RETURN_FOUND;
}

ULONG NTAPI DriverEntry(PVOID DriverObject, PVOID RegistryPath) {
  HW_INITIALIZATION_DATA data = {
      .HwInitializationDataSize = sizeof(data),
      .AdapterInterfaceType = PCIBus,
      .HwInitialize = Initialize,
      .HwStartIo = StartIo,
      .HwInterrupt = Interrupt,
      .HwFindAdapter = FindAdapter,
      .HwResetBus = ResetBus,
      .HwAdapterControl = AdapterControl,
      .DeviceExtensionSize = sizeof(EXTENSION),
      .NumberOfAccessRanges = 1,
      .MapBuffers = TRUE,
      .AutoRequestSense = TRUE,
      .TaggedQueuing = TRUE,
  };
  return ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
}
