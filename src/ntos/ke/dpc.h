#pragma once
// Deferred procedure calls.

#include "nt/dispatcher.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

VOID NTAPI KeInitializeDpc(KDPC* dpc, PKDEFERRED_ROUTINE routine, PVOID context);
/// Runs at DISPATCH_LEVEL, which a threaded DPC's routine must be ready for.
VOID NTAPI KeInitializeThreadedDpc(KDPC* dpc, PKDEFERRED_ROUTINE routine, PVOID context);
/// FALSE if it is queued already. IRQL: any. Ownership: `dpc` stays the driver's, resident until the routine runs.
BOOLEAN NTAPI KeInsertQueueDpc(KDPC* dpc, PVOID argument1, PVOID argument2);
BOOLEAN NTAPI KeRemoveQueueDpc(KDPC* dpc);
VOID NTAPI KeSetImportanceDpc(KDPC* dpc, KDPC_IMPORTANCE importance);
VOID NTAPI KeSetTargetProcessorDpc(KDPC* dpc, CHAR number);
/// STATUS_INVALID_PARAMETER for a processor that is not there.
NTSTATUS NTAPI KeSetTargetProcessorDpcEx(KDPC* dpc, PROCESSOR_NUMBER* processor);
/// Returns when every DPC queued before, on any processor, has run. IRQL: PASSIVE_LEVEL.
VOID NTAPI KeFlushQueuedDpcs();
BOOLEAN NTAPI KeIsExecutingDpc();

/// Runs `routine` on all processors at once; its system arguments are for the two calls below. IRQL: below
/// DISPATCH_LEVEL.
VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE routine, PVOID context);
VOID NTAPI KeSignalCallDpcDone(PVOID argument1);
/// A barrier among all of them. TRUE for exactly one.
LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID argument2);
/// Runs `worker` on all processors at IPI_LEVEL, and returns what the caller's own call did.
ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER worker, ULONG_PTR argument);

}  // namespace drydock::ntos
