// kmdf: 1.33
// Maps its registers through an MDL, and once more by MmMapIoSpace, before and after; reads one when all are given back.
// Expected: unmapped-range-touched (WDF-445), PAGE_FAULT_IN_NONPAGED_AREA (0x50).
#define ZOO_PREPARE Prepare
#include "zoo_wdf.h"

typedef struct _RANGE {
  PHYSICAL_ADDRESS PhysicalAddress;
  SIZE_T NumberOfBytes;
} RANGE;
NTSYSAPI NTSTATUS NTAPI MmAllocateMdlForIoSpace(RANGE* Ranges, SIZE_T Count, PMDL* Mdl);

static PULONG MapMdl(PMDL Mdl) {
  return MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmNonCached, NULL, FALSE, NormalPagePriority);
}

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  PCM_PARTIAL_RESOURCE_DESCRIPTOR memory = ZooFind(Translated, CmResourceTypeMemory);
  RANGE all = {memory->u.Memory.Start, Zoo->Bytes};
  PMDL mdl;
  UNREFERENCED_PARAMETER(Raw);
  ZooUnmap(Zoo);
  NTSTATUS status = MmAllocateMdlForIoSpace(&all, 1, &mdl);
  if (!NT_SUCCESS(status)) return status;

  PULONG first = MapMdl(mdl);  // after one of MmMapIoSpace that is gone
  if (!first) return STATUS_INSUFFICIENT_RESOURCES;
  Zoo->Count = (LONG)READ_REGISTER_ULONG(first);
  PULONG second = MmMapIoSpace(all.PhysicalAddress, all.NumberOfBytes, MmNonCached);
  if (!second) return STATUS_INSUFFICIENT_RESOURCES;
  MmUnmapLockedPages(first, mdl);
  Zoo->Count += (LONG)READ_REGISTER_ULONG(second);  // the one of MmMapIoSpace is left
  if (!(first = MapMdl(mdl))) return STATUS_INSUFFICIENT_RESOURCES;
  MmUnmapIoSpace(second, all.NumberOfBytes);
  Zoo->Count += (LONG)READ_REGISTER_ULONG(first);  // the MDL's is left
#ifndef FIXED
  MmUnmapLockedPages(first, mdl);
#endif
  Zoo->Count += (LONG)READ_REGISTER_ULONG(first);
#ifdef FIXED
  MmUnmapLockedPages(first, mdl);
#endif
  IoFreeMdl(mdl);
  return STATUS_SUCCESS;
}
