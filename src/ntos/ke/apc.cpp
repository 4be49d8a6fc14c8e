#include "ntos/ke/apc.h"

#include <fmt/format.h>

#include "machine/gs.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "nt/status.h"
#include "ntos/ke/current.h"
#include "ntos/ke/irql.h"
#include "ntos/ps/thread_object.h"

namespace drydock::ntos {

namespace ke {

namespace {

LIST_ENTRY* queue_of(KTHREAD* thread, KPROCESSOR_MODE mode) {
  return &thread->ApcState.ApcListHead[mode == KernelMode ? 0 : 1];
}

KAPC* apc_at(LIST_ENTRY* entry) {
  return NT_CONTAINING_RECORD(entry, KAPC, ApcListEntry);
}

/// The first kernel APC that may run now: special ones stand before normal ones.
KAPC* next_kernel_apc(const machine::Thread& thread, KTHREAD* object) {
  LIST_ENTRY* queue = queue_of(object, KernelMode);
  if (IsListEmpty(queue)) return nullptr;
  KAPC* apc = apc_at(queue->Flink);
  if (apc->NormalRoutine != nullptr && (thread.kernel_apc_disable != 0 || object->ApcState.KernelApcInProgress))
    return nullptr;
  return apc;
}

void take_out(KAPC* apc) {
  RemoveEntryList(&apc->ApcListEntry);
  apc->Inserted = FALSE;
}

struct Call {
  PKNORMAL_ROUTINE normal;
  PVOID context, argument1, argument2;
};

/// Takes it off the queue and runs its kernel routine, which may change or drop the normal one.
Call run_kernel_routine(KAPC* apc) {
  Call call{apc->NormalRoutine, apc->NormalContext, apc->SystemArgument1, apc->SystemArgument2};
  take_out(apc);
  PKKERNEL_ROUTINE routine = apc->KernelRoutine;
  machine::call_driver(routine, apc, &call.normal, &call.context, &call.argument1, &call.argument2);
  if (machine::current_irql() != APC_LEVEL)
    machine::Machine::current().bug_check(
        IRQL_UNEXPECTED_VALUE, std::uint64_t{machine::current_irql()} << 16 | APC_LEVEL << 8 | 0,
        reinterpret_cast<std::uint64_t>(routine), 0, 0, "an APC's kernel routine changed the IRQL");
  return call;
}

/// Says again whether an APC waits that could run; the machine looks at no more than this flag.
void refresh_pending(machine::Thread& thread) {
  if (thread.object == nullptr) return;
  bool due = thread.special_apc_disable == 0 && next_kernel_apc(thread, thread.object) != nullptr;
  bool user = thread.wait_alertable && thread.wait_user_mode && !IsListEmpty(queue_of(thread.object, UserMode));
  if (due || user)
    machine::request_apc(thread);
  else
    thread.apc_pending = false;
}

void after_region(machine::Thread& thread) {
  refresh_pending(thread);
  if (thread.apc_pending) deliver_now();
}

}  // namespace

void deliver_apcs(machine::Thread& thread) {
  KTHREAD* object = thread.object;
  if (object == nullptr) return;
  while (KAPC* apc = next_kernel_apc(thread, object)) {
    Call call = run_kernel_routine(apc);
    if (call.normal == nullptr) continue;
    object->ApcState.KernelApcInProgress = TRUE;
    machine::lower_irql(PASSIVE_LEVEL);
    machine::call_driver(call.normal, call.context, call.argument1, call.argument2);
    machine::raise_irql(APC_LEVEL);
    object->ApcState.KernelApcInProgress = FALSE;
  }
  // System threads have no user mode to return to: a user APC runs when an alertable wait ends for it.
  while (thread.wait_status == STATUS_USER_APC && !IsListEmpty(queue_of(object, UserMode))) {
    Call call = run_kernel_routine(apc_at(queue_of(object, UserMode)->Flink));
    if (call.normal == nullptr) continue;
    machine::lower_irql(PASSIVE_LEVEL);
    machine::call_driver(call.normal, call.context, call.argument1, call.argument2);
    machine::raise_irql(APC_LEVEL);
  }
  thread.apc_pending = false;
}

void deliver_now() {
  machine::Thread& thread = machine::current_thread();
  if (machine::current_irql() >= APC_LEVEL || thread.special_apc_disable != 0) return;
  machine::raise_irql(APC_LEVEL);
  deliver_apcs(thread);
  machine::lower_irql(PASSIVE_LEVEL);
}

void enter_critical_region() {
  ++machine::current_thread().kernel_apc_disable;
}

void leave_critical_region() {
  machine::Thread& thread = machine::current_thread();
  if (thread.kernel_apc_disable == 0)
    machine::Machine::current().bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3E, machine::current_irql(), 0, 0,
                                          "a critical region is left that was not entered");
  if (--thread.kernel_apc_disable == 0) after_region(thread);
}

void enter_guarded_region() {
  ++machine::current_thread().special_apc_disable;
}

void leave_guarded_region() {
  machine::Thread& thread = machine::current_thread();
  if (thread.special_apc_disable == 0)
    machine::Machine::current().bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3E, machine::current_irql(), 0, 0,
                                          "a guarded region is left that was not entered");
  if (--thread.special_apc_disable == 0) after_region(thread);
}

void run_down_apcs(machine::Thread& thread) {
  KTHREAD* object = thread.object;
  if (object == nullptr) return;
  if (thread.kernel_apc_disable != 0 || thread.special_apc_disable != 0)
    machine::Machine::current().bug_check(
        KERNEL_APC_PENDING_DURING_EXIT, 0, static_cast<std::uint64_t>(-thread.kernel_apc_disable),
        machine::current_irql(), 0,
        fmt::format("thread {} ends inside {} critical and {} guarded regions", thread.name, thread.kernel_apc_disable,
                    thread.special_apc_disable));
  deliver_now();
  for (KPROCESSOR_MODE mode : {KernelMode, UserMode})
    while (!IsListEmpty(queue_of(object, mode))) {
      KAPC* apc = apc_at(queue_of(object, mode)->Flink);
      take_out(apc);
      if (apc->RundownRoutine != nullptr) machine::call_driver(apc->RundownRoutine, apc);
    }
  object->ApcQueueable = FALSE;
}

}  // namespace ke

VOID NTAPI KeInitializeApc(KAPC* apc, KTHREAD* thread, KAPC_ENVIRONMENT environment, PKKERNEL_ROUTINE kernel_routine,
                           PKRUNDOWN_ROUTINE rundown_routine, PKNORMAL_ROUTINE normal_routine, KPROCESSOR_MODE mode,
                           PVOID normal_context) {
  apc->Type = ApcObject;
  apc->Size = sizeof(KAPC);
  apc->Thread = thread;
  apc->KernelRoutine = kernel_routine;
  apc->RundownRoutine = rundown_routine;
  apc->NormalRoutine = normal_routine;
  apc->ApcStateIndex = static_cast<CHAR>(environment == CurrentApcEnvironment ? OriginalApcEnvironment : environment);
  apc->ApcMode = normal_routine == nullptr ? static_cast<KPROCESSOR_MODE>(KernelMode) : mode;
  apc->NormalContext = normal_routine == nullptr ? nullptr : normal_context;
  apc->Inserted = FALSE;
}

BOOLEAN NTAPI KeInsertQueueApc(KAPC* apc, PVOID argument1, PVOID argument2, KPRIORITY) {
  KTHREAD* object = apc->Thread;
  if (apc->Inserted != FALSE || object == nullptr || object->ApcQueueable == FALSE) return FALSE;
  machine::Thread* thread = ps::machine_thread(object);
  if (thread == nullptr) return FALSE;
  apc->SystemArgument1 = argument1;
  apc->SystemArgument2 = argument2;
  apc->Inserted = TRUE;
  LIST_ENTRY* queue = ke::queue_of(object, apc->ApcMode);
  LIST_ENTRY* before = queue;
  if (apc->NormalRoutine == nullptr) {
    // Special APCs go behind the special ones and before the normal ones.
    before = queue->Flink;
    while (before != queue && ke::apc_at(before)->NormalRoutine == nullptr) before = before->Flink;
  }
  InsertTailList(before, &apc->ApcListEntry);

  ke::refresh_pending(*thread);
  if (thread->apc_pending && thread->state == machine::ThreadState::Waiting) {
    bool user = apc->ApcMode != KernelMode;
    machine::interrupt_wait(*thread, user ? STATUS_USER_APC : STATUS_KERNEL_APC);
  }
  if (thread == &machine::current_thread() && machine::current_irql() < APC_LEVEL && thread->apc_pending)
    ke::deliver_now();
  if (machine::gs::attention() != 0) machine::point();
  return TRUE;
}

BOOLEAN NTAPI KeRemoveQueueApc(KAPC* apc) {
  if (apc->Inserted == FALSE) return FALSE;
  ke::take_out(apc);
  return TRUE;
}

VOID NTAPI KeEnterCriticalRegion() {
  ke::enter_critical_region();
}
VOID NTAPI KeLeaveCriticalRegion() {
  ke::leave_critical_region();
}
VOID NTAPI KeEnterGuardedRegion() {
  ke::enter_guarded_region();
}
VOID NTAPI KeLeaveGuardedRegion() {
  ke::leave_guarded_region();
}
VOID NTAPI FsRtlEnterFileSystem() {
  ke::enter_critical_region();
}
VOID NTAPI FsRtlExitFileSystem() {
  ke::leave_critical_region();
}

BOOLEAN NTAPI KeAreApcsDisabled() {
  const machine::Thread& thread = machine::current_thread();
  return thread.kernel_apc_disable != 0 || thread.special_apc_disable != 0;
}

BOOLEAN NTAPI KeAreAllApcsDisabled() {
  return machine::current_thread().special_apc_disable != 0 || machine::current_irql() >= APC_LEVEL;
}

BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE mode) {
  KTHREAD* object = ke::current_thread_object();
  BOOLEAN alerted = object->Alerted[mode == KernelMode ? 0 : 1];
  object->Alerted[mode == KernelMode ? 0 : 1] = FALSE;
  return alerted;
}

BOOLEAN NTAPI KeAlertThread(KTHREAD* object, KPROCESSOR_MODE mode) {
  BOOLEAN& alerted = object->Alerted[mode == KernelMode ? 0 : 1];
  BOOLEAN before = alerted;
  machine::Thread* thread = ps::machine_thread(object);
  bool woken = thread != nullptr && thread->wait_alertable && thread->state == machine::ThreadState::Waiting &&
               machine::interrupt_wait(*thread, STATUS_ALERTED);
  if (!woken) alerted = TRUE;
  return before;
}

}  // namespace drydock::ntos
