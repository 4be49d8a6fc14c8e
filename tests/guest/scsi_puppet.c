// libs: scsiport
// A SCSI miniport without hardware that does what the test around it says, and writes down what happens to it.
#include <ntddk.h>
#include <srb.h>
#include <scsi.h>

#include "scsi_puppet.h"

PUPPET Puppet;

// Besides its port driver's library a miniport imports nothing (SP-014); CR8 is the IRQL.
static ULONG CurrentIrql(VOID) {
  ULONG64 irql;
  __asm__ __volatile__("mov %%cr8, %0" : "=r"(irql));
  return (ULONG)irql;
}

static PUPPET_CALL* Enter(ULONG Routine, ULONG Argument) {
  PUPPET_CALL* call = &Puppet.Log[Puppet.LogCount++ % PUPPET_LOG];
  LARGE_INTEGER now;
  ScsiPortQuerySystemTime(&now);
  ++Puppet.Calls[Routine];
  call->Routine = Routine;
  call->Argument = Argument;
  call->Time = (PU64)now.QuadPart;
  call->Irql = CurrentIrql();
  call->Nested = ++Puppet.Running;
  if (Puppet.Running > Puppet.NestedMax) Puppet.NestedMax = Puppet.Running;
  return call;
}

static ULONG Leave(ULONG Result) {
  --Puppet.Running;
  return Result;
}

static ULONG RunScript(PVOID Ext, const PUPPET_SCRIPT* Script, PSCSI_REQUEST_BLOCK Srb);
static BOOLEAN NTAPI ResetBus(PVOID Ext, ULONG PathId);
static VOID NTAPI Timer(PVOID Ext);
static BOOLEAN NTAPI EnableCallback(PVOID Ext);
static BOOLEAN NTAPI DisableCallback(PVOID Ext);

#define ADDRESS(a) (UCHAR)((a) >> 16), (UCHAR)((a) >> 8), (UCHAR)(a)

static VOID Complete(PVOID Ext, PSCSI_REQUEST_BLOCK Srb, ULONG Status) {
  Srb->SrbStatus = (UCHAR)Status;
  Puppet.LastCompleted = (PU64)(ULONG_PTR)Srb;
  ScsiPortNotification(RequestComplete, Ext, Srb);
}

static PSCSI_REQUEST_BLOCK TakeHeld(ULONG Index) {
  if (Index >= Puppet.HeldCount) return NULL;
  PSCSI_REQUEST_BLOCK srb = (PSCSI_REQUEST_BLOCK)(ULONG_PTR)Puppet.Held[Index];
  for (ULONG i = Index; i + 1 < Puppet.HeldCount; ++i) Puppet.Held[i] = Puppet.Held[i + 1];
  --Puppet.HeldCount;
  return srb;
}

static VOID Physical(PVOID Ext, PSCSI_REQUEST_BLOCK Srb, ULONG What, ULONG Offset) {
  PUCHAR at = NULL;
  ULONG length = 0;
  switch (What) {
    case 0: at = (PUCHAR)Srb->DataBuffer + Offset; break;
    case 1: at = (PUCHAR)Srb->SenseInfoBuffer + Offset; break;
    case 2: at = (PUCHAR)Srb->SrbExtension + Offset; break;
    case 3: at = (PUCHAR)&Puppet; break;
    default: at = (PUCHAR)(ULONG_PTR)Puppet.Uncached + Offset; break;
  }
  SCSI_PHYSICAL_ADDRESS address = ScsiPortGetPhysicalAddress(Ext, What == 4 ? NULL : Srb, at, &length);
  Puppet.Result = (PU64)address.QuadPart;
  Puppet.Result2 = length;
}

// The request to be aborted must be one we own: the port's books say which those are.
static VOID Abort(PVOID Ext, PSCSI_REQUEST_BLOCK Srb) {
  PSCSI_REQUEST_BLOCK victim = Srb->NextSrb;
  ULONG index = 0;
  while (index < Puppet.HeldCount && Puppet.Held[index] != (PU64)(ULONG_PTR)victim) ++index;
  if (!victim || index == Puppet.HeldCount ||
      ScsiPortGetSrb(Ext, Srb->PathId, Srb->TargetId, Srb->Lun, victim->QueueTag) != victim) {
    Complete(Ext, Srb, SRB_STATUS_ABORT_FAILED);
    return;
  }
  Complete(Ext, TakeHeld(index), SRB_STATUS_ABORTED);
  Complete(Ext, Srb, SRB_STATUS_SUCCESS);
}

#define PUPPET_RESOURCE_STEPS
#include "scsi_puppet_resources.h"

static ULONG RunScript(PVOID Ext, const PUPPET_SCRIPT* Script, PSCSI_REQUEST_BLOCK Srb) {
  ULONG result = TRUE;
  for (ULONG i = 0; i < PUPPET_ORDERS; ++i) {
    ULONG a = Script->Orders[i].A, b = Script->Orders[i].B;
    switch (Script->Orders[i].Step) {
      case PuppetEnd: return result;
      case PuppetCompleteThis:
        if (!Srb) break;
        Srb->ScsiStatus = (UCHAR)b;
        Complete(Ext, Srb, a);
        break;
      case PuppetHoldThis:
        if (Srb && Puppet.HeldCount < PUPPET_HELD) Puppet.Held[Puppet.HeldCount++] = (PU64)(ULONG_PTR)Srb;
        break;
      case PuppetCompleteHeld: {
        PSCSI_REQUEST_BLOCK held = TakeHeld(a);
        if (held) Complete(Ext, held, b);
        break;
      }
      case PuppetCompleteAllHeld:
        while (Puppet.HeldCount) Complete(Ext, TakeHeld(0), b);
        break;
      case PuppetCompleteAgain:
        ScsiPortNotification(RequestComplete, Ext, (PSCSI_REQUEST_BLOCK)(ULONG_PTR)Puppet.LastCompleted);
        break;
      case PuppetCompleteBogus: ScsiPortNotification(RequestComplete, Ext, (PSCSI_REQUEST_BLOCK)&Puppet); break;
      case PuppetSweep:
        ScsiPortCompleteRequest(Ext, ADDRESS(a), (UCHAR)b);
        if (Srb) Puppet.LastCompleted = (PU64)(ULONG_PTR)Srb;
        break;
      case PuppetForgetHeld: Puppet.HeldCount = 0; break;
      case PuppetNextRequest: ScsiPortNotification(NextRequest, Ext); break;
      case PuppetNextLu:
        if (a == ~0u && Srb)
          ScsiPortNotification(NextLuRequest, Ext, Srb->PathId, Srb->TargetId, Srb->Lun);
        else
          ScsiPortNotification(NextLuRequest, Ext, ADDRESS(a));
        break;
      case PuppetResetDetected:
        if (a)
          ScsiPortNotification(ResetDetected, Ext, (ULONG)a);
        else
          ScsiPortNotification(ResetDetected, Ext);
        break;
      case PuppetRequestTimer: ScsiPortNotification(RequestTimerCall, Ext, Timer, a); break;
      case PuppetLogError: ScsiPortLogError(Ext, NULL, 0, 0, 0, a, b); break;
      case PuppetLogErrorHeld:
        if (b < Puppet.HeldCount)
          ScsiPortLogError(Ext, (PSCSI_REQUEST_BLOCK)(ULONG_PTR)Puppet.Held[b], 0, 0, 0, a, 0);
        break;
      case PuppetLogErrorLast:
        ScsiPortLogError(Ext, (PSCSI_REQUEST_BLOCK)(ULONG_PTR)Puppet.LastCompleted, 0, 0, 0, a, 0);
        break;
      case PuppetStall: ScsiPortStallExecution(a); break;
      case PuppetCallEnable: ScsiPortNotification(CallEnableInterrupts, Ext, EnableCallback); break;
      case PuppetCallDisable: ScsiPortNotification(CallDisableInterrupts, Ext, DisableCallback); break;
      case PuppetBusChange: ScsiPortNotification(BusChangeDetected, Ext, (UCHAR)a); break;
      case PuppetReturn: result = a; break;
      case PuppetCallOwnReset: result = ResetBus(Ext, Srb ? Srb->PathId : 0); break;
      case PuppetGetSrb: Puppet.Result = (PU64)(ULONG_PTR)ScsiPortGetSrb(Ext, ADDRESS(a), (LONG)b); break;
      case PuppetGetLogicalUnit: Puppet.Result = (PU64)(ULONG_PTR)ScsiPortGetLogicalUnit(Ext, ADDRESS(a)); break;
      case PuppetPhysical: Physical(Ext, Srb, a, b); break;
      case PuppetTouchData: Puppet.Result = *(volatile UCHAR*)Srb->DataBuffer; break;
      case PuppetSetLength: Srb->DataTransferLength = a; break;
      case PuppetSense: {
        UCHAR* sense = Srb->SenseInfoBuffer;
        if (!sense) break;
        for (ULONG at = 0; at < Srb->SenseInfoBufferLength; ++at) sense[at] = 0;
        sense[0] = 0x70;
        sense[2] = (UCHAR)a;
        sense[7] = 10;
        sense[12] = (UCHAR)b;
        break;
      }
      case PuppetChangeCdb: Srb->Cdb[0] ^= 0xFF; break;
      case PuppetGetBusData: {
        ULONG id = 0;
        Puppet.Result = ScsiPortGetBusData(Ext, PCIConfiguration, 0, 0, &id, sizeof(id));
        break;
      }
      case PuppetForeignNotify: ScsiPortNotification(NextRequest, &Puppet); break;
      case PuppetUnknownNotify: ScsiPortNotification((SCSI_NOTIFICATION_TYPE)a, Ext); break;
      case PuppetPeek: Puppet.Result = *(volatile ULONG64*)(ULONG_PTR)((ULONG64)b << 32 | a); break;
      case PuppetPoke: ((UCHAR*)Srb)[a] = (UCHAR)b; break;
      case PuppetPokeExtension: ((UCHAR*)Srb->SrbExtension)[a] = (UCHAR)b; break;
      case PuppetAbort: Abort(Ext, Srb); break;
      default: RunResourceStep(Ext, Srb, Script->Orders[i].Step, a, b); break;
    }
  }
  return result;
}

static BOOLEAN IsUnit(PSCSI_REQUEST_BLOCK Srb) {
  for (ULONG i = 0; i < PUPPET_UNITS && Puppet.Units[i] != ~0u; ++i)
    if (Puppet.Units[i] == ((ULONG)Srb->PathId << 16 | (ULONG)Srb->TargetId << 8 | Srb->Lun)) return TRUE;
  return FALSE;
}

static VOID AnswerInquiry(PVOID Ext, PSCSI_REQUEST_BLOCK Srb) {
  static const CHAR identity[] = "DRYDOCK Puppet disk     1.0 ";
  UCHAR* data = Srb->DataBuffer;
  for (ULONG i = 0; i < Srb->DataTransferLength && Puppet.MapBuffers; ++i) data[i] = 0;
  if (Srb->DataTransferLength >= 36 && Puppet.MapBuffers) {
    data[2] = 2;
    data[3] = 2;
    data[4] = 31;
    for (ULONG i = 0; i < 28; ++i) data[8 + i] = (UCHAR)identity[i];
  }
  Srb->ScsiStatus = SCSISTAT_GOOD;
  Complete(Ext, Srb, IsUnit(Srb) ? SRB_STATUS_SUCCESS : SRB_STATUS_SELECTION_TIMEOUT);
  ScsiPortNotification(NextRequest, Ext);
}

static BOOLEAN NTAPI StartIo(PVOID Ext, PSCSI_REQUEST_BLOCK Srb) {
  Enter(PuppetStartIo, (ULONG)Srb->Function << 8 | Srb->QueueTag);
  for (ULONG i = 0; i < sizeof(Puppet.LastSrb); ++i) Puppet.LastSrb[i] = ((UCHAR*)Srb)[i];
  if (Srb->SrbExtension) Puppet.SrbExtensionByte = *(UCHAR*)Srb->SrbExtension;
  if (Srb->Function == SRB_FUNCTION_RESET_BUS) return (BOOLEAN)Leave(RunScript(Ext, &Puppet.ResetSrb, Srb));
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->Cdb[0] == SCSIOP_INQUIRY && !Puppet.ScriptInquiries) {
    AnswerInquiry(Ext, Srb);
    return (BOOLEAN)Leave(TRUE);
  }
  return (BOOLEAN)Leave(RunScript(Ext, &Puppet.Scripts[PuppetStartIo], Srb));
}

static BOOLEAN NTAPI Interrupt(PVOID Ext) {
  Enter(PuppetInterrupt, 0);
  return (BOOLEAN)Leave(RunScript(Ext, &Puppet.Scripts[PuppetInterrupt], NULL));
}

static BOOLEAN NTAPI ResetBus(PVOID Ext, ULONG PathId) {
  Enter(PuppetResetBus, PathId);
  return (BOOLEAN)Leave(RunScript(Ext, &Puppet.Scripts[PuppetResetBus], NULL));
}

static VOID NTAPI Timer(PVOID Ext) {
  Enter(PuppetTimer, 0);
  Leave(RunScript(Ext, &Puppet.Scripts[PuppetTimer], NULL));
}

static BOOLEAN NTAPI EnableCallback(PVOID Ext) {
  Enter(PuppetEnableCallback, 0);
  return (BOOLEAN)Leave(RunScript(Ext, &Puppet.Scripts[PuppetEnableCallback], NULL));
}

static BOOLEAN NTAPI DisableCallback(PVOID Ext) {
  Enter(PuppetDisableCallback, 0);
  return (BOOLEAN)Leave(RunScript(Ext, &Puppet.Scripts[PuppetDisableCallback], NULL));
}

static BOOLEAN NTAPI Initialize(PVOID Ext) {
  Enter(PuppetInitialize, 0);
  return (BOOLEAN)Leave(RunScript(Ext, &Puppet.Scripts[PuppetInitialize], NULL));
}

static SCSI_ADAPTER_CONTROL_STATUS NTAPI AdapterControl(PVOID Ext, SCSI_ADAPTER_CONTROL_TYPE Type, PVOID Parameters) {
  switch (Type) {
    case ScsiQuerySupportedControlTypes: {
      PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = Parameters;
      for (ULONG i = 0; i < list->MaxControlType; ++i) list->SupportedTypeList[i] = (Puppet.Controls >> i) & 1;
      for (ULONG i = 0; i < Puppet.ControlOverrun; ++i) list->SupportedTypeList[list->MaxControlType + i] = TRUE;
      return ScsiAdapterControlSuccess;
    }
    case ScsiStopAdapter:
      Enter(PuppetStopAdapter, 0);
      return Leave(RunScript(Ext, &Puppet.Scripts[PuppetStopAdapter], NULL)) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    case ScsiRestartAdapter:
      Enter(PuppetRestartAdapter, 0);
      return Leave(RunScript(Ext, &Puppet.Scripts[PuppetRestartAdapter], NULL)) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    case ScsiSetBootConfig:
      Enter(PuppetSetBootConfig, 0);
      return Leave(RunScript(Ext, &Puppet.Scripts[PuppetSetBootConfig], NULL)) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    case ScsiSetRunningConfig:
      Enter(PuppetSetRunningConfig, 0);
      return Leave(RunScript(Ext, &Puppet.Scripts[PuppetSetRunningConfig], NULL)) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    default: return ScsiAdapterControlSuccess;
  }
}

typedef struct _EXTENSION {
  ULONG64 Words[64];
} EXTENSION;

static ULONG NTAPI FindAdapter(PVOID Ext, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                               PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  Enter(PuppetFindAdapter, 0);
  *Again = Puppet.Again;
  EXTENSION* ext = Ext;
  Puppet.Extension = (PU64)(ULONG_PTR)Ext;
  Puppet.ExtensionWasZero = TRUE;
  for (ULONG i = 0; i < 64; ++i)
    if (ext->Words[i]) Puppet.ExtensionWasZero = FALSE;
  ext->Words[63] = ~0ull;
  Puppet.HwContext = (PU64)(ULONG_PTR)HwContext;
  Puppet.BusInformation = (PU64)(ULONG_PTR)BusInformation;
  Puppet.ArgumentGiven = ArgumentString != NULL;
  for (ULONG i = 0; ArgumentString && i < sizeof(Puppet.Argument) - 1 && ArgumentString[i]; ++i) Puppet.Argument[i] = ArgumentString[i];
  for (ULONG i = 0; i < sizeof(Puppet.Config); ++i) Puppet.Config[i] = ((UCHAR*)Config)[i];
  Puppet.ConfigAddress = (PU64)(ULONG_PTR)Config;

  Config->NumberOfBuses = Puppet.NumberOfBuses;
  for (ULONG i = 0; i < Puppet.NumberOfBuses; ++i) Config->InitiatorBusId[i] = (CHAR)Puppet.InitiatorId;
  Config->MaximumNumberOfTargets = Puppet.Targets;
  Config->MaximumNumberOfLogicalUnits = Puppet.Luns;
  Config->MapBuffers = Puppet.MapBuffers;
  Config->TaggedQueuing = Puppet.TaggedQueuing;
  Config->MultipleRequestPerLu = Puppet.MultipleRequests;
  Config->AutoRequestSense = Puppet.AutoSense;
  Config->CachesData = Puppet.CachesData;
  Config->AdapterScansDown = Puppet.ScansDown;
  Config->Master = Puppet.Master;
  Config->ScatterGather = Puppet.Master;
  Config->SrbExtensionSize = Puppet.SrbExtensionSize;
  Config->SpecificLuExtensionSize = Puppet.LuExtensionSize;
  Config->MaximumTransferLength = Puppet.MaximumTransferLength;
  if (Puppet.InterruptLevel) Config->BusInterruptLevel = Puppet.InterruptLevel;
  if (Puppet.UncachedBytes) Puppet.Uncached = (PU64)(ULONG_PTR)ScsiPortGetUncachedExtension(Ext, Config, Puppet.UncachedBytes);
  RunScript(Ext, &Puppet.Scripts[PuppetFindAdapter], NULL);
  return Leave(Puppet.FindAdapterResult);
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
      .NeedPhysicalAddresses = TRUE,
  };
  return ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
}
