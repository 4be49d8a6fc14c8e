/// Transfers of the user-mode driver, which has no DMA: the buffer is the driver's own, and the device only signals that
/// it is done, so that requests go the same way as in the kernel.
#include "../edu.h"

NTSTATUS EduCreateDma(EDU_DEVICE* Edu) {
  Edu->Memory = Edu->Transfer;
  return STATUS_SUCCESS;
}

VOID EduTransfer(EDU_DEVICE* Edu, BOOLEAN ToMemory, ULONG Offset, ULONG Length, ULONG Interrupt) {
  if (ToMemory)
    RtlCopyMemory(Edu->Memory, Edu->Buffer + Offset, Length);
  else
    RtlCopyMemory(Edu->Buffer + Offset, Edu->Memory, Length);
  if (Interrupt) EduWriteRegister(Edu, EDU_INTERRUPT_RAISE, EDU_INTERRUPT_DMA);
}

BOOLEAN EduRestoreBuffer(EDU_DEVICE* Edu) {
  if (!EduWaitUntilIdle(Edu)) return FALSE;
  RtlCopyMemory(Edu->Buffer, Edu->Image, EDU_CAPACITY);
  return TRUE;
}
