#pragma once
// Stops that a driver asks for, and the callbacks it may register for its own.

#include "nt/bugcheck.h"

namespace drydock::ntos {

using namespace nt;

[[noreturn]] VOID NTAPI KeBugCheck(ULONG code);
/// Runs the registered callbacks at HIGH_LEVEL, then ends the run.
[[noreturn]] VOID NTAPI KeBugCheckEx(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4);
BOOLEAN NTAPI KeRegisterBugCheckCallback(KBUGCHECK_CALLBACK_RECORD* record, PKBUGCHECK_CALLBACK_ROUTINE routine,
                                         PVOID buffer, ULONG length, PUCHAR component);
BOOLEAN NTAPI KeDeregisterBugCheckCallback(KBUGCHECK_CALLBACK_RECORD* record);
BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(KBUGCHECK_REASON_CALLBACK_RECORD* record,
                                               PKBUGCHECK_REASON_CALLBACK_ROUTINE routine,
                                               KBUGCHECK_CALLBACK_REASON reason, PUCHAR component);
BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(KBUGCHECK_REASON_CALLBACK_RECORD* record);

}  // namespace drydock::ntos
