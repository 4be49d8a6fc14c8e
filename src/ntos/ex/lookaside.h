#pragma once
// Lookaside lists. Drivers compiled against the WDK work on the structure themselves; these set it up, empty it, and
// serve the callers of the older exported forms.

#include "nt/pool.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

/// IRQL: at most DISPATCH_LEVEL. `allocate` and `release` null mean the pool's own.
VOID NTAPI ExInitializeNPagedLookasideList(NPAGED_LOOKASIDE_LIST* list, PALLOCATE_FUNCTION allocate,
                                           PFREE_FUNCTION release, ULONG flags, SIZE_T bytes, ULONG tag, USHORT depth);
VOID NTAPI ExInitializePagedLookasideList(PAGED_LOOKASIDE_LIST* list, PALLOCATE_FUNCTION allocate,
                                          PFREE_FUNCTION release, ULONG flags, SIZE_T bytes, ULONG tag, USHORT depth);
NTSTATUS NTAPI ExInitializeLookasideListEx(LOOKASIDE_LIST_EX* list, PVOID allocate, PVOID release, POOL_TYPE type,
                                           ULONG flags, SIZE_T bytes, ULONG tag, USHORT depth);
VOID NTAPI ExDeleteNPagedLookasideList(NPAGED_LOOKASIDE_LIST* list);
VOID NTAPI ExDeletePagedLookasideList(PAGED_LOOKASIDE_LIST* list);
VOID NTAPI ExDeleteLookasideListEx(LOOKASIDE_LIST_EX* list);
VOID NTAPI ExFlushLookasideListEx(LOOKASIDE_LIST_EX* list);
PVOID NTAPI ExAllocateFromPagedLookasideList(PAGED_LOOKASIDE_LIST* list);
VOID NTAPI ExFreeToPagedLookasideList(PAGED_LOOKASIDE_LIST* list, PVOID entry);
PVOID NTAPI ExAllocateFromNPagedLookasideList(NPAGED_LOOKASIDE_LIST* list);
VOID NTAPI ExFreeToNPagedLookasideList(NPAGED_LOOKASIDE_LIST* list, PVOID entry);

}  // namespace drydock::ntos
