// kmdf: 1.33
// Reads a register through a mapping that it has given back.
// Expected: unmapped-range-touched (WDF-445), PAGE_FAULT_IN_NONPAGED_AREA (0x50).
#define ZOO_PREPARE Prepare
#include "zoo_wdf.h"

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  PCM_PARTIAL_RESOURCE_DESCRIPTOR memory = ZooFind(Translated, CmResourceTypeMemory);
  UNREFERENCED_PARAMETER(Raw);
  ZooUnmap(Zoo);
  PUCHAR identification = MmMapIoSpace(memory->u.Memory.Start, sizeof(ULONG), MmNonCached);
  if (!identification) return STATUS_INSUFFICIENT_RESOURCES;
#ifndef FIXED
  MmUnmapIoSpace(identification, sizeof(ULONG));
#endif
  Zoo->Count = (LONG)READ_REGISTER_ULONG((PULONG)identification);
#ifdef FIXED
  MmUnmapIoSpace(identification, sizeof(ULONG));
#endif
  return STATUS_SUCCESS;
}
