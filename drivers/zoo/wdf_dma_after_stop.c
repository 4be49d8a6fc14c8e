// kmdf: 1.33
// Leaves its device copying into memory when that is stopped.
// Expected: dma-after-stop (WDF-472).
#define ZOO_ADDED Added
#define ZOO_D0_EXIT D0Exit
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  WDF_DMA_ENABLER_CONFIG config;
  WDFDMAENABLER enabler;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfilePacket, EDU_BUFFER_BYTES);
  NTSTATUS status = WdfDmaEnablerCreate(Zoo->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &enabler);
  if (!NT_SUCCESS(status)) return status;
  return WdfCommonBufferCreate(enabler, EDU_BUFFER_BYTES, WDF_NO_OBJECT_ATTRIBUTES, (WDFCOMMONBUFFER*)&Zoo->Object);
}

static NTSTATUS D0Exit(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target) {
  UNREFERENCED_PARAMETER(Target);
  PHYSICAL_ADDRESS to = WdfCommonBufferGetAlignedLogicalAddress((WDFCOMMONBUFFER)Zoo->Object);
  ZooWrite(Zoo, EDU_DMA_SOURCE, EDU_BUFFER);
  ZooWrite(Zoo, EDU_DMA_DESTINATION, to.LowPart);
  ZooWrite(Zoo, EDU_DMA_COUNT, 64);
  ZooWrite(Zoo, EDU_DMA_COMMAND, EDU_DMA_START | EDU_DMA_TO_RAM);
#ifdef FIXED
  for (LONG i = 0; i < 1000; ++i) {
    const ULONG command = ZooRead(Zoo, EDU_DMA_COMMAND);
    if (command == EDU_ALL_ONES || !(command & EDU_DMA_START)) break;
    ZooWait(1);
  }
#endif
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  ZooWait(5);  // as long as a driver may take
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
