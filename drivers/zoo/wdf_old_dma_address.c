// kmdf: 1.33
// Gives its device the address of the buffer that it had before the restart.
// Expected, with special pool: dma-into-freed-pool.
#define ZOO_PREPARE Prepare
#define ZOO_D0_ENTRY D0Entry
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static PVOID Buffer;
static PHYSICAL_ADDRESS Address;

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 256, ZOO_TAG);
  if (!Buffer) return STATUS_INSUFFICIENT_RESOURCES;
#ifndef FIXED
  if (!Address.QuadPart)
#endif
    Address = MmGetPhysicalAddress(Buffer);
  return STATUS_SUCCESS;
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
  ZooWrite(Zoo, EDU_DMA_SOURCE, EDU_BUFFER);
  ZooWrite(Zoo, EDU_DMA_DESTINATION, Address.LowPart);
  ZooWrite(Zoo, EDU_DMA_COUNT, 64);
  ZooWrite(Zoo, EDU_DMA_COMMAND, EDU_DMA_START | EDU_DMA_TO_RAM);
  for (LONG i = 0; i < 1000; ++i) {
    const ULONG command = ZooRead(Zoo, EDU_DMA_COMMAND);
    if (command == EDU_ALL_ONES || !(command & EDU_DMA_START)) break;
    ZooWait(1);
  }
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  if (Buffer) ExFreePoolWithTag(Buffer, ZOO_TAG);
  Buffer = NULL;
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
