// libs: scsiport
// A SCSI miniport that keeps written data back: WRITE(10) ends at once, FLUSH and SHUTDOWN once the medium has it all,
// which takes a while.
#include <ntddk.h>
#include <srb.h>
#include <scsi.h>

#define BLOCKS 8
#define WRITE_OUT_US 20000

ULONG Cached[BLOCKS], Dirty[BLOCKS];
ULONG Medium[BLOCKS];
ULONG Flushes, Shutdowns;
ULONG LostBeforeStop;   // dirty blocks when HwScsiAdapterControl(ScsiStopAdapter) came
ULONG Stops;

typedef struct _EXTENSION {
  PSCSI_REQUEST_BLOCK Waiting;
} EXTENSION;

static VOID Finish(PVOID Ext, PSCSI_REQUEST_BLOCK Srb, UCHAR Status) {
  Srb->SrbStatus = Status;
  ScsiPortNotification(RequestComplete, Ext, Srb);
  ScsiPortNotification(NextRequest, Ext);
}

static VOID NTAPI WriteOut(PVOID Ext) {
  EXTENSION* ext = Ext;
  PSCSI_REQUEST_BLOCK srb = ext->Waiting;
  for (ULONG i = 0; i < BLOCKS; ++i) {
    if (Dirty[i]) Medium[i] = Cached[i];
    Dirty[i] = 0;
  }
  ext->Waiting = NULL;
  if (srb) Finish(Ext, srb, SRB_STATUS_SUCCESS);
}

static BOOLEAN NTAPI Initialize(PVOID Ext) {
  UNREFERENCED_PARAMETER(Ext);
  return TRUE;
}

static UCHAR Execute(PSCSI_REQUEST_BLOCK Srb) {
  static const CHAR identity[] = "DRYDOCK Caching disk    1.0 ";
  UCHAR* data = Srb->DataBuffer;
  ULONG block = Srb->Cdb[5];
  if (Srb->Cdb[0] == SCSIOP_WRITE && block < BLOCKS) {
    Cached[block] = *(ULONG*)data;
    Dirty[block] = 1;
  }
  if (Srb->Cdb[0] != SCSIOP_INQUIRY) return SRB_STATUS_SUCCESS;
  if (Srb->TargetId || Srb->Lun || Srb->DataTransferLength < 36) return SRB_STATUS_SELECTION_TIMEOUT;
  for (ULONG i = 0; i < 36; ++i) data[i] = i < 8 ? 0 : (UCHAR)identity[i - 8];
  data[4] = 31;
  return SRB_STATUS_SUCCESS;
}

static BOOLEAN NTAPI StartIo(PVOID Ext, PSCSI_REQUEST_BLOCK Srb) {
  EXTENSION* ext = Ext;
  switch (Srb->Function) {
    case SRB_FUNCTION_EXECUTE_SCSI:
      Srb->ScsiStatus = SCSISTAT_GOOD;
      Finish(Ext, Srb, Execute(Srb));
      break;
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:
      ++*(Srb->Function == SRB_FUNCTION_FLUSH ? &Flushes : &Shutdowns);
      ext->Waiting = Srb;
      ScsiPortNotification(RequestTimerCall, Ext, WriteOut, WRITE_OUT_US);
      break;
    default:
      Finish(Ext, Srb, SRB_STATUS_INVALID_REQUEST);
      break;
  }
  return TRUE;
}

static BOOLEAN NTAPI Interrupt(PVOID Ext) {
  UNREFERENCED_PARAMETER(Ext);
  return FALSE;
}

static BOOLEAN NTAPI ResetBus(PVOID Ext, ULONG PathId) {
  EXTENSION* ext = Ext;
  UNREFERENCED_PARAMETER(PathId);
  ext->Waiting = NULL;
  ScsiPortCompleteRequest(Ext, SP_UNTAGGED, SP_UNTAGGED, SP_UNTAGGED, SRB_STATUS_BUS_RESET);
  ScsiPortNotification(NextRequest, Ext);
  return TRUE;
}

static SCSI_ADAPTER_CONTROL_STATUS NTAPI AdapterControl(PVOID Ext, SCSI_ADAPTER_CONTROL_TYPE Type, PVOID Parameters) {
  UNREFERENCED_PARAMETER(Ext);
  if (Type == ScsiQuerySupportedControlTypes) {
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = Parameters;
    for (ULONG i = 0; i < list->MaxControlType && i <= ScsiRestartAdapter; ++i) list->SupportedTypeList[i] = TRUE;
  }
  if (Type == ScsiStopAdapter) {
    ++Stops;
    for (ULONG i = 0; i < BLOCKS; ++i) LostBeforeStop += Dirty[i];
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
  Config->CachesData = TRUE;
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
      .NumberOfAccessRanges = 2,
      .MapBuffers = TRUE,
      .AutoRequestSense = TRUE,
  };
  return ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
}
