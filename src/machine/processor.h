#pragma once
// A processor: IRQL, deferred procedure calls, interrupts, spin locks. Functions act on the processor that runs.

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "machine/thread.h"
#include "machine/time.h"
#include "nt/dispatcher.h"
#include "nt/processor.h"

namespace drydock::machine {

inline constexpr unsigned kProcessorsMax = 8;

/// An entry of a processor's DPC queue: a driver's KDPC, or one of ours (`routine` set).
struct DpcEntry {
  nt::KDPC* dpc = nullptr;
  std::function<void()> routine;
};

/// One connected interrupt service routine. `service` is NTAPI BOOLEAN (PKINTERRUPT, PVOID) and may be ours or a driver's.
struct InterruptHandler {
  std::uint32_t id = 0;  ///< given by connect_interrupt
  std::uint32_t vector = 0;
  nt::KIRQL irql = 0;              ///< DIRQL of the vector
  nt::KIRQL synchronize_irql = 0;  ///< IRQL of the routine and of its lock; at least irql
  bool level_sensitive = true;
  nt::KSPIN_LOCK* lock = nullptr;
  nt::BOOLEAN(NTAPI* service)(void* interrupt, void* context) = nullptr;
  void* interrupt_object = nullptr;  ///< what the routine gets as PKINTERRUPT
  void* context = nullptr;
  std::uint64_t affinity = ~0ull;
};

/// ---- IRQL ----
nt::KIRQL current_irql();
/// Returns the IRQL before. Lowering by raise_irql (or raising by lower_irql) is the driver's IRQL_NOT_GREATER_OR_EQUAL.
nt::KIRQL raise_irql(nt::KIRQL irql);
/// Delivers what was held back: interrupts, then DPCs, then APCs, then a waiting thread switch.
void lower_irql(nt::KIRQL irql);
unsigned current_processor_number();
unsigned processor_count();

/// A scheduling point: interrupts and DPCs that are due run here, and a decision may move on to another processor.
void point();

/// ---- spin locks ----
/// Acquire at the present IRQL (caller has raised it). A lock held by this very processor is SPIN_LOCK_ALREADY_OWNED;
/// one held elsewhere lets the others run until it is free.
void acquire_spin_lock(nt::KSPIN_LOCK* lock);
bool try_acquire_spin_lock(nt::KSPIN_LOCK* lock);
void release_spin_lock(nt::KSPIN_LOCK* lock);

/// Lets others run until `ends()` holds; for barriers and rendezvous at any IRQL. `what` is for reports.
void spin_until(const std::function<bool()>& ends, const char* what);

/// ---- deferred procedure calls ----
/// False if it is queued already. Target processor and importance are the KDPC's own.
bool queue_dpc(nt::KDPC* dpc, void* argument1, void* argument2);
bool remove_dpc(nt::KDPC* dpc);
/// One of ours, on `processor`.
void queue_dpc(unsigned processor, std::function<void()> routine);
/// Returns when every DPC queued before the call has run, on all processors. IRQL: PASSIVE_LEVEL.
void flush_queued_dpcs();
bool in_dpc();
/// Runs `routine` on every processor (this one included) at `irql` >= DISPATCH_LEVEL, all parked or running at once;
/// returns when all have ended.
void call_on_all_processors(const std::function<void(unsigned processor)>& routine, nt::KIRQL irql);

/// ---- interrupts ----
/// Interrupt lines are inputs 0 .. 23; vector and DIRQL of a line or message follow from these.
std::uint32_t vector_of_line(unsigned line);
nt::KIRQL irql_of_vector(std::uint32_t vector);
/// A free message vector (data word of MSI); 0 if none is left.
std::uint32_t allocate_message_vector();
void free_message_vector(std::uint32_t vector);
inline constexpr std::uint64_t kMessageAddress = 0xFEE00000;

std::uint32_t connect_interrupt(const InterruptHandler& handler);
/// Returns only when no call of its routine is in progress.
void disconnect_interrupt(std::uint32_t id);
/// Runs `routine` at the handler's synchronize_irql holding its lock (KeSynchronizeExecution).
nt::BOOLEAN synchronize_execution(const InterruptHandler& handler, nt::BOOLEAN(NTAPI* routine)(void*), void* context);
/// Hardware's side (called by Machine's Computer): line level, message.
void set_interrupt_line(unsigned line, bool asserted);
void send_interrupt_message(std::uint32_t vector);

/// ---- time on this processor ----
/// Keeps the processor busy for `duration`; others run, interrupts above the IRQL come.
void stall(Duration duration);
/// A fixed small cost, for reads of the clock and pause loops.
void spend(Duration duration);

}  // namespace drydock::machine
