/// The buffer's end in memory, and transfers.
#include "edu.h"

NTSTATUS EduCreateDma(EDU_DEVICE* Edu) {
  WDF_DMA_ENABLER_CONFIG config;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfilePacket, EDU_BUFFER_BYTES);
  NTSTATUS status = WdfDmaEnablerCreate(Edu->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Edu->DmaEnabler);
  if (!NT_SUCCESS(status)) return status;
  status = WdfCommonBufferCreate(Edu->DmaEnabler, EDU_BUFFER_BYTES, WDF_NO_OBJECT_ATTRIBUTES, &Edu->CommonBuffer);
  if (!NT_SUCCESS(status)) return status;
  PHYSICAL_ADDRESS address = WdfCommonBufferGetAlignedLogicalAddress(Edu->CommonBuffer);
  // The device has fewer address lines than the profile says.
  if (address.QuadPart > EDU_ADDRESS_LIMIT - EDU_BUFFER_BYTES) return STATUS_INSUFFICIENT_RESOURCES;
  Edu->Memory = WdfCommonBufferGetAlignedVirtualAddress(Edu->CommonBuffer);
  Edu->MemoryAddress = address.LowPart;
  return STATUS_SUCCESS;
}

VOID EduTransfer(EDU_DEVICE* Edu, BOOLEAN ToMemory, ULONG Offset, ULONG Length, ULONG Interrupt) {
  ULONG own = EDU_BUFFER + Offset;
  EduWriteRegister(Edu, EDU_DMA_SOURCE, ToMemory ? own : Edu->MemoryAddress);
  EduWriteRegister(Edu, EDU_DMA_DESTINATION, ToMemory ? Edu->MemoryAddress : own);
  EduWriteRegister(Edu, EDU_DMA_COUNT, Length);
  EduWriteRegister(Edu, EDU_DMA_COMMAND, EDU_DMA_START | (ToMemory ? EDU_DMA_TO_RAM : 0) | Interrupt);
}

/// Puts the device's buffer back, without interrupts: nobody else uses the device meanwhile.
BOOLEAN EduRestoreBuffer(EDU_DEVICE* Edu) {
  if (!EduWaitUntilIdle(Edu)) return FALSE;
  RtlCopyMemory(Edu->Memory, Edu->Image, EDU_CAPACITY);
  EduTransfer(Edu, FALSE, 0, EDU_CAPACITY, 0);
  return EduWaitUntilIdle(Edu);
}
