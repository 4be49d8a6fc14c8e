#include "ntos/ex/lookaside.h"

#include "machine/guest_call.h"
#include "ntos/driver_address.h"
#include "ntos/ex/interlocked.h"
#include "ntos/ex/pool.h"

namespace drydock::ntos {

namespace {

constexpr USHORT kDepth = 4, kMaximumDepth = 256;

void initialize(GENERAL_LOOKASIDE_POOL& list, PALLOCATE_FUNCTION allocate, PFREE_FUNCTION release, POOL_TYPE type,
                SIZE_T bytes, ULONG tag) {
  list = {};
  list.Depth = kDepth;
  list.MaximumDepth = kMaximumDepth;
  list.Type = type;
  list.Tag = tag;
  list.Size = static_cast<ULONG>(bytes < sizeof(SLIST_ENTRY) ? sizeof(SLIST_ENTRY) : bytes);
  list.Allocate = allocate != nullptr
                      ? allocate
                      : driver_address<PALLOCATE_FUNCTION>("ExAllocatePoolWithTag", ExAllocatePoolWithTag);
  list.Free = release != nullptr ? release : driver_address<PFREE_FUNCTION>("ExFreePool", ExFreePool);
}

/// The Ex forms of the routines get the list as one more argument; the others ignore it.
using AllocateEx = PVOID(NTAPI*)(POOL_TYPE, SIZE_T, ULONG, PVOID);
using FreeEx = VOID(NTAPI*)(PVOID, PVOID);
template <class Longer, class Function>
Longer with_list(Function function) {
  return reinterpret_cast<Longer>(reinterpret_cast<ULONG_PTR>(function));
}

PVOID allocate_from(GENERAL_LOOKASIDE_POOL& list) {
  ++list.TotalAllocates;
  if (SLIST_ENTRY* entry = ExpInterlockedPopEntrySList(&list.ListHead)) return entry;
  ++list.AllocateMisses;
  return machine::call_driver(with_list<AllocateEx>(list.Allocate), list.Type, SIZE_T{list.Size}, list.Tag,
                              static_cast<PVOID>(&list));
}

void free_to(GENERAL_LOOKASIDE_POOL& list, PVOID entry) {
  ++list.TotalFrees;
  if (ExQueryDepthSList(&list.ListHead) < list.Depth) {
    ExpInterlockedPushEntrySList(&list.ListHead, static_cast<SLIST_ENTRY*>(entry));
    return;
  }
  ++list.FreeMisses;
  machine::call_driver(with_list<FreeEx>(list.Free), entry, static_cast<PVOID>(&list));
}

void empty(GENERAL_LOOKASIDE_POOL& list) {
  while (SLIST_ENTRY* entry = ExpInterlockedPopEntrySList(&list.ListHead))
    machine::call_driver(with_list<FreeEx>(list.Free), static_cast<PVOID>(entry), static_cast<PVOID>(&list));
}

}  // namespace

VOID NTAPI ExInitializeNPagedLookasideList(NPAGED_LOOKASIDE_LIST* list, PALLOCATE_FUNCTION allocate,
                                           PFREE_FUNCTION release, ULONG flags, SIZE_T bytes, ULONG tag, USHORT) {
  initialize(list->L, allocate, release, static_cast<POOL_TYPE>(NonPagedPool | flags), bytes, tag);
}
VOID NTAPI ExInitializePagedLookasideList(PAGED_LOOKASIDE_LIST* list, PALLOCATE_FUNCTION allocate,
                                          PFREE_FUNCTION release, ULONG flags, SIZE_T bytes, ULONG tag, USHORT) {
  initialize(list->L, allocate, release, static_cast<POOL_TYPE>(PagedPool | flags), bytes, tag);
}
NTSTATUS NTAPI ExInitializeLookasideListEx(LOOKASIDE_LIST_EX* list, PVOID allocate, PVOID release, POOL_TYPE type,
                                           ULONG flags, SIZE_T bytes, ULONG tag, USHORT depth) {
  constexpr ULONG kRaise = 1, kNoRaise = 2;  // EX_LOOKASIDE_LIST_EX_FLAGS_*
  if (depth != 0 || (flags & ~(kRaise | kNoRaise)) != 0) return STATUS_INVALID_PARAMETER;
  initialize(list->L, reinterpret_cast<PALLOCATE_FUNCTION>(allocate), reinterpret_cast<PFREE_FUNCTION>(release),
             (flags & kRaise) != 0 ? static_cast<POOL_TYPE>(type | POOL_RAISE_IF_ALLOCATION_FAILURE) : type, bytes,
             tag);
  return STATUS_SUCCESS;
}
VOID NTAPI ExDeleteNPagedLookasideList(NPAGED_LOOKASIDE_LIST* list) {
  empty(list->L);
}
VOID NTAPI ExDeletePagedLookasideList(PAGED_LOOKASIDE_LIST* list) {
  empty(list->L);
}
VOID NTAPI ExDeleteLookasideListEx(LOOKASIDE_LIST_EX* list) {
  empty(list->L);
}
VOID NTAPI ExFlushLookasideListEx(LOOKASIDE_LIST_EX* list) {
  empty(list->L);
}
PVOID NTAPI ExAllocateFromPagedLookasideList(PAGED_LOOKASIDE_LIST* list) {
  return allocate_from(list->L);
}
VOID NTAPI ExFreeToPagedLookasideList(PAGED_LOOKASIDE_LIST* list, PVOID entry) {
  free_to(list->L, entry);
}
PVOID NTAPI ExAllocateFromNPagedLookasideList(NPAGED_LOOKASIDE_LIST* list) {
  return allocate_from(list->L);
}
VOID NTAPI ExFreeToNPagedLookasideList(NPAGED_LOOKASIDE_LIST* list, PVOID entry) {
  free_to(list->L, entry);
}

}  // namespace drydock::ntos
