#pragma once
// Kernel threads: fibers with a driver stack and a host stack.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "machine/guest_call.h"
#include "machine/time.h"
#include "nt/dispatcher.h"

namespace drydock::machine {

struct Processor;

enum class ThreadState : std::uint8_t { Ready, Running, Waiting, Terminated };

/// A thread's part that drivers do not see. The object they see (KTHREAD) belongs to ntos/ps and points nowhere.
struct Thread {
  std::uint32_t id = 0;        ///< 1, 2, ... in order of creation; traces use it
  std::string name;
  nt::KTHREAD* object = nullptr;  ///< what gs:[188h] shows; set by whoever created the thread
  int priority = 8;            ///< 0 .. 31
  ThreadState state = ThreadState::Ready;
  Processor* processor = nullptr;  ///< where it runs or last ran
  std::uint64_t affinity = ~0ull;
  Thread* ready_next = nullptr;  ///< while Ready
  Thread* ready_previous = nullptr;

  // Asynchronous procedure calls (delivered by ntos/ke through KernelHooks).
  int kernel_apc_disable = 0;   ///< critical regions entered
  int special_apc_disable = 0;  ///< guarded regions entered
  bool apc_pending = false;

  // The wait in progress.
  nt::NTSTATUS wait_status = 0;
  bool wait_alertable = false;
  bool wait_user_mode = false;
  std::string wait_reason;  ///< for "who waits for what"

  // The fiber.
  void* fiber = nullptr;              ///< saved context while not running
  std::byte* host_stack = nullptr;    ///< lowest address
  std::byte* driver_stack = nullptr;  ///< lowest address; a guard page lies below
  std::function<void()> body;
  // Border state of the processor, kept here while the fiber is parked.
  std::uint64_t saved_host_sp = 0;
  std::uint64_t saved_guest_sp = 0;
  BorderRecord* saved_border = nullptr;
  void* asan_fake_stack = nullptr;
};

/// Windows' kernel stack on x64.
inline constexpr std::size_t kDriverStackSize = 24 * 1024;

/// Creates a ready thread. `body` runs on the host stack at PASSIVE_LEVEL; when it returns the thread ends.
/// A driver's start routine is called from a body through call_driver.
Thread* create_thread(std::string name, std::function<void()> body, nt::KTHREAD* object = nullptr, int priority = 8);
/// Ends the running thread; its body does not return. Its object (if any) becomes signalled.
[[noreturn]] void terminate_thread(nt::NTSTATUS status);
Thread& current_thread();
void set_priority(Thread& thread, int priority);

/// Waits on dispatcher objects as KeWaitForMultipleObjects does (WaitAll or WaitAny), by their types and SignalState.
/// IRQL: at most APC_LEVEL unless `due` is now; otherwise the run ends with the stop Windows gives.
/// Returns STATUS_WAIT_0 + index, STATUS_TIMEOUT, STATUS_USER_APC or STATUS_ALERTED. `reason` is for reports.
nt::NTSTATUS wait_for(std::span<nt::DISPATCHER_HEADER* const> objects, nt::WAIT_TYPE type, bool user_mode, bool alertable,
                      const Time* due, const char* reason);
/// Sleeps until `due`.
nt::NTSTATUS delay_until(Time due, bool user_mode, bool alertable);
/// The object's SignalState rose: lets go on who can, in order of arrival. `boost` is not applied:
/// priorities change only when somebody sets them.
void object_signalled(nt::DISPATCHER_HEADER* object, int boost = 0);
/// Whether any thread waits on it.
bool has_waiters(const nt::DISPATCHER_HEADER* object);
/// Ends a wait from outside (APC, alert) with `status`. False if the thread does not wait so.
bool interrupt_wait(Thread& thread, nt::NTSTATUS status);
/// An APC waits that `thread` may take: KernelHooks::deliver_apcs is called for it as soon as its IRQL allows.
void request_apc(Thread& thread);
/// Gives every thread that has no object the one KernelHooks::thread_object makes.
void adopt_threads();
/// Gives the processor to another ready thread of the same priority, if any. Returns whether it did.
bool yield_thread();

}  // namespace drydock::machine
