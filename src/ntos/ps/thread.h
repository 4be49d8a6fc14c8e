#pragma once
// System threads.

#include <functional>
#include <string>

#include "machine/thread.h"
#include "nt/dispatcher.h"
#include "nt/status.h"
#include "nt/string.h"
#include "nt/version.h"

namespace drydock::ntos {

using namespace nt;

/// The handle holds a reference; the thread another until it ends.
/// IRQL: PASSIVE_LEVEL. Refused with STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS NTAPI PsCreateSystemThread(HANDLE* handle, ULONG access, OBJECT_ATTRIBUTES* attributes, HANDLE process,
                                    CLIENT_ID* client_id, PKSTART_ROUTINE routine, PVOID context);
/// Does not return, unless the caller is no system thread of a driver (STATUS_INVALID_PARAMETER).
NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS status);
KTHREAD* NTAPI PsGetCurrentThread();
KTHREAD* NTAPI KeGetCurrentThread();
HANDLE NTAPI PsGetCurrentThreadId();
HANDLE NTAPI PsGetThreadId(KTHREAD* thread);
BOOLEAN NTAPI PsIsSystemThread(KTHREAD* thread);
BOOLEAN NTAPI PsIsThreadTerminating(KTHREAD* thread);
NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE id, KTHREAD** thread);
PVOID NTAPI PsGetCurrentThreadStackBase();
PVOID NTAPI PsGetCurrentThreadStackLimit();
VOID NTAPI IoGetStackLimits(ULONG_PTR* low, ULONG_PTR* high);
ULONG_PTR NTAPI IoGetRemainingStackSize();
KPRIORITY NTAPI KeSetPriorityThread(KTHREAD* thread, KPRIORITY priority);
KPRIORITY NTAPI KeQueryPriorityThread(KTHREAD* thread);
LONG NTAPI KeSetBasePriorityThread(KTHREAD* thread, LONG increment);

namespace ps {

/// A thread of ours, with an object like any other. `body` runs at PASSIVE_LEVEL.
/// Null if memory is used up.
machine::Thread* create_system_thread(std::string name, std::function<void()> body, int priority = 8);

}  // namespace ps

}  // namespace drydock::ntos
