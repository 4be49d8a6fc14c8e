// kmdf: 1.33
// Frees its first block when the second cannot be had, and once more in ReleaseHardware, which comes after a failed
// PrepareHardware too.
// Expected: BAD_POOL_CALLER (0xC2).
#define ZOO_PREPARE Prepare
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static PVOID First, Second;

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  First = ExAllocatePoolWithTag(NonPagedPoolNx, 64, ZOO_TAG);
  if (!First) return STATUS_INSUFFICIENT_RESOURCES;
  Second = ExAllocatePoolWithTag(NonPagedPoolNx, 64, ZOO_TAG);
  if (Second) return STATUS_SUCCESS;
#ifndef FIXED
  ExFreePoolWithTag(First, ZOO_TAG);
#endif
  return STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  if (First) ExFreePoolWithTag(First, ZOO_TAG);
  if (Second) ExFreePoolWithTag(Second, ZOO_TAG);
  First = Second = NULL;
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
