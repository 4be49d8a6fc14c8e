#include "ntos/ps/thread.h"

#include <fmt/format.h>

#include "host/check.h"
#include "machine/gs.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "ntos/io/irp.h"
#include "ntos/ke/apc.h"
#include "ntos/ke/clock.h"
#include "ntos/ke/current.h"
#include "ntos/kernel.h"
#include "ntos/ob/object.h"
#include "ntos/ps/process.h"
#include "ntos/ps/state.h"

namespace drydock::ntos {

namespace ps {

namespace {

constexpr KPRIORITY kNormalBase = 8;

/// What a thread that was given no other way to end does at the end of its body.
[[noreturn]] void exit_thread(NTSTATUS status) {
  machine::Thread& thread = machine::current_thread();
  KTHREAD* object = thread.object;
  auto& machine = machine::Machine::current();
  if (machine::current_irql() >= DISPATCH_LEVEL)
    machine.bug_check(IRQL_NOT_LESS_OR_EQUAL, reinterpret_cast<std::uint64_t>(object), machine::current_irql(), 0,
                      machine::gs::calling_address(),
                      fmt::format("thread {} ends at IRQL {}", thread.name, machine::current_irql()));
  if (object->HeldResources != 0)
    machine.bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x100A, 0, reinterpret_cast<std::uint64_t>(object), 0,
                      fmt::format("thread {} ends holding {} resources", thread.name, object->HeldResources));
  if (machine::current_irql() == PASSIVE_LEVEL) io::cancel_thread_irps(object);
  ke::run_down_apcs(thread);
  object->ExitStatus = status;
  object->Header.SignalState = 1;
  machine::object_signalled(&object->Header);
  kernel().ps->threads.erase(thread.id);
  thread.object = nullptr;
  ob::dereference(object);
  machine::terminate_thread(status);
}

void initialize(KTHREAD* object) {
  object->Header.Type = ThreadObject;
  object->Header.Size = sizeof(KTHREAD) / sizeof(LONG) < 0xFF ? sizeof(KTHREAD) / sizeof(LONG) : 0xFF;
  InitializeListHead(&object->Header.WaitListHead);
  InitializeListHead(&object->ApcState.ApcListHead[0]);
  InitializeListHead(&object->ApcState.ApcListHead[1]);
  InitializeListHead(&object->IrpList);
  object->ApcState.Process = object->Process = system_process();
  object->ApcQueueable = TRUE;
  object->SystemThread = TRUE;
  object->CreateTime.QuadPart = ke::system_time_100ns();
  object->ExitStatus = STATUS_PENDING;
}

void bind(KTHREAD* object, machine::Thread& thread) {
  object->MachineThread = thread.id;
  object->Cid = {reinterpret_cast<HANDLE>(ULONG_PTR{4}), reinterpret_cast<HANDLE>(ULONG_PTR{thread.id} * 4 + 4)};
  kernel().ps->threads[thread.id] = &thread;
  kernel().ps->objects[thread.id] = object;
}

void forget(void* body) {
  kernel().ps->objects.erase(static_cast<KTHREAD*>(body)->MachineThread);
}

}  // namespace

machine::Thread* machine_thread(const KTHREAD* object) {
  auto found = kernel().ps->threads.find(object->MachineThread);
  return found == kernel().ps->threads.end() ? nullptr : found->second;
}

KTHREAD* make_thread_object(machine::Thread& thread) {
  auto* object = static_cast<KTHREAD*>(ob::create_object(ob::Type::Thread, sizeof(KTHREAD)));
  HOST_CHECK(object != nullptr);
  initialize(object);
  bind(object, thread);
  return object;
}

machine::Thread* create_system_thread(std::string name, std::function<void()> body, int priority) {
  auto* object = static_cast<KTHREAD*>(ob::create_object(ob::Type::Thread, sizeof(KTHREAD)));
  if (object == nullptr) return nullptr;
  initialize(object);
  machine::Thread* thread = machine::create_thread(
      std::move(name),
      [body = std::move(body)] {
        body();
        exit_thread(STATUS_SUCCESS);
      },
      object, priority);
  bind(object, *thread);
  return thread;
}

void install(Kernel& kernel) {
  kernel.ps = new State;
  ob::set_wait_offset(ob::Type::Event, 0);
  ob::set_wait_offset(ob::Type::Semaphore, 0);
  ob::set_wait_offset(ob::Type::Mutant, 0);
  ob::set_wait_offset(ob::Type::Timer, 0);
  ob::set_wait_offset(ob::Type::Thread, 0);
  ob::set_wait_offset(ob::Type::Process, 0);
  ob::set_delete_procedure(ob::Type::Thread, forget);
  auto* process = static_cast<KPROCESS*>(ob::create_object(ob::Type::Process, sizeof(KPROCESS)));
  process->Header.Type = ProcessObject;
  InitializeListHead(&process->Header.WaitListHead);
  process->UniqueProcessId = reinterpret_cast<HANDLE>(ULONG_PTR{4});
  process->CreateTime.QuadPart = ke::kSwitchOn100ns;
  kernel.ps->system_process = process;
}

}  // namespace ps

NTSTATUS NTAPI PsCreateSystemThread(HANDLE* handle, ULONG access, OBJECT_ATTRIBUTES* attributes, HANDLE,
                                    CLIENT_ID* client_id, PKSTART_ROUTINE routine, PVOID context) {
  if (machine::refused("PsCreateSystemThread")) return STATUS_INSUFFICIENT_RESOURCES;
  machine::Thread* thread = ps::create_system_thread(
      "PsCreateSystemThread", [routine, context] { machine::call_driver(routine, context); }, ps::kNormalBase);
  if (thread == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  thread->name = fmt::format("system thread {}", thread->id);
  bool kernel_handle = attributes != nullptr && (attributes->Attributes & OBJ_KERNEL_HANDLE) != 0;
  *handle = ob::insert_handle(thread->object, access, kernel_handle);
  if (client_id != nullptr) *client_id = thread->object->Cid;
  if (machine::gs::attention() != 0) machine::point();
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS status) {
  KTHREAD* object = ke::current_thread_object();
  if (machine::current_thread().driver_stack == nullptr || ps::machine_thread(object) == nullptr)
    return STATUS_INVALID_PARAMETER;
  ps::exit_thread(status);
}

KTHREAD* ke::current_thread_object() {
  return machine::gs::thread_object();
}
KPROCESS* ke::current_process_object() {
  return ps::system_process();
}

KTHREAD* NTAPI PsGetCurrentThread() {
  return machine::gs::thread_object();
}
KTHREAD* NTAPI KeGetCurrentThread() {
  return machine::gs::thread_object();
}
HANDLE NTAPI PsGetCurrentThreadId() {
  return machine::gs::thread_object()->Cid.UniqueThread;
}
HANDLE NTAPI PsGetThreadId(KTHREAD* thread) {
  return thread->Cid.UniqueThread;
}
BOOLEAN NTAPI PsIsSystemThread(KTHREAD* thread) {
  return thread->SystemThread;
}
BOOLEAN NTAPI PsIsThreadTerminating(KTHREAD* thread) {
  return thread->Header.SignalState != 0;
}

NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE id, KTHREAD** thread) {
  auto number = reinterpret_cast<ULONG_PTR>(id);
  auto found = kernel().ps->threads.find(static_cast<std::uint32_t>(number / 4 - 1));
  if (number % 4 != 0 || found == kernel().ps->threads.end()) return STATUS_INVALID_PARAMETER;
  *thread = found->second->object;
  ob::reference(*thread);
  return STATUS_SUCCESS;
}

VOID NTAPI IoGetStackLimits(ULONG_PTR* low, ULONG_PTR* high) {
  *low = reinterpret_cast<ULONG_PTR>(machine::current_thread().driver_stack);
  *high = *low + machine::kDriverStackSize;
}

PVOID NTAPI PsGetCurrentThreadStackBase() {
  return machine::current_thread().driver_stack + machine::kDriverStackSize;
}
PVOID NTAPI PsGetCurrentThreadStackLimit() {
  return machine::current_thread().driver_stack;
}

ULONG_PTR NTAPI IoGetRemainingStackSize() {
  const machine::BorderRecord* border = machine::gs::border();
  auto low = reinterpret_cast<ULONG_PTR>(machine::current_thread().driver_stack);
  return border == nullptr || border->rsp - low >= machine::kDriverStackSize ? machine::kDriverStackSize
                                                                             : border->rsp - low;
}

KPRIORITY NTAPI KeSetPriorityThread(KTHREAD* object, KPRIORITY priority) {
  machine::Thread* thread = ps::machine_thread(object);
  if (thread == nullptr || priority < 0 || priority > HIGH_PRIORITY) return ps::kNormalBase;
  KPRIORITY before = thread->priority;
  machine::set_priority(*thread, priority == 0 ? 1 : priority);
  return before;
}

KPRIORITY NTAPI KeQueryPriorityThread(KTHREAD* object) {
  machine::Thread* thread = ps::machine_thread(object);
  return thread == nullptr ? ps::kNormalBase : thread->priority;
}

LONG NTAPI KeSetBasePriorityThread(KTHREAD* object, LONG increment) {
  KPRIORITY wanted = ps::kNormalBase + increment;
  KPRIORITY bounded = wanted < 1 ? 1 : wanted > HIGH_PRIORITY ? HIGH_PRIORITY : wanted;
  return KeSetPriorityThread(object, bounded) - ps::kNormalBase;
}

}  // namespace drydock::ntos
