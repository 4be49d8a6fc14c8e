// kmdf: 1.33
// Does not set its count of blocks back in ReleaseHardware, so that the second release frees the first one's again.
// Expected: BAD_POOL_CALLER (0xC2).
#define ZOO_PREPARE Prepare
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static PVOID Blocks[64];

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  for (ULONG i = 0; i < 2; ++i) {
    Blocks[Zoo->Count] = ExAllocatePoolWithTag(NonPagedPoolNx, 64, ZOO_TAG);
    if (!Blocks[Zoo->Count]) return STATUS_INSUFFICIENT_RESOURCES;
    ++Zoo->Count;
  }
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  for (LONG i = 0; i < Zoo->Count; ++i) ExFreePoolWithTag(Blocks[i], ZOO_TAG);
#ifdef FIXED
  Zoo->Count = 0;
#endif
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
