#pragma once
// MDLs on the memory manager's side: which frames stand behind a buffer, locked or not, and system addresses for them.

#include "nt/mdl.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

/// Fills in the frames of a buffer in nonpaged memory. IRQL: at most DISPATCH_LEVEL.
VOID NTAPI MmBuildMdlForNonPagedPool(MDL* mdl);
/// Raises STATUS_ACCESS_VIOLATION if a page is not there or may not be touched so. IRQL: at most DISPATCH_LEVEL.
VOID NTAPI MmProbeAndLockPages(MDL* mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation);
VOID NTAPI MmUnlockPages(MDL* mdl);
/// A system address for locked pages; null if refused (a stop if `bug_check_on_failure`).
PVOID NTAPI MmMapLockedPagesSpecifyCache(MDL* mdl, KPROCESSOR_MODE mode, MEMORY_CACHING_TYPE cache, PVOID base,
                                         ULONG bug_check_on_failure, ULONG priority);
PVOID NTAPI MmMapLockedPages(MDL* mdl, KPROCESSOR_MODE mode);
VOID NTAPI MmUnmapLockedPages(PVOID base, MDL* mdl);
SIZE_T NTAPI MmSizeOfMdl(PVOID base, SIZE_T bytes);
MDL* NTAPI MmCreateMdl(MDL* mdl, PVOID base, SIZE_T bytes);
/// Moves the start of an MDL `bytes` further.
NTSTATUS NTAPI MmAdvanceMdl(MDL* mdl, ULONG bytes);

/// Pages that belong to nobody else, locked in an MDL without a mapping. Null if there are none at all.
MDL* NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS skip, SIZE_T bytes);
MDL* NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS skip, SIZE_T bytes,
                                   MEMORY_CACHING_TYPE cache, ULONG flags);
MDL* NTAPI MmAllocateNodePagesForMdlEx(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS skip, SIZE_T bytes,
                                       MEMORY_CACHING_TYPE cache, ULONG node, ULONG flags);
/// One range of MmAllocateMdlForIoSpace.
struct MM_PHYSICAL_ADDRESS_LIST {
  PHYSICAL_ADDRESS PhysicalAddress;
  SIZE_T NumberOfBytes;
};
static_assert(sizeof(MM_PHYSICAL_ADDRESS_LIST) == 16);
/// An MDL for device memory, freed with IoFreeMdl. STATUS_INVALID_PARAMETER_1: a range is not of whole pages, has
/// RAM in it or leaves the computer's addresses; STATUS_INVALID_PARAMETER_2: no bytes at all, or 4 GiB and more. Only
/// ranges that adjoin can be mapped. IRQL: at most DISPATCH_LEVEL.
NTSTATUS NTAPI MmAllocateMdlForIoSpace(MM_PHYSICAL_ADDRESS_LIST* list, SIZE_T entries, MDL** mdl);
/// Gives the pages back; the MDL itself is freed with ExFreePool.
VOID NTAPI MmFreePagesFromMdl(MDL* mdl);

namespace mm {
/// MmProbeAndLockPages for our own rooms, which have no handler to raise to: returns what it would raise.
NTSTATUS lock_pages(MDL* mdl, LOCK_OPERATION operation);
}  // namespace mm

}  // namespace drydock::ntos
