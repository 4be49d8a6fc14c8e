/// The device: its resources, its commands, its interrupt.
#include "medic.h"

#define MEDIC_RESTORE_LIMIT_MS 500  // for the one transfer that programming takes

ULONG MedicReadRegister(PMEDIC_EXTENSION Ext, ULONG Offset) {
  return READ_REGISTER_ULONG((PULONG)(Ext->Registers + Offset));
}

VOID MedicWriteRegister(PMEDIC_EXTENSION Ext, ULONG Offset, ULONG Value) {
  WRITE_REGISTER_ULONG((PULONG)(Ext->Registers + Offset), Value);
}

// ---- interrupt

static BOOLEAN NTAPI MedicInterrupt(PKINTERRUPT Interrupt, PVOID Context) {
  PMEDIC_EXTENSION ext = Context;
  UNREFERENCED_PARAMETER(Interrupt);
  // On a shared line it may come while the device is off or in reset, when its registers are not to be touched.
  if (!ext->InterruptWanted) return FALSE;
  ULONG bits = MedicReadRegister(ext, EDU_INTERRUPT_STATUS);
  if (bits == 0 || bits == EDU_ALL_ONES) return FALSE;
  MedicWriteRegister(ext, EDU_INTERRUPT_ACKNOWLEDGE, bits);
  ext->InterruptBits |= bits;
  IoRequestDpc(ext->Device, NULL, NULL);
  return TRUE;
}

typedef struct _MEDIC_TAKE {
  PMEDIC_EXTENSION Ext;
  ULONG Bits;
} MEDIC_TAKE;

static BOOLEAN NTAPI MedicTakeInterruptBits(PVOID Context) {
  MEDIC_TAKE* take = Context;
  take->Bits = take->Ext->InterruptBits;
  take->Ext->InterruptBits = 0;
  return TRUE;
}

VOID NTAPI MedicDpc(PKDPC Dpc, PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
  MEDIC_TAKE take = {Device->DeviceExtension, 0};
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Context);
  KeSynchronizeExecution(take.Ext->Interrupt, MedicTakeInterruptBits, &take);
  MedicEndCurrent(take.Ext, take.Bits);
}

static BOOLEAN NTAPI MedicWantInterrupt(PVOID Context) {
  PMEDIC_EXTENSION ext = Context;
  ext->InterruptBits = 0;
  ext->InterruptWanted = TRUE;
  return TRUE;
}

static BOOLEAN NTAPI MedicUnwantInterrupt(PVOID Context) {
  PMEDIC_EXTENSION ext = Context;
  ext->InterruptWanted = FALSE;
  ext->InterruptBits = 0;
  return TRUE;
}

/// Nothing of ours touches the device after this, until MedicProgram. The current request stays ours, and unfinished.
/// IRQL: PASSIVE_LEVEL.
VOID MedicSilence(PMEDIC_EXTENSION Ext) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->Lock, &irql);
  Ext->OnDevice = FALSE;
  MedicWatchdogStop(Ext);
  KeReleaseSpinLock(&Ext->Lock, irql);
  if (Ext->Interrupt) KeSynchronizeExecution(Ext->Interrupt, MedicUnwantInterrupt, Ext);
}

// ---- commands

/// The bit that says that this request is finished.
ULONG MedicInterruptOf(PIRP Irp) {
  return IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_DEVICE_CONTROL ? EDU_INTERRUPT_FACTORIAL
                                                                                   : EDU_INTERRUPT_DMA;
}

static VOID MedicTransfer(PMEDIC_EXTENSION Ext, BOOLEAN ToRam, ULONG Offset, ULONG Length, ULONG Interrupt) {
  ULONG ram = Ext->CommonAddress.LowPart;
  ULONG own = EDU_BUFFER + Offset;
  MedicWriteRegister(Ext, EDU_DMA_SOURCE, ToRam ? own : ram);
  MedicWriteRegister(Ext, EDU_DMA_DESTINATION, ToRam ? ram : own);
  MedicWriteRegister(Ext, EDU_DMA_COUNT, Length);
  MedicWriteRegister(Ext, EDU_DMA_COMMAND, EDU_DMA_START | (ToRam ? EDU_DMA_TO_RAM : 0) | Interrupt);
}

/// Somebody else in the stack may have reset the device, which nobody tells us of: what was programmed last is gone
/// then, and what the buffer held.
BOOLEAN MedicHasForgotten(PMEDIC_EXTENSION Ext) {
  return !(MedicReadRegister(Ext, EDU_STATUS) & EDU_INTERRUPT_AFTER_FACTORIAL);
}

/// Gives the device its work, from the beginning. The caller holds Lock, and Irp is Current.
VOID MedicIssue(PMEDIC_EXTENSION Ext, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  ULONG offset = stack->Parameters.Read.ByteOffset.LowPart;
  if (MedicHasForgotten(Ext)) {
    MedicBeginRecovery(Ext);  // which begins with the request again
    return;
  }
  Ext->OnDevice = TRUE;
  MedicWatchdogStart(Ext);
  switch (stack->MajorFunction) {
    case IRP_MJ_READ:
      MedicTransfer(Ext, TRUE, offset, stack->Parameters.Read.Length, EDU_DMA_INTERRUPT);
      break;
    case IRP_MJ_WRITE:
      RtlCopyMemory(Ext->CommonBuffer, Irp->AssociatedIrp.SystemBuffer, stack->Parameters.Write.Length);
      MedicTransfer(Ext, FALSE, offset, stack->Parameters.Write.Length, EDU_DMA_INTERRUPT);
      break;
    default:
      MedicWriteRegister(Ext, EDU_FACTORIAL, *(ULONG*)Irp->AssociatedIrp.SystemBuffer);
      break;
  }
}

// ---- programming

static BOOLEAN MedicIsAlive(PMEDIC_EXTENSION Ext) {
  static const ULONG patterns[] = {0x00000000, 0x5A5AA5A5};
  for (ULONG i = 0; i < RTL_NUMBER_OF(patterns); ++i) {
    MedicWriteRegister(Ext, EDU_LIVENESS, patterns[i]);
    if (MedicReadRegister(Ext, EDU_LIVENESS) != ~patterns[i]) return FALSE;
  }
  return TRUE;
}

/// Puts the device's buffer back, without interrupts: nobody else uses the device meanwhile.
static BOOLEAN MedicRestoreBuffer(PMEDIC_EXTENSION Ext) {
  LARGE_INTEGER tick;
  tick.QuadPart = -10000;  // 1 ms
  RtlCopyMemory(Ext->CommonBuffer, Ext->Image, EDU_BUFFER_BYTES);
  MedicTransfer(Ext, FALSE, 0, EDU_BUFFER_BYTES, 0);
  for (ULONG waited = 0; waited < MEDIC_RESTORE_LIMIT_MS; ++waited) {
    ULONG command = MedicReadRegister(Ext, EDU_DMA_COMMAND);
    if (command == EDU_ALL_ONES) return FALSE;
    if (!(command & EDU_DMA_START)) return TRUE;
    KeDelayExecutionThread(KernelMode, FALSE, &tick);
  }
  return FALSE;
}

/// Makes a device that knows nothing ready for requests: after start, power-up or reset. FALSE if it does not work.
/// IRQL: PASSIVE_LEVEL, with requests held and the device silenced.
BOOLEAN MedicProgram(PMEDIC_EXTENSION Ext) {
  ULONG identification = MedicReadRegister(Ext, EDU_IDENTIFICATION);
  if (identification == EDU_ALL_ONES) return FALSE;
  if ((identification & EDU_IDENTIFICATION_MASK) != EDU_IDENTIFICATION_EDU) return FALSE;
  if (!MedicIsAlive(Ext) || !MedicRestoreBuffer(Ext)) return FALSE;
  MedicWriteRegister(Ext, EDU_INTERRUPT_ACKNOWLEDGE, EDU_ALL_ONES);
  KeSynchronizeExecution(Ext->Interrupt, MedicWantInterrupt, Ext);
  MedicWriteRegister(Ext, EDU_STATUS, EDU_INTERRUPT_AFTER_FACTORIAL);
  return TRUE;
}

/// Not a mutex, which would keep its holder at APC_LEVEL: resets are asked for at PASSIVE_LEVEL.
VOID MedicEnterGate(PMEDIC_EXTENSION Ext) {
  KeWaitForSingleObject(&Ext->Gate, Executive, KernelMode, FALSE, NULL);
}

VOID MedicLeaveGate(PMEDIC_EXTENSION Ext) {
  KeSetEvent(&Ext->Gate, IO_NO_INCREMENT, FALSE);
}

// ---- resources

static NTSTATUS MedicMapRegisters(PMEDIC_EXTENSION Ext, PCM_RESOURCE_LIST Translated) {
  if (!Translated || Translated->Count == 0) return STATUS_DEVICE_CONFIGURATION_ERROR;
  PCM_PARTIAL_RESOURCE_LIST list = &Translated->List[0].PartialResourceList;
  for (ULONG i = 0; i < list->Count; ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR resource = &list->PartialDescriptors[i];
    if (resource->Type != CmResourceTypeMemory || resource->u.Memory.Length < EDU_REGISTER_SPACE) continue;
    Ext->Registers = MmMapIoSpace(resource->u.Memory.Start, EDU_REGISTER_SPACE, MmNonCached);
    return Ext->Registers ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  }
  return STATUS_DEVICE_CONFIGURATION_ERROR;
}

static NTSTATUS MedicConnectInterrupt(PMEDIC_EXTENSION Ext) {
  IO_CONNECT_INTERRUPT_PARAMETERS connect;
  RtlZeroMemory(&connect, sizeof(connect));
  connect.Version = CONNECT_LINE_BASED;
  connect.LineBased.PhysicalDeviceObject = Ext->Physical;
  connect.LineBased.InterruptObject = &Ext->Interrupt;
  connect.LineBased.ServiceRoutine = MedicInterrupt;
  connect.LineBased.ServiceContext = Ext;
  return IoConnectInterruptEx(&connect);
}

static NTSTATUS MedicAcquireDma(PMEDIC_EXTENSION Ext) {
  DEVICE_DESCRIPTION description;
  ULONG mapRegisters;
  RtlZeroMemory(&description, sizeof(description));
  description.Version = DEVICE_DESCRIPTION_VERSION;
  description.Master = TRUE;
  description.Dma32BitAddresses = TRUE;
  description.InterfaceType = PCIBus;
  description.MaximumLength = EDU_BUFFER_BYTES;
  Ext->DmaAdapter = IoGetDmaAdapter(Ext->Physical, &description, &mapRegisters);
  if (!Ext->DmaAdapter) return STATUS_INSUFFICIENT_RESOURCES;
  Ext->CommonBuffer = Ext->DmaAdapter->DmaOperations->AllocateCommonBuffer(Ext->DmaAdapter, EDU_BUFFER_BYTES,
                                                                           &Ext->CommonAddress, TRUE);
  if (!Ext->CommonBuffer) return STATUS_INSUFFICIENT_RESOURCES;
  // The device has fewer address lines than any description of that version can say.
  if (Ext->CommonAddress.QuadPart > EDU_ADDRESS_LIMIT - EDU_BUFFER_BYTES) return STATUS_INSUFFICIENT_RESOURCES;
  return STATUS_SUCCESS;
}

/// Whatever was acquired when it fails stays for the two releases below.
NTSTATUS MedicAcquireHardware(PMEDIC_EXTENSION Ext, PCM_RESOURCE_LIST Translated) {
  NTSTATUS status = MedicMapRegisters(Ext, Translated);
  if (NT_SUCCESS(status)) status = MedicAcquireDma(Ext);
  if (NT_SUCCESS(status)) status = MedicConnectInterrupt(Ext);
  return status;
}

/// Gives back registers and interrupt, if there are any. Requests are held, and the device is silenced.
VOID MedicReleaseHardware(PMEDIC_EXTENSION Ext) {
  if (Ext->Interrupt) {
    // Its DPC synchronizes with the interrupt, and none is queued any more: the device is silenced.
    KeFlushQueuedDpcs();
    IO_DISCONNECT_INTERRUPT_PARAMETERS disconnect;
    RtlZeroMemory(&disconnect, sizeof(disconnect));
    disconnect.Version = CONNECT_LINE_BASED;
    disconnect.ConnectionContext.InterruptObject = Ext->Interrupt;
    IoDisconnectInterruptEx(&disconnect);
    Ext->Interrupt = NULL;
  }
  if (Ext->Registers) MmUnmapIoSpace(Ext->Registers, EDU_REGISTER_SPACE);
  Ext->Registers = NULL;
}

/// Gives back the memory that the device writes to. The device is known to be idle, or the bus has taken its bus
/// mastership: a hung one may still be at it.
VOID MedicReleaseDma(PMEDIC_EXTENSION Ext) {
  if (Ext->CommonBuffer)
    Ext->DmaAdapter->DmaOperations->FreeCommonBuffer(Ext->DmaAdapter, EDU_BUFFER_BYTES, Ext->CommonAddress,
                                                     Ext->CommonBuffer, TRUE);
  Ext->CommonBuffer = NULL;
  if (Ext->DmaAdapter) Ext->DmaAdapter->DmaOperations->PutDmaAdapter(Ext->DmaAdapter);
  Ext->DmaAdapter = NULL;
}
