#include "ntos/ex/interlocked.h"

#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"

namespace drydock::ntos {

namespace {

[[gnu::noinline, gnu::cold]] void NTAPI wait_for_lock(KSPIN_LOCK* lock) {
  // Held by another processor, or by this one: then acquiring stops, as it must.
  machine::acquire_spin_lock(lock);
  machine::release_spin_lock(lock);
}

[[gnu::noinline, gnu::cold]] void NTAPI list_is_corrupt() {
  machine::Machine::current().bug_check(KERNEL_SECURITY_CHECK_FAILURE, FAST_FAIL_CORRUPT_LIST_ENTRY, 0, 0, 0,
                                        "the links of a list do not point back at each other");
}

[[gnu::always_inline]] inline void pass(KSPIN_LOCK* lock) {
  if (__builtin_expect(*lock != 0, 0)) wait_for_lock(lock);
}

[[gnu::always_inline]] inline void check(const LIST_ENTRY* entry) {
  if (__builtin_expect(!list_entry_is_sound(entry), 0)) list_is_corrupt();
}

}  // namespace

LIST_ENTRY* NTAPI ExInterlockedInsertHeadList(LIST_ENTRY* head, LIST_ENTRY* entry, KSPIN_LOCK* lock) {
  pass(lock);
  check(head);
  LIST_ENTRY* first = head->Flink;
  InsertHeadList(head, entry);
  return first == head ? nullptr : first;
}

LIST_ENTRY* NTAPI ExInterlockedInsertTailList(LIST_ENTRY* head, LIST_ENTRY* entry, KSPIN_LOCK* lock) {
  pass(lock);
  check(head);
  LIST_ENTRY* last = head->Blink;
  InsertTailList(head, entry);
  return last == head ? nullptr : last;
}

LIST_ENTRY* NTAPI ExInterlockedRemoveHeadList(LIST_ENTRY* head, KSPIN_LOCK* lock) {
  pass(lock);
  if (IsListEmpty(head)) return nullptr;
  check(head->Flink);
  return RemoveHeadList(head);
}

SINGLE_LIST_ENTRY* NTAPI ExInterlockedPushEntryList(SINGLE_LIST_ENTRY* head, SINGLE_LIST_ENTRY* entry,
                                                    KSPIN_LOCK* lock) {
  pass(lock);
  SINGLE_LIST_ENTRY* first = head->Next;
  PushEntryList(head, entry);
  return first;
}

SINGLE_LIST_ENTRY* NTAPI ExInterlockedPopEntryList(SINGLE_LIST_ENTRY* head, KSPIN_LOCK* lock) {
  pass(lock);
  return PopEntryList(head);
}

LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(LARGE_INTEGER* value, LARGE_INTEGER increment, KSPIN_LOCK* lock) {
  pass(lock);
  LARGE_INTEGER before = *value;
  value->QuadPart += increment.QuadPart;
  return before;
}

ULONG NTAPI ExInterlockedAddUlong(ULONG* value, ULONG increment, KSPIN_LOCK* lock) {
  pass(lock);
  ULONG before = *value;
  *value += increment;
  return before;
}

VOID NTAPI ExInterlockedAddLargeStatistic(LARGE_INTEGER* value, ULONG increment) {
  value->QuadPart += increment;
}

VOID NTAPI InitializeSListHead(SLIST_HEADER* head) {
  nt::InitializeSListHead(head);
}

SLIST_ENTRY* NTAPI ExpInterlockedPushEntrySList(SLIST_HEADER* head, SLIST_ENTRY* entry) {
  SLIST_ENTRY* first = slist_first(head);
  entry->Next = first;
  head->HeaderX64.NextEntry = reinterpret_cast<ULONG_PTR>(entry) >> 4;
  ++head->HeaderX64.Depth;
  ++head->HeaderX64.Sequence;
  return first;
}

SLIST_ENTRY* NTAPI ExpInterlockedPopEntrySList(SLIST_HEADER* head) {
  SLIST_ENTRY* first = slist_first(head);
  if (first == nullptr) return nullptr;
  head->HeaderX64.NextEntry = reinterpret_cast<ULONG_PTR>(first->Next) >> 4;
  --head->HeaderX64.Depth;
  ++head->HeaderX64.Sequence;
  return first;
}

SLIST_ENTRY* NTAPI ExpInterlockedFlushSList(SLIST_HEADER* head) {
  SLIST_ENTRY* first = slist_first(head);
  head->HeaderX64.NextEntry = 0;
  head->HeaderX64.Depth = 0;
  ++head->HeaderX64.Sequence;
  return first;
}

SLIST_ENTRY* NTAPI ExInterlockedPushEntrySList(SLIST_HEADER* head, SLIST_ENTRY* entry, KSPIN_LOCK*) {
  return ExpInterlockedPushEntrySList(head, entry);
}
SLIST_ENTRY* NTAPI ExInterlockedPopEntrySList(SLIST_HEADER* head, KSPIN_LOCK*) {
  return ExpInterlockedPopEntrySList(head);
}
USHORT NTAPI ExQueryDepthSList(SLIST_HEADER* head) {
  return head->HeaderX64.Depth;
}
SLIST_ENTRY* NTAPI FirstEntrySList(const SLIST_HEADER* head) {
  return slist_first(head);
}

}  // namespace drydock::ntos
