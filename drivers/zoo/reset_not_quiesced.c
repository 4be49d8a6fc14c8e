// Asks for a function-level reset while its device still copies into memory, and has given that memory back already.
// Expected, with special pool: dma-into-freed-pool.
#include "zoo_edu.h"

static VOID ZooStarted(ZOO_EDU* Edu) {
  PVOID buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 256, ZOO_TAG);
  if (!buffer) return;
  ZooWrite(Edu, EDU_DMA_SOURCE, EDU_BUFFER);
  ZooWrite(Edu, EDU_DMA_DESTINATION, MmGetPhysicalAddress(buffer).LowPart);
  ZooWrite(Edu, EDU_DMA_COUNT, 64);
  ZooWrite(Edu, EDU_DMA_COMMAND, EDU_DMA_START | EDU_DMA_TO_RAM);
#ifdef FIXED
  for (ULONG i = 0; i < 1000 && (ZooRead(Edu, EDU_DMA_COMMAND) & EDU_DMA_START); ++i) {
    LARGE_INTEGER time;
    time.QuadPart = -10000;
    KeDelayExecutionThread(KernelMode, FALSE, &time);
  }
#endif
  ExFreePoolWithTag(buffer, ZOO_TAG);
  ZooReset(Edu, FunctionLevelDeviceReset);
}
