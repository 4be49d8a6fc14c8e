// libs: scsiport
// A SCSI miniport of before Plug and Play: looks for its cards itself, on every bus there might be. What it does is
// said by its argument string, one letter each:
//   a  two more cards after the first (Again)    w  Again without end        n  nothing is found
//   b  the configuration is bad                  i  HwScsiInitialize fails   p  takes the primary AT disk range
//   s  all cards share one level line            u  maps without asking ScsiPortValidateRange first
//   x  an interrupt that no computer has          l  dismisses its interrupt only when it is called the second time
#include <ntddk.h>
#include <srb.h>
#include <scsi.h>

#define FIRST_PORT 0x330
#define PORTS 8
#define STATUS_PORT 0   // bit 0: this card interrupts
#define DISMISS_PORT 1
#define SHARED_LINE 10

typedef struct _CALL {
  ULONG Routine;  // 'F', 'f' (of the other registration), 'I', 'S', 'i', 'R'
  ULONG Type, Bus, Mode;
  ULONG64 Context, Extension, BusInformation;
  ULONG Irql;
  UCHAR WasZero, PrimaryClaimed, SecondaryClaimed, Valid, Mapped;
  ULONG ConfigSum;  // over the configuration as it came
} CALL;

ULONG Answers[8];       // of ScsiPortInitialize: EISA, ISA, MicroChannel, PCI
ULONG ScsiPortCalls;
ULONG Returned;         // by DriverEntry
ULONG AnswersWhenCalled;  // how many answers there were at the first HwScsiFindAdapter
ULONG CallCount;
CALL Calls[128];
ULONG64 Context = 0x1234;
ULONG IsaContext, EisaContext;
ULONG Found;            // cards so far

typedef struct _EXTENSION {
  PUCHAR Port;
  ULONG Card;
  ULONG Interrupts, Mine;
  ULONG64 Words[16];
} EXTENSION;

static ULONG CurrentIrql(VOID) {
  ULONG64 irql;
  __asm__ __volatile__("mov %%cr8, %0" : "=r"(irql));
  return (ULONG)irql;
}

static CALL* Note(ULONG Routine, PVOID Ext) {
  CALL* call = &Calls[CallCount < 127 ? CallCount++ : 127];
  call->Routine = Routine;
  call->Extension = (ULONG64)(ULONG_PTR)Ext;
  call->Irql = CurrentIrql();
  return call;
}

static CHAR Options[32];
static BOOLEAN Wants(CHAR Letter) {
  for (ULONG i = 0; i < sizeof(Options) && Options[i]; ++i)
    if (Options[i] == Letter) return TRUE;
  return FALSE;
}

static BOOLEAN NTAPI Initialize(PVOID Ext) {
  Note('I', Ext);
  return !Wants('i');
}

static UCHAR Inquiry(PSCSI_REQUEST_BLOCK Srb) {
  static const CHAR identity[] = "DRYDOCK Legacy disk     1.0 ";
  UCHAR* data = Srb->DataBuffer;
  if (Srb->TargetId || Srb->Lun || Srb->DataTransferLength < 36) return SRB_STATUS_SELECTION_TIMEOUT;
  for (ULONG i = 0; i < 36; ++i) data[i] = i < 8 ? 0 : (UCHAR)identity[i - 8];
  data[4] = 31;
  return SRB_STATUS_SUCCESS;
}

static BOOLEAN NTAPI StartIo(PVOID Ext, PSCSI_REQUEST_BLOCK Srb) {
  Note('S', Ext);
  Srb->ScsiStatus = SCSISTAT_GOOD;
  Srb->SrbStatus = SRB_STATUS_SUCCESS;
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->Cdb[0] == SCSIOP_INQUIRY) Srb->SrbStatus = Inquiry(Srb);
  ScsiPortNotification(RequestComplete, Ext, Srb);
  ScsiPortNotification(NextRequest, Ext);
  return TRUE;
}

static BOOLEAN NTAPI Interrupt(PVOID Ext) {
  EXTENSION* ext = Ext;
  ++ext->Interrupts;
  Note('i', Ext);
  if (!(ScsiPortReadPortUchar(ext->Port + STATUS_PORT) & 1)) return FALSE;
  ++ext->Mine;
  if (Wants('l') && ext->Mine % 2) return TRUE;
  ScsiPortWritePortUchar(ext->Port + DISMISS_PORT, 1);
  return TRUE;
}

static BOOLEAN NTAPI ResetBus(PVOID Ext, ULONG PathId) {
  UNREFERENCED_PARAMETER(PathId);
  Note('R', Ext);
  ScsiPortNotification(NextRequest, Ext);
  return TRUE;
}

static ULONG Find(ULONG Routine, PVOID Ext, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  CALL* call = Note(Routine, Ext);
  EXTENSION* ext = Ext;
  SCSI_PHYSICAL_ADDRESS port;
  UCHAR* bytes = (UCHAR*)Config;
  if (CallCount == 1) AnswersWhenCalled = ScsiPortCalls;
  for (ULONG i = 0; ArgumentString && i < sizeof(Options) - 1 && ArgumentString[i]; ++i) Options[i] = ArgumentString[i];
  call->Type = Config->AdapterInterfaceType;
  call->Bus = Config->SystemIoBusNumber;
  call->Mode = Config->InterruptMode;
  call->Context = (ULONG64)(ULONG_PTR)HwContext;
  call->BusInformation = (ULONG64)(ULONG_PTR)BusInformation;
  call->PrimaryClaimed = Config->AtdiskPrimaryClaimed;
  call->SecondaryClaimed = Config->AtdiskSecondaryClaimed;
  call->WasZero = TRUE;
  for (ULONG i = 0; i < 16; ++i)
    if (ext->Words[i]) call->WasZero = FALSE;
  for (ULONG i = 0; i < sizeof(*Config); ++i)
    if (i < 0x38 || i >= 0x48) call->ConfigSum = call->ConfigSum * 31 + bytes[i];  // without two pointers
  for (ULONG i = 0; i < Config->NumberOfAccessRanges; ++i)
    call->ConfigSum = call->ConfigSum * 31 + (*Config->AccessRanges)[i].RangeLength;
  ext->Words[3] = ~0ull;

  *Again = Wants('w') || (Wants('a') && Found < 2);
  if (Wants('n')) return SP_RETURN_NOT_FOUND;
  if (Wants('b')) return SP_RETURN_BAD_CONFIG;
  port = ScsiPortConvertUlongToPhysicalAddress(FIRST_PORT + 0x10 * Found);
  if (!Wants('u')) {
    call->Valid = ScsiPortValidateRange(Ext, Config->AdapterInterfaceType, Config->SystemIoBusNumber, port, PORTS, TRUE);
    if (!call->Valid) return SP_RETURN_NOT_FOUND;
  }
  ext->Port = ScsiPortGetDeviceBase(Ext, Config->AdapterInterfaceType, Config->SystemIoBusNumber, port, PORTS, TRUE);
  call->Mapped = ext->Port != NULL;
  if (!ext->Port) return SP_RETURN_NOT_FOUND;
  ext->Card = Found;
  (*Config->AccessRanges)[0].RangeStart = port;
  (*Config->AccessRanges)[0].RangeLength = PORTS;
  (*Config->AccessRanges)[0].RangeInMemory = FALSE;
  Config->BusInterruptLevel = Wants('s') ? SHARED_LINE : SHARED_LINE + Found;
  Config->InterruptMode = Wants('s') ? LevelSensitive : Latched;
  if (Wants('x')) Config->BusInterruptLevel = 99;
  if (Wants('p')) Config->AtdiskPrimaryClaimed = TRUE;
  Config->NumberOfBuses = 1;
  Config->InitiatorBusId[0] = 7;
  Config->MaximumNumberOfTargets = 2;
  Config->MaximumNumberOfLogicalUnits = 1;
  ++Found;
  return SP_RETURN_FOUND;
}

static ULONG NTAPI FindAdapter(PVOID Ext, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                               PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  return Find('F', Ext, HwContext, BusInformation, ArgumentString, Config, Again);
}

static ULONG NTAPI FindEisaAdapter(PVOID Ext, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                   PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  return Find('f', Ext, HwContext, BusInformation, ArgumentString, Config, Again);
}

static ULONG NTAPI FindPciAdapter(PVOID Ext, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  CALL* call = Note('P', Ext);
  UNREFERENCED_PARAMETER(BusInformation);
  UNREFERENCED_PARAMETER(ArgumentString);
  call->Type = Config->AdapterInterfaceType;
  call->Context = (ULONG64)(ULONG_PTR)HwContext;
  *Again = FALSE;
  Config->NumberOfBuses = 1;
  Config->MaximumNumberOfTargets = 1;
  Config->MaximumNumberOfLogicalUnits = 1;
  return SP_RETURN_FOUND;
}

// The data sits on this function's stack and is spoilt as soon as the call has returned.
static ULONG Try(PVOID DriverObject, PVOID RegistryPath, INTERFACE_TYPE Type, PHW_FIND_ADAPTER Find, PVOID HwContext) {
  HW_INITIALIZATION_DATA data = {
      .HwInitializationDataSize = sizeof(data),
      .AdapterInterfaceType = Type,
      .HwInitialize = Initialize,
      .HwStartIo = StartIo,
      .HwInterrupt = Interrupt,
      .HwFindAdapter = Find,
      .HwResetBus = ResetBus,
      .DeviceExtensionSize = sizeof(EXTENSION),
      .NumberOfAccessRanges = 2,
      .MapBuffers = TRUE,
  };
  ULONG answer = ScsiPortInitialize(DriverObject, RegistryPath, &data, HwContext);
  volatile UCHAR* bytes = (volatile UCHAR*)&data;
  for (ULONG i = 0; i < sizeof(data); ++i) bytes[i] = 0xCC;
  Answers[ScsiPortCalls++] = answer;
  return answer;
}

ULONG NTAPI DriverEntry(PVOID DriverObject, PVOID RegistryPath) {
  ULONG lowest = Try(DriverObject, RegistryPath, Eisa, FindEisaAdapter, &EisaContext);
  ULONG answer = Try(DriverObject, RegistryPath, Isa, FindAdapter, &IsaContext);
  if (answer < lowest) lowest = answer;
  answer = Try(DriverObject, RegistryPath, MicroChannel, FindAdapter, &Context);
  if (answer < lowest) lowest = answer;
  answer = Try(DriverObject, RegistryPath, PCIBus, FindPciAdapter, &Context);
  if (answer < lowest) lowest = answer;
  return Returned = lowest;
}
