// kmdf: 1.33
// Keeps its registers' first mapping over a rebalance, and reads through it when the device has others.
// Expected: resources-still-mapped-after-release (WDF-444), then PAGE_FAULT_IN_NONPAGED_AREA (0x50) (WDF-483).
#define ZOO_PREPARE Prepare
#define ZOO_D0_ENTRY D0Entry
#define ZOO_RELEASE Release
#define ZOO_CLEANUP Cleanup
#include "zoo_wdf.h"

static PUCHAR First;
static SIZE_T FirstBytes;

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
#ifdef FIXED
  First = NULL;
#endif
  if (First) return STATUS_SUCCESS;
  First = Zoo->Registers;
  FirstBytes = Zoo->Bytes;
  return STATUS_SUCCESS;
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Previous);
  READ_REGISTER_ULONG((PULONG)(First + EDU_IDENTIFICATION));
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
#ifndef FIXED
  if (Zoo->Registers == First) return STATUS_SUCCESS;
#endif
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}

static VOID Cleanup(ZOO* Zoo) {
  UNREFERENCED_PARAMETER(Zoo);
#ifndef FIXED
  if (First) MmUnmapIoSpace(First, FirstBytes);
  First = NULL;
#endif
}
