#pragma once
// Linked lists as Windows lays them out, with the inline operations every driver compiles in.

#include "nt/base.h"

namespace drydock::nt {

struct LIST_ENTRY {
  LIST_ENTRY* Flink;
  LIST_ENTRY* Blink;
};
static_assert(sizeof(LIST_ENTRY) == 16 && offsetof(LIST_ENTRY, Blink) == 8);
using PLIST_ENTRY = LIST_ENTRY*;

struct SINGLE_LIST_ENTRY {
  SINGLE_LIST_ENTRY* Next;
};
static_assert(sizeof(SINGLE_LIST_ENTRY) == 8);
using PSINGLE_LIST_ENTRY = SINGLE_LIST_ENTRY*;

struct alignas(16) SLIST_ENTRY {
  SLIST_ENTRY* Next;
};
static_assert(sizeof(SLIST_ENTRY) == 16 && alignof(SLIST_ENTRY) == 16);
using PSLIST_ENTRY = SLIST_ENTRY*;

union alignas(16) SLIST_HEADER {
  struct {
    ULONGLONG Alignment;
    ULONGLONG Region;
  };
  struct {
    ULONGLONG Depth : 16;
    ULONGLONG Sequence : 48;
    ULONGLONG Reserved : 4;
    ULONGLONG NextEntry : 60;  // address of the first entry, shifted right by 4
  } HeaderX64;
};
static_assert(sizeof(SLIST_HEADER) == 16 && alignof(SLIST_HEADER) == 16);
using PSLIST_HEADER = SLIST_HEADER*;

inline void InitializeListHead(LIST_ENTRY* head) {
  head->Flink = head->Blink = head;
}
inline bool IsListEmpty(const LIST_ENTRY* head) {
  return head->Flink == head;
}

/// True while both neighbours of `entry` still point back at it; Windows fails fast (kind 3) when they do not.
inline bool list_entry_is_sound(const LIST_ENTRY* entry) {
  return entry->Flink->Blink == entry && entry->Blink->Flink == entry;
}

/// Returns true if the list is empty afterwards.
inline bool RemoveEntryList(LIST_ENTRY* entry) {
  LIST_ENTRY* next = entry->Flink;
  LIST_ENTRY* previous = entry->Blink;
  previous->Flink = next;
  next->Blink = previous;
  return next == previous;
}

inline LIST_ENTRY* RemoveHeadList(LIST_ENTRY* head) {
  LIST_ENTRY* entry = head->Flink;
  RemoveEntryList(entry);
  return entry;
}

inline LIST_ENTRY* RemoveTailList(LIST_ENTRY* head) {
  LIST_ENTRY* entry = head->Blink;
  RemoveEntryList(entry);
  return entry;
}

inline void InsertHeadList(LIST_ENTRY* head, LIST_ENTRY* entry) {
  LIST_ENTRY* first = head->Flink;
  entry->Flink = first;
  entry->Blink = head;
  first->Blink = entry;
  head->Flink = entry;
}

inline void InsertTailList(LIST_ENTRY* head, LIST_ENTRY* entry) {
  LIST_ENTRY* last = head->Blink;
  entry->Flink = head;
  entry->Blink = last;
  last->Flink = entry;
  head->Blink = entry;
}

/// Joins the ring that starts at `tail` (which has no head of its own) to the end of `head`.
inline void AppendTailList(LIST_ENTRY* head, LIST_ENTRY* tail) {
  LIST_ENTRY* last = head->Blink;
  head->Blink->Flink = tail;
  head->Blink = tail->Blink;
  tail->Blink->Flink = head;
  tail->Blink = last;
}

inline void PushEntryList(SINGLE_LIST_ENTRY* head, SINGLE_LIST_ENTRY* entry) {
  entry->Next = head->Next;
  head->Next = entry;
}

inline SINGLE_LIST_ENTRY* PopEntryList(SINGLE_LIST_ENTRY* head) {
  SINGLE_LIST_ENTRY* first = head->Next;
  if (first != nullptr) head->Next = first->Next;
  return first;
}

// The x64 list head packs pointer, depth and sequence; these are the plain (not interlocked) accessors.
inline SLIST_ENTRY* slist_first(const SLIST_HEADER* head) {
  return reinterpret_cast<SLIST_ENTRY*>(static_cast<uintptr_t>(head->HeaderX64.NextEntry) << 4);
}

inline void InitializeSListHead(SLIST_HEADER* head) {
  head->Alignment = 0;
  head->Region = 0;
}

}  // namespace drydock::nt
