#pragma once
// Waiting on dispatcher objects.

#include <span>

#include "nt/dispatcher.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

/// Units: `timeout` in 100 ns, negative counts from now, null waits for ever.
/// IRQL: at most APC_LEVEL, DISPATCH_LEVEL with a timeout of zero; a wait that would block above stops with
/// ATTEMPTED_SWITCH_FROM_DPC.
/// Returns STATUS_WAIT_0 + index, STATUS_TIMEOUT, STATUS_ALERTED or STATUS_USER_APC.
NTSTATUS NTAPI KeWaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode, BOOLEAN alertable,
                                     LARGE_INTEGER* timeout);
NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG count, PVOID* objects, WAIT_TYPE type, KWAIT_REASON reason,
                                        KPROCESSOR_MODE mode, BOOLEAN alertable, LARGE_INTEGER* timeout,
                                        KWAIT_BLOCK* wait_blocks);
NTSTATUS NTAPI KeWaitForMutexObject(KMUTANT* mutex, KWAIT_REASON reason, KPROCESSOR_MODE mode, BOOLEAN alertable,
                                    LARGE_INTEGER* timeout);
NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable, LARGE_INTEGER* interval);
BOOLEAN NTAPI KeIsWaitListEmpty(PVOID object);

namespace ke {

/// A wait that kernel APCs interrupt and that then goes on. `what` is for reports.
NTSTATUS wait(std::span<DISPATCHER_HEADER* const> objects, WAIT_TYPE type, KPROCESSOR_MODE mode, bool alertable,
              const LARGE_INTEGER* timeout, const char* what);
NTSTATUS wait_for_one(DISPATCHER_HEADER* object, const char* what, const LARGE_INTEGER* timeout = nullptr);

/// `object`'s SignalState rose: wakes who can go on, and lets a more urgent thread in at once.
void signal(DISPATCHER_HEADER* object, int boost = 0);

}  // namespace ke

}  // namespace drydock::ntos
