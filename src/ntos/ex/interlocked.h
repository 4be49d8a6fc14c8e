#pragma once
// Interlocked lists and numbers. Nothing else of a machine runs in between, so a free lock need not be taken.
// IRQL: any.

#include "nt/dispatcher.h"
#include "nt/list.h"

namespace drydock::ntos {

using namespace nt;

/// The first entry before the call, or null.
LIST_ENTRY* NTAPI ExInterlockedInsertHeadList(LIST_ENTRY* head, LIST_ENTRY* entry, KSPIN_LOCK* lock);
LIST_ENTRY* NTAPI ExInterlockedInsertTailList(LIST_ENTRY* head, LIST_ENTRY* entry, KSPIN_LOCK* lock);
LIST_ENTRY* NTAPI ExInterlockedRemoveHeadList(LIST_ENTRY* head, KSPIN_LOCK* lock);
SINGLE_LIST_ENTRY* NTAPI ExInterlockedPushEntryList(SINGLE_LIST_ENTRY* head, SINGLE_LIST_ENTRY* entry,
                                                    KSPIN_LOCK* lock);
SINGLE_LIST_ENTRY* NTAPI ExInterlockedPopEntryList(SINGLE_LIST_ENTRY* head, KSPIN_LOCK* lock);
LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(LARGE_INTEGER* value, LARGE_INTEGER increment, KSPIN_LOCK* lock);
ULONG NTAPI ExInterlockedAddUlong(ULONG* value, ULONG increment, KSPIN_LOCK* lock);
VOID NTAPI ExInterlockedAddLargeStatistic(LARGE_INTEGER* value, ULONG increment);

VOID NTAPI InitializeSListHead(SLIST_HEADER* head);
SLIST_ENTRY* NTAPI ExpInterlockedPushEntrySList(SLIST_HEADER* head, SLIST_ENTRY* entry);
SLIST_ENTRY* NTAPI ExpInterlockedPopEntrySList(SLIST_HEADER* head);
SLIST_ENTRY* NTAPI ExpInterlockedFlushSList(SLIST_HEADER* head);
SLIST_ENTRY* NTAPI ExInterlockedPushEntrySList(SLIST_HEADER* head, SLIST_ENTRY* entry, KSPIN_LOCK* lock);
SLIST_ENTRY* NTAPI ExInterlockedPopEntrySList(SLIST_HEADER* head, KSPIN_LOCK* lock);
USHORT NTAPI ExQueryDepthSList(SLIST_HEADER* head);
SLIST_ENTRY* NTAPI FirstEntrySList(const SLIST_HEADER* head);

}  // namespace drydock::ntos
