#include "ntos/ke/wait.h"

#include <fmt/format.h>

#include "machine/gs.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "machine/thread.h"
#include "nt/bugcheck.h"
#include "ntos/ke/apc.h"
#include "ntos/ke/clock.h"
#include "ntos/ke/delay.h"

namespace drydock::ntos {

namespace ke {

namespace {

const char* what_is(const DISPATCHER_HEADER* object) {
  switch (object->Type) {
    case EventNotificationObject:
      return "for a notification event";
    case EventSynchronizationObject:
      return "for a synchronization event";
    case MutantObject:
      return "for a mutex";
    case SemaphoreObject:
      return "for a semaphore";
    case ThreadObject:
      return "for a thread to end";
    case TimerNotificationObject:
    case TimerSynchronizationObject:
      return "for a timer";
    case GateObject:
      return "for a gate";
    case ProcessObject:
      return "for a process to end";
    default:
      return "for an object";
  }
}

}  // namespace

NTSTATUS wait(std::span<DISPATCHER_HEADER* const> objects, WAIT_TYPE type, KPROCESSOR_MODE mode, bool alertable,
              const LARGE_INTEGER* timeout, const char* what) {
  machine::Time due{};
  if (timeout != nullptr) due = due_time(timeout->QuadPart);
  for (;;) {
    NTSTATUS status =
        machine::wait_for(objects, type, mode != KernelMode, alertable, timeout != nullptr ? &due : nullptr, what);
    if (status == STATUS_KERNEL_APC || status == STATUS_USER_APC) deliver_now();
    if (status != STATUS_KERNEL_APC) return status;
  }
}

namespace {

NTSTATUS delay_through_apcs(machine::Time due, KPROCESSOR_MODE mode, bool alertable) {
  for (;;) {
    NTSTATUS status = machine::delay_until(due, mode != KernelMode, alertable);
    if (status == STATUS_KERNEL_APC || status == STATUS_USER_APC) deliver_now();
    if (status != STATUS_KERNEL_APC) return status;
  }
}

}  // namespace

void delay_until(machine::Time due) {
  delay_through_apcs(due, KernelMode, false);
}

NTSTATUS wait_for_one(DISPATCHER_HEADER* object, const char* what, const LARGE_INTEGER* timeout) {
  return wait({&object, 1}, WaitAny, KernelMode, false, timeout, what);
}

void signal(DISPATCHER_HEADER* object, int boost) {
  if (!machine::has_waiters(object)) return;
  machine::object_signalled(object, boost);
  if (machine::gs::attention() != 0) machine::point();
}

}  // namespace ke

NTSTATUS NTAPI KeWaitForSingleObject(PVOID object, KWAIT_REASON, KPROCESSOR_MODE mode, BOOLEAN alertable,
                                     LARGE_INTEGER* timeout) {
  auto* header = static_cast<DISPATCHER_HEADER*>(object);
  return ke::wait({&header, 1}, WaitAny, mode, alertable != FALSE, timeout, ke::what_is(header));
}

NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG count, PVOID* objects, WAIT_TYPE type, KWAIT_REASON, KPROCESSOR_MODE mode,
                                        BOOLEAN alertable, LARGE_INTEGER* timeout, KWAIT_BLOCK* wait_blocks) {
  if (count == 0 || count > (wait_blocks == nullptr ? THREAD_WAIT_OBJECTS : MAXIMUM_WAIT_OBJECTS))
    machine::Machine::current().bug_check(
        MAXIMUM_WAIT_OBJECTS_EXCEEDED, 0, 0, 0, 0,
        fmt::format("a wait for {} objects {} wait blocks", count, wait_blocks == nullptr ? "without" : "with"));
  DISPATCHER_HEADER* headers[MAXIMUM_WAIT_OBJECTS];
  for (ULONG i = 0; i < count; ++i) headers[i] = static_cast<DISPATCHER_HEADER*>(objects[i]);
  return ke::wait({headers, count}, type, mode, alertable != FALSE, timeout,
                  type == WaitAll ? "for all of several objects" : "for any of several objects");
}

NTSTATUS NTAPI KeWaitForMutexObject(KMUTANT* mutex, KWAIT_REASON reason, KPROCESSOR_MODE mode, BOOLEAN alertable,
                                    LARGE_INTEGER* timeout) {
  return KeWaitForSingleObject(mutex, reason, mode, alertable, timeout);
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable, LARGE_INTEGER* interval) {
  return ke::delay_through_apcs(ke::due_time(interval->QuadPart), mode, alertable != FALSE);
}

BOOLEAN NTAPI KeIsWaitListEmpty(PVOID object) {
  return !machine::has_waiters(static_cast<DISPATCHER_HEADER*>(object));
}

}  // namespace drydock::ntos
