#include "ntos/ke/affinity.h"

#include "machine/gs.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "machine/thread.h"
#include "ntos/ke/state.h"
#include "ntos/kernel.h"
#include "ntos/ps/thread.h"

namespace drydock::ntos {

namespace {

bool is_here(USHORT group) {
  return group == 0 || group == ALL_PROCESSOR_GROUPS;
}

KAFFINITY all_processors() {
  return (KAFFINITY{1} << machine::processor_count()) - 1;
}

/// Lets the running thread go on only on processors of `affinity`.
KAFFINITY restrict_to(KAFFINITY affinity) {
  machine::Thread& thread = machine::current_thread();
  KAFFINITY before = thread.affinity;
  affinity &= all_processors();
  thread.affinity = affinity == 0 ? ~KAFFINITY{0} : affinity;
  kernel().ke->affinity_changes[&thread] = machine::gs::calling_address();
  // A thread is placed when it becomes ready: the shortest of waits moves it.
  if ((thread.affinity >> machine::current_processor_number() & 1) == 0 && machine::current_irql() < DISPATCH_LEVEL)
    machine::delay_until(machine::Machine::current().now() + std::chrono::nanoseconds{1}, false, false);
  return before == ~KAFFINITY{0} ? 0 : before;
}

}  // namespace

ULONG NTAPI KeQueryActiveProcessorCount(KAFFINITY* active) {
  if (active != nullptr) *active = all_processors();
  return machine::processor_count();
}
ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT group) {
  return is_here(group) ? machine::processor_count() : 0;
}
ULONG NTAPI KeQueryMaximumProcessorCount() {
  return machine::processor_count();
}
ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT group) {
  return KeQueryActiveProcessorCountEx(group);
}
KAFFINITY NTAPI KeQueryActiveProcessors() {
  return all_processors();
}
USHORT NTAPI KeQueryActiveGroupCount() {
  return 1;
}
USHORT NTAPI KeQueryMaximumGroupCount() {
  return 1;
}
KAFFINITY NTAPI KeQueryGroupAffinity(USHORT group) {
  return group == 0 ? all_processors() : 0;
}

ULONG NTAPI KeGetCurrentProcessorNumberEx(PROCESSOR_NUMBER* number) {
  ULONG current = machine::gs::processor_number();
  if (number != nullptr) *number = {0, static_cast<UCHAR>(current), 0};
  return current;
}

NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG index, PROCESSOR_NUMBER* number) {
  if (index >= machine::processor_count()) return STATUS_INVALID_PARAMETER;
  *number = {0, static_cast<UCHAR>(index), 0};
  return STATUS_SUCCESS;
}

ULONG NTAPI KeGetProcessorIndexFromNumber(PROCESSOR_NUMBER* number) {
  return number->Group == 0 && number->Number < machine::processor_count() ? number->Number : ~0u;
}

USHORT NTAPI KeQueryHighestNodeNumber() {
  return 0;
}
USHORT NTAPI KeGetCurrentNodeNumber() {
  return 0;
}
VOID NTAPI KeQueryNodeActiveAffinity(USHORT node, GROUP_AFFINITY* affinity, USHORT* count) {
  if (affinity != nullptr) *affinity = {node == 0 ? all_processors() : 0, 0, {}};
  if (count != nullptr) *count = static_cast<USHORT>(node == 0 ? machine::processor_count() : 0);
}
USHORT NTAPI KeQueryNodeMaximumProcessorCount(USHORT node) {
  return static_cast<USHORT>(node == 0 ? machine::processor_count() : 0);
}
ULONG NTAPI KeGetRecommendedSharedDataAlignment() {
  return 64;
}

VOID NTAPI KeSetSystemAffinityThread(KAFFINITY affinity) {
  restrict_to(affinity);
}
KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY affinity) {
  return restrict_to(affinity);
}
VOID NTAPI KeRevertToUserAffinityThread() {
  restrict_to(0);
}
VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY affinity) {
  restrict_to(affinity);
}
VOID NTAPI KeSetSystemGroupAffinityThread(GROUP_AFFINITY* affinity, GROUP_AFFINITY* previous) {
  KAFFINITY before = restrict_to(affinity->Mask);
  if (previous != nullptr) *previous = {before, 0, {}};
}
VOID NTAPI KeRevertToUserGroupAffinityThread(GROUP_AFFINITY* previous) {
  restrict_to(previous->Mask);
}
UCHAR NTAPI KeSetIdealProcessorThread(KTHREAD*, UCHAR) {
  return 0;
}

NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64, PVOID) {
  return STATUS_SUCCESS;
}
VOID NTAPI KeRestoreExtendedProcessorState(PVOID) {}
NTSTATUS NTAPI KeSaveFloatingPointState(PVOID) {
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI KeRestoreFloatingPointState(PVOID) {
  return STATUS_SUCCESS;
}
// Caches are coherent.
VOID NTAPI KeFlushIoBuffers(PVOID, BOOLEAN, BOOLEAN) {}
BOOLEAN NTAPI KeInvalidateAllCaches() {
  return TRUE;
}

NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT callout, PVOID parameter, SIZE_T bytes, BOOLEAN,
                                               PVOID) {
  constexpr SIZE_T kReserve = 2048;
  if (bytes > 0x12000) return STATUS_INVALID_PARAMETER_3;
  if (IoGetRemainingStackSize() < (bytes < kReserve ? bytes : kReserve)) return STATUS_NO_MEMORY;
  machine::call_driver(callout, parameter);
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT callout, PVOID parameter, SIZE_T bytes) {
  return KeExpandKernelStackAndCalloutEx(callout, parameter, bytes, FALSE, nullptr);
}

}  // namespace drydock::ntos
