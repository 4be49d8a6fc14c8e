// libs: scsiport
// A SCSI miniport that provides WMI data, without the helper library: what it got, and answers the test may choose.
#include <ntddk.h>
#include <srb.h>
#include <scsi.h>
#include <wmistr.h>

ULONG Provides = TRUE;     // set by the test before the start
ULONG Pends;               // set by the test: the answer comes from a timer
ULONG AnswerStatus = SRB_STATUS_SUCCESS;
ULONG AnswerLength = 8;
ULONG Events;              // set by the test: so many WMIEvents from the next timer
ULONG EventUnit = 0xFF0000;  // path << 16 | target << 8 | lun; path 0xFF: the adapter
ULONG EventBytes = sizeof(WNODE_HEADER) + 4;
ULONG Reregister;          // set by the test: WMIReregister from the next timer
ULONG Requests;
SCSI_WMI_REQUEST_BLOCK Last;
UCHAR LastData[16];
ULONG PendedOk;            // the SRB extension still had what was put there

static struct {
  WNODE_HEADER Header;
  ULONG Number;
  UCHAR More[256];
} Event;

typedef struct _PENDED {
  ULONG Magic;
  PSCSI_REQUEST_BLOCK Srb;
} PENDED;

typedef struct _EXTENSION {
  PENDED* Pended;
} EXTENSION;

static VOID Answer(PVOID Ext, PSCSI_WMI_REQUEST_BLOCK Srb) {
  UCHAR* data = Srb->DataBuffer;
  if (Srb->SrbFlags & SRB_FLAGS_DATA_OUT)
    for (ULONG i = 0; i < sizeof(LastData) && i < Srb->DataTransferLength; ++i) LastData[i] = data[i];
  if (Srb->SrbFlags & SRB_FLAGS_DATA_IN)
    for (ULONG i = 0; i < AnswerLength && i < Srb->DataTransferLength; ++i) data[i] = (UCHAR)(0xA0 + i);
  if (AnswerLength < Srb->DataTransferLength) Srb->DataTransferLength = AnswerLength;
  Srb->SrbStatus = (UCHAR)AnswerStatus;
  ScsiPortNotification(RequestComplete, Ext, Srb);
  ScsiPortNotification(NextRequest, Ext);
}

static VOID NTAPI Timer(PVOID Ext) {
  EXTENSION* ext = Ext;
  for (; Events; --Events) {
    Event.Header.BufferSize = EventBytes;
    Event.Header.Flags = WNODE_FLAG_EVENT_ITEM;
    ++Event.Number;
    if (EventUnit >> 16 == 0xFF)
      ScsiPortNotification(WMIEvent, Ext, &Event, (UCHAR)0xFF);
    else
      ScsiPortNotification(WMIEvent, Ext, &Event, (UCHAR)(EventUnit >> 16), (UCHAR)(EventUnit >> 8), (UCHAR)EventUnit);
  }
  if (Reregister) {
    Reregister = FALSE;
    if (EventUnit >> 16 == 0xFF)
      ScsiPortNotification(WMIReregister, Ext, (UCHAR)0xFF);
    else
      ScsiPortNotification(WMIReregister, Ext, (UCHAR)(EventUnit >> 16), (UCHAR)(EventUnit >> 8), (UCHAR)EventUnit);
  }
  if (ext->Pended) {
    PENDED* pended = ext->Pended;
    ext->Pended = NULL;
    PendedOk = pended->Magic == 0x57AB1E;
    Answer(Ext, (PSCSI_WMI_REQUEST_BLOCK)pended->Srb);
  }
  ScsiPortNotification(RequestTimerCall, Ext, Timer, 100000);
}

static BOOLEAN NTAPI Initialize(PVOID Ext) {
  ScsiPortNotification(RequestTimerCall, Ext, Timer, 100000);
  return TRUE;
}

static UCHAR Inquiry(PSCSI_REQUEST_BLOCK Srb) {
  static const CHAR identity[] = "DRYDOCK WMI disk        1.0 ";
  UCHAR* data = Srb->DataBuffer;
  if (Srb->TargetId || Srb->Lun || Srb->DataTransferLength < 36) return SRB_STATUS_SELECTION_TIMEOUT;
  for (ULONG i = 0; i < 36; ++i) data[i] = i < 8 ? 0 : (UCHAR)identity[i - 8];
  data[4] = 31;
  return SRB_STATUS_SUCCESS;
}

static BOOLEAN NTAPI StartIo(PVOID Ext, PSCSI_REQUEST_BLOCK Srb) {
  EXTENSION* ext = Ext;
  if (Srb->Function == SRB_FUNCTION_WMI) {
    ++Requests;
    Last = *(PSCSI_WMI_REQUEST_BLOCK)Srb;
    if (!Pends) {
      Answer(Ext, (PSCSI_WMI_REQUEST_BLOCK)Srb);
      return TRUE;
    }
    ext->Pended = Srb->SrbExtension;
    ext->Pended->Magic = 0x57AB1E;
    ext->Pended->Srb = Srb;
    return TRUE;
  }
  Srb->ScsiStatus = SCSISTAT_GOOD;
  Srb->SrbStatus = SRB_STATUS_SUCCESS;
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->Cdb[0] == SCSIOP_INQUIRY) Srb->SrbStatus = Inquiry(Srb);
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
  // "none": no disk behind it
  *Again = FALSE;
  Config->NumberOfBuses = 1;
  Config->InitiatorBusId[0] = 7;
  Config->MaximumNumberOfTargets = ArgumentString && ArgumentString[0] == 'n' ? 0 : 2;
  Config->MaximumNumberOfLogicalUnits = 1;
  Config->WmiDataProvider = (BOOLEAN)Provides;
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
      .SrbExtensionSize = sizeof(PENDED),
      .NumberOfAccessRanges = 2,
      .MapBuffers = TRUE,
      .AutoRequestSense = TRUE,
  };
  return ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
}
