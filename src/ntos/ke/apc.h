#pragma once
// Asynchronous procedure calls, and the regions that hold them back.

#include "machine/thread.h"
#include "nt/dispatcher.h"

namespace drydock::ntos {

using namespace nt;

/// IRQL: any. Ownership: the caller's until its kernel or rundown routine ran.
VOID NTAPI KeInitializeApc(KAPC* apc, KTHREAD* thread, KAPC_ENVIRONMENT environment, PKKERNEL_ROUTINE kernel_routine,
                           PKRUNDOWN_ROUTINE rundown_routine, PKNORMAL_ROUTINE normal_routine, KPROCESSOR_MODE mode,
                           PVOID normal_context);
/// FALSE if it is queued already or the thread has ended. IRQL: at most DISPATCH_LEVEL.
BOOLEAN NTAPI KeInsertQueueApc(KAPC* apc, PVOID argument1, PVOID argument2, KPRIORITY increment);
BOOLEAN NTAPI KeRemoveQueueApc(KAPC* apc);

// A critical region holds back normal kernel APCs, a guarded one (and APC_LEVEL) all of them.
VOID NTAPI KeEnterCriticalRegion();
VOID NTAPI KeLeaveCriticalRegion();
VOID NTAPI KeEnterGuardedRegion();
VOID NTAPI KeLeaveGuardedRegion();
BOOLEAN NTAPI KeAreApcsDisabled();
BOOLEAN NTAPI KeAreAllApcsDisabled();
BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE mode);
BOOLEAN NTAPI KeAlertThread(KTHREAD* thread, KPROCESSOR_MODE mode);
VOID NTAPI FsRtlEnterFileSystem();
VOID NTAPI FsRtlExitFileSystem();

namespace ke {

/// KernelHooks: runs what is due on the current thread. IRQL: APC_LEVEL.
void deliver_apcs(machine::Thread& thread);
/// The same from PASSIVE_LEVEL, if anything is due.
void deliver_now();
void enter_critical_region();
/// Lets APCs in that waited for the last region to be left.
void leave_critical_region();
void enter_guarded_region();
void leave_guarded_region();
/// At a thread's end: rundown routines of what never ran; KERNEL_APC_PENDING_DURING_EXIT if regions were left entered.
void run_down_apcs(machine::Thread& thread);

}  // namespace ke

}  // namespace drydock::ntos
