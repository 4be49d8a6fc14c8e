/// The device: programming, commands, interrupt.
#include "edu.h"

#ifdef UMDF_VERSION_MAJOR
ULONG EduReadRegister(EDU_DEVICE* Edu, ULONG Offset) {
  return WDF_READ_REGISTER_ULONG(Edu->Device, (PULONG)(Edu->Registers + Offset));
}

VOID EduWriteRegister(EDU_DEVICE* Edu, ULONG Offset, ULONG Value) {
  WDF_WRITE_REGISTER_ULONG(Edu->Device, (PULONG)(Edu->Registers + Offset), Value);
}

NTSTATUS EduMapRegisters(EDU_DEVICE* Edu, PHYSICAL_ADDRESS Start) {
  return WdfDeviceMapIoSpace(Edu->Device, Start, EDU_REGISTER_SPACE, MmNonCached, (PVOID*)&Edu->Registers);
}

VOID EduDelay(PLARGE_INTEGER Interval) {
  NtDelayExecution(FALSE, Interval);
}

VOID EduUnmapRegisters(EDU_DEVICE* Edu) {
  if (Edu->Registers) WdfDeviceUnmapIoSpace(Edu->Device, Edu->Registers, EDU_REGISTER_SPACE);
  Edu->Registers = NULL;
}
#else
ULONG EduReadRegister(EDU_DEVICE* Edu, ULONG Offset) {
  return READ_REGISTER_ULONG((PULONG)(Edu->Registers + Offset));
}

VOID EduWriteRegister(EDU_DEVICE* Edu, ULONG Offset, ULONG Value) {
  WRITE_REGISTER_ULONG((PULONG)(Edu->Registers + Offset), Value);
}

NTSTATUS EduMapRegisters(EDU_DEVICE* Edu, PHYSICAL_ADDRESS Start) {
  Edu->Registers = MmMapIoSpace(Start, EDU_REGISTER_SPACE, MmNonCached);
  return Edu->Registers ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID EduDelay(PLARGE_INTEGER Interval) {
  KeDelayExecutionThread(KernelMode, FALSE, Interval);
}

VOID EduUnmapRegisters(EDU_DEVICE* Edu) {
  if (Edu->Registers) MmUnmapIoSpace(Edu->Registers, EDU_REGISTER_SPACE);
  Edu->Registers = NULL;
}
#endif

// ---- programming

static BOOLEAN EduIsAlive(EDU_DEVICE* Edu) {
  static const ULONG patterns[] = {0x00000000, 0x5A5AA5A5};
  for (ULONG i = 0; i < RTL_NUMBER_OF(patterns); ++i) {
    EduWriteRegister(Edu, EDU_LIVENESS, patterns[i]);
    if (EduReadRegister(Edu, EDU_LIVENESS) != ~patterns[i]) return FALSE;
  }
  return TRUE;
}

/// Waits for what it still does for nobody. FALSE if that does not end, or if there is no device. IRQL: PASSIVE_LEVEL.
BOOLEAN EduWaitUntilIdle(EDU_DEVICE* Edu) {
  LARGE_INTEGER tick;
  tick.QuadPart = WDF_REL_TIMEOUT_IN_MS(1);
  for (ULONG waited = 0; waited < EDU_WAIT_LIMIT_MS; ++waited) {
    ULONG status = EduReadRegister(Edu, EDU_STATUS);
    ULONG command = EduReadRegister(Edu, EDU_DMA_COMMAND);
    if (status == EDU_ALL_ONES || command == EDU_ALL_ONES) return FALSE;
    if (!(status & EDU_COMPUTING) && !(command & EDU_DMA_START)) return TRUE;
    EduDelay(&tick);
  }
  return FALSE;
}

/// Makes a device that knows nothing ready for requests: after power-up and after a reset. FALSE if it does not work.
/// IRQL: PASSIVE_LEVEL, with nobody else at the device.
BOOLEAN EduProgram(EDU_DEVICE* Edu) {
  ULONG identification = EduReadRegister(Edu, EDU_IDENTIFICATION);
  if (identification == EDU_ALL_ONES) return FALSE;
  if ((identification & EDU_IDENTIFICATION_MASK) != EDU_IDENTIFICATION_EDU) return FALSE;
  if (!EduIsAlive(Edu) || !EduRestoreBuffer(Edu)) return FALSE;
  EduWriteRegister(Edu, EDU_INTERRUPT_ACKNOWLEDGE, EDU_ALL_ONES);
  return TRUE;
}

/// Somebody else in the stack may have reset the device, which nobody tells us of: what was programmed last is gone
/// then, and what the buffer held.
BOOLEAN EduHasForgotten(EDU_DEVICE* Edu) {
  return !(EduReadRegister(Edu, EDU_STATUS) & EDU_INTERRUPT_AFTER_FACTORIAL);
}

// ---- commands

/// The bit that says that the device has done it.
ULONG EduInterruptOf(const EDU_COMMAND* Command) {
  switch (Command->Kind) {
    case EduFactorial:
      return EDU_INTERRUPT_FACTORIAL;
    case EduRead:
    case EduWrite:
      return EDU_INTERRUPT_DMA;
    default:
      return 0;
  }
}

/// What is to be written lies in Memory already.
VOID EduIssue(EDU_DEVICE* Edu, const EDU_COMMAND* Command) {
  if (Command->Kind == EduFactorial)
    EduWriteRegister(Edu, EDU_FACTORIAL, Command->Number);
  else
    EduTransfer(Edu, Command->Kind == EduRead, Command->Offset, Command->Length, EDU_DMA_INTERRUPT);
}

// ---- interrupt

BOOLEAN NTAPI EduInterruptIsr(WDFINTERRUPT Interrupt, ULONG MessageId) {
  EDU_DEVICE* edu = EduDevice(WdfInterruptGetDevice(Interrupt));
  UNREFERENCED_PARAMETER(MessageId);
  // On a shared line it may come while the device is in reset, when its registers are not to be touched.
  if (edu->InReset) return FALSE;
  ULONG bits = EduReadRegister(edu, EDU_INTERRUPT_STATUS);
  if (bits == 0 || bits == EDU_ALL_ONES) return FALSE;
  EduWriteRegister(edu, EDU_INTERRUPT_ACKNOWLEDGE, bits);
  edu->InterruptBits |= bits;
  WdfInterruptQueueDpcForIsr(Interrupt);
  return TRUE;
}

ULONG EduTakeInterruptBits(EDU_DEVICE* Edu) {
  WdfInterruptAcquireLock(Edu->Interrupt);
  ULONG bits = Edu->InterruptBits;
  Edu->InterruptBits = 0;
  WdfInterruptReleaseLock(Edu->Interrupt);
  return bits;
}

/// Under the callback lock.
VOID NTAPI EduInterruptDpc(WDFINTERRUPT Interrupt, WDFOBJECT Device) {
  EDU_DEVICE* edu = EduDevice(Device);
  UNREFERENCED_PARAMETER(Interrupt);
  EduWorkEnded(edu, EduTakeInterruptBits(edu));
}

NTSTATUS NTAPI EduInterruptEnable(WDFINTERRUPT Interrupt, WDFDEVICE Device) {
  UNREFERENCED_PARAMETER(Interrupt);
  EduWriteRegister(EduDevice(Device), EDU_STATUS, EDU_INTERRUPT_AFTER_FACTORIAL);
  return STATUS_SUCCESS;
}

/// A transfer under way may still interrupt: the service routine is there for it until it is disconnected.
NTSTATUS NTAPI EduInterruptDisable(WDFINTERRUPT Interrupt, WDFDEVICE Device) {
  UNREFERENCED_PARAMETER(Interrupt);
  EduWriteRegister(EduDevice(Device), EDU_STATUS, 0);
  return STATUS_SUCCESS;
}

/// From now on the service routine does not touch the device.
VOID EduEnterReset(EDU_DEVICE* Edu) {
  WdfInterruptAcquireLock(Edu->Interrupt);
  Edu->InReset = TRUE;
  Edu->InterruptBits = 0;
  WdfInterruptReleaseLock(Edu->Interrupt);
}

/// The device is programmed again. Interrupts, which the reset has switched off in it, are wanted.
VOID EduLeaveReset(EDU_DEVICE* Edu) {
  WdfInterruptAcquireLock(Edu->Interrupt);
  Edu->InReset = FALSE;
  EduInterruptEnable(Edu->Interrupt, Edu->Device);
  WdfInterruptReleaseLock(Edu->Interrupt);
}
