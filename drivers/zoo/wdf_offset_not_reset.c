// kmdf: 1.33
// Cuts a block of pool into pieces in PrepareHardware and goes on behind the last one after a restart.
// Expected, with special pool: DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION (0xD6).
#define ZOO_PREPARE Prepare
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

#define PIECE 256

static PUCHAR Block;

static PUCHAR Cut(ZOO* Zoo) {
  PUCHAR piece = Block + Zoo->Count;
  Zoo->Count += PIECE;
  *(volatile UCHAR*)piece = 1;
  return piece;
}

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  Block = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PIECE, ZOO_TAG);
  if (!Block) return STATUS_INSUFFICIENT_RESOURCES;
  Cut(Zoo);
  Cut(Zoo);
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
#ifdef FIXED
  Zoo->Count = 0;
#endif
  if (Block) ExFreePoolWithTag(Block, ZOO_TAG);
  Block = NULL;
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
