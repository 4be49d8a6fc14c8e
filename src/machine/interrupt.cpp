// IRQL, spin locks, deferred procedure calls and interrupts.

#include <algorithm>
#include <fmt/format.h>

#include "host/check.h"
#include "machine/interrupt_hold.h"
#include "machine/impl.h"
#include "nt/bugcheck.h"

namespace drydock::machine {

using nt::DISPATCH_LEVEL;
using nt::KIRQL;

namespace {

// A line that stays up through so many deliveries in a row is a storm.
constexpr std::uint32_t kDeliveriesMax = 10'000;

std::uint64_t as_number(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

/// Puts `stack_top` under driver code called from now on, and the old place back at the end.
class GuestStack {
 public:
  GuestStack(Processor& processor, std::byte* stack_top) : processor_(processor), saved_(processor.gs->guest_sp) {
    processor.gs->guest_sp = as_number(stack_top);
  }
  ~GuestStack() { processor_.gs->guest_sp = saved_; }

 private:
  Processor& processor_;
  std::uint64_t saved_;
};

void check_irql_after(Processor& processor, KIRQL expected, unsigned cause, std::uint64_t parameter, const char* what) {
  if (processor.irql() == expected) return;
  Machine::current().bug_check(nt::IRQL_UNEXPECTED_VALUE, std::uint64_t{processor.irql()} << 16 | expected << 8 | cause, parameter,
                               0, 0, fmt::format("{} returned at IRQL {}, was called at {}", what, processor.irql(), expected));
}

}  // namespace

// ---- IRQL ----

KIRQL current_irql() {
  Processor* processor = impl().executing;
  return processor ? processor->irql() : nt::PASSIVE_LEVEL;
}

unsigned current_processor_number() {
  Processor* processor = impl().executing;
  return processor ? processor->number : 0;
}

unsigned processor_count() { return static_cast<unsigned>(impl().processors.size()); }

KIRQL raise_irql(KIRQL irql) {
  Processor* processor = impl().executing;
  if (!processor) return nt::PASSIVE_LEVEL;
  KIRQL old = processor->irql();
  if (irql < old)
    Machine::current().bug_check(nt::IRQL_NOT_GREATER_OR_EQUAL, old, irql, 0, 0,
                                 fmt::format("an attempt to raise IRQL from {} to {}", old, irql));
  processor->set_irql(irql);
  return old;
}

void lower_irql(KIRQL irql) {
  Processor* processor = impl().executing;
  if (!processor) return;
  KIRQL old = processor->irql();
  if (irql > old)
    Machine::current().bug_check(nt::IRQL_NOT_LESS_OR_EQUAL, 0, old, 0, 0,
                                 fmt::format("an attempt to lower IRQL from {} to {}", old, irql));
  processor->set_irql(irql);
  if (processor->gs->attention) point();
}

// ---- spin locks ----

void acquire_spin_lock(nt::KSPIN_LOCK* lock) {
  Machine::Impl& i = impl();
  if (!i.executing) return;
  if (i.executing->gs->attention) point();
  while (*lock != 0) {
    Processor& processor = *i.executing;
    if (*lock == processor.number + 1u)
      i.owner.bug_check(nt::SPIN_LOCK_ALREADY_OWNED, as_number(lock), 0, 0, 0,
                        fmt::format("processor {} acquires a spin lock that it holds", processor.number));
    if (*lock > i.processors.size())
      i.owner.report(finding("SPIN_LOCK_NOT_INITIALIZED",
                             fmt::format("a spin lock holds {:#x}: never initialised, or overwritten", *lock)));
    processor.activity = Activity::Spinning;
    processor.spin_lock = lock;
    processor.spin_what = "for a spin lock";
    ++i.lock_spinners;
    i.relinquish();
    --i.lock_spinners;
    Processor& again = *i.executing;
    again.activity = Activity::Running;
    again.spin_lock = nullptr;
    if (i.has_deliverable(again)) i.service();
  }
  *lock = i.executing->number + 1u;
}

bool try_acquire_spin_lock(nt::KSPIN_LOCK* lock) {
  Machine::Impl& i = impl();
  point();
  if (*lock != 0) {
    spend(10ns);
    return false;
  }
  *lock = i.executing ? i.executing->number + 1u : 1u;
  return true;
}

void release_spin_lock(nt::KSPIN_LOCK* lock) {
  Machine::Impl& i = impl();
  if (!i.executing) return;
  if (*lock == 0)
    i.owner.report(finding("SPIN_LOCK_NOT_OWNED", "a spin lock is released that nobody holds"));
  *lock = 0;
  if (i.lock_spinners) {
    // Whoever spins for it gets it now; otherwise a holder that comes back at once could starve it for ever.
    for (const Processor& processor : i.processors)
      if (processor.activity == Activity::Spinning && processor.spin_lock == lock) return i.relinquish();
  }
  if (i.executing->gs->attention) point();
}

// ---- deferred procedure calls ----

bool queue_dpc(nt::KDPC* dpc, void* argument1, void* argument2) {
  Machine::Impl& i = impl();
  if (dpc->DpcData) return false;
  unsigned target = i.executing ? i.executing->number : 0;
  // KeSetTargetProcessorDpc stores 32 (MAXIMUM_PROC_PER_GROUP / 2) + number; 0 means the queueing processor.
  if (dpc->Number >= 32 && dpc->Number - 32u < i.processors.size()) target = dpc->Number - 32u;
  dpc->SystemArgument1 = argument1;
  dpc->SystemArgument2 = argument2;
  Processor& processor = i.processors[target];
  dpc->DpcData = processor.kpcr;
  DpcEntry entry{dpc, {}};
  dpc->Importance == nt::HighImportance ? processor.dpcs.push_front(std::move(entry)) : processor.dpcs.push_back(std::move(entry));
  i.attention(processor);
  if (i.executing == &processor && processor.irql() < DISPATCH_LEVEL) point();
  return true;
}

bool remove_dpc(nt::KDPC* dpc) {
  if (!dpc->DpcData) return false;
  for (Processor& processor : impl().processors)
    std::erase_if(processor.dpcs, [&](const DpcEntry& entry) { return entry.dpc == dpc; });
  dpc->DpcData = nullptr;
  return true;
}

void queue_dpc(unsigned processor_number, std::function<void()> routine) {
  Machine::Impl& i = impl();
  Processor& processor = i.processors[processor_number];
  processor.dpcs.push_back({nullptr, std::move(routine)});
  i.attention(processor);
  if (i.executing == &processor && processor.irql() < DISPATCH_LEVEL) point();
}

bool in_dpc() {
  Processor* processor = impl().executing;
  return processor && processor->in_dpc;
}

void Machine::Impl::drain_dpcs() {
  Processor& processor = *executing;
  KIRQL irql = processor.irql();
  processor.set_irql(DISPATCH_LEVEL);
  processor.in_dpc = true;
  {
    GuestStack stack(processor, processor.dpc_stack_top);
    while (!processor.dpcs.empty()) {
      DpcEntry entry = std::move(processor.dpcs.front());
      processor.dpcs.pop_front();
      owner.record(Event::DpcStart, entry.dpc ? 1 : 0);
      if (entry.routine) {
        entry.routine();
      } else {
        nt::KDPC* dpc = entry.dpc;
        dpc->DpcData = nullptr;
        auto routine = dpc->DeferredRoutine;
        call_driver(routine, dpc, dpc->DeferredContext, dpc->SystemArgument1, dpc->SystemArgument2);
        check_irql_after(processor, DISPATCH_LEVEL, 2, as_number(reinterpret_cast<const void*>(routine)), "a DPC");
      }
      owner.detail(Event::DpcEnd);
      if (processor.pending.any()) service();
    }
  }
  processor.in_dpc = false;
  processor.set_irql(irql);
}

void flush_queued_dpcs() {
  Machine::Impl& i = impl();
  point();
  unsigned left = 0;
  for (Processor& processor : i.processors) {
    if (&processor == i.executing || (processor.dpcs.empty() && !processor.in_dpc)) continue;
    ++left;
    queue_dpc(processor.number, [&left] { --left; });
  }
  if (left) spin_until([&left] { return left == 0; }, "for the DPC queues of other processors");
}

void call_on_all_processors(const std::function<void(unsigned)>& routine, KIRQL irql) {
  Machine::Impl& i = impl();
  KIRQL old = raise_irql(std::max(irql, current_irql()));
  unsigned self = i.executing->number;
  unsigned left = 0;
  for (Processor& processor : i.processors) {
    if (processor.number == self) continue;
    ++left;
    unsigned number = processor.number;
    queue_dpc(number, [&routine, &left, number, irql] {
      KIRQL before = raise_irql(irql);
      routine(number);
      --left;
      lower_irql(before);
    });
  }
  routine(self);
  spin_until([&left] { return left == 0; }, "for a call on all processors to end");
  lower_irql(old);
}

// ---- interrupts ----

std::uint32_t vector_of_line(unsigned line) {
  HOST_CHECK(line < kLines);
  return (3 + line / 4) << 4 | line % 4;
}

KIRQL irql_of_vector(std::uint32_t vector) { return static_cast<KIRQL>(vector >> 4); }

std::uint32_t allocate_message_vector() {
  auto& vectors = impl().vectors;
  for (std::uint32_t vector = kFirstMessageVector; vector < kEndMessageVector; ++vector) {
    if (vectors[vector].allocated) continue;
    vectors[vector].allocated = vectors[vector].message = true;
    return vector;
  }
  return 0;
}

void free_message_vector(std::uint32_t vector) {
  HOST_CHECK(vector >= kFirstMessageVector && vector < kEndMessageVector);
  impl().vectors[vector].allocated = false;
}

int Machine::Impl::highest_pending(const Processor& processor) const {
  for (int vector = kEndMessageVector - 1; vector >= 0; --vector)
    if (processor.pending[static_cast<unsigned>(vector)]) return vector;
  return -1;
}

void Machine::Impl::raise_vector(std::uint32_t number) {
  Vector& vector = vectors[number];
  if (vector.handlers.empty()) return;
  std::uint64_t affinity = vector.handlers.front().affinity;
  Processor* able[kProcessorsMax];
  unsigned count = 0;
  for (Processor& processor : processors) {
    if (processor.pending[number]) return;
    if (affinity >> processor.number & 1) able[count++] = &processor;
  }
  if (!count) able[count++] = &processors[0];
  Processor& target = *able[owner.choose("interrupt.processor", count)];
  target.pending.set(number);
  attention(target);
}

void set_interrupt_line(unsigned line, bool asserted) {
  Machine::Impl& i = impl();
  std::uint32_t number = vector_of_line(line);
  Vector& vector = i.vectors[number];
  vector.asserted = asserted;
  if (asserted) return i.raise_vector(number);
  vector.deliveries = 0;
  for (Processor& processor : i.processors) processor.pending.reset(number);
}

void send_interrupt_message(std::uint32_t vector) {
  if (vector >= kFirstMessageVector && vector < kEndMessageVector) impl().raise_vector(vector);
}

std::uint32_t connect_interrupt(const InterruptHandler& handler) {
  Machine::Impl& i = impl();
  HOST_CHECK(handler.vector < kVectors);
  InterruptHandler connected = handler;
  connected.id = i.next_handler_id++;
  Vector& vector = i.vectors[handler.vector];
  vector.handlers.push_back(connected);
  if (vector.asserted) i.raise_vector(handler.vector);
  return connected.id;
}

void hold_interrupt(std::uint32_t id) {
  for (Vector& vector : impl().vectors)
    std::erase_if(vector.handlers, [id](const InterruptHandler& handler) { return handler.id == id; });
}

void disconnect_interrupt(std::uint32_t id) {
  Machine::Impl& i = impl();
  for (std::uint32_t number = 0; number < kVectors; ++number) {
    Vector& vector = i.vectors[number];
    if (std::erase_if(vector.handlers, [&](const InterruptHandler& handler) { return handler.id == id; }) == 0) continue;
    if (vector.handlers.empty())
      for (Processor& processor : i.processors) processor.pending.reset(number);
    std::function<bool()> quiet = [&i, number] {
      for (Processor& processor : i.processors)
        if (&processor != i.executing && processor.isr_depth && processor.vector_in_service == number) return false;
      return true;
    };
    if (i.executing) spin_until(quiet, "for an interrupt service routine on another processor to return");
    return;
  }
}

void Machine::Impl::deliver(std::uint32_t number) {
  Processor& processor = *executing;
  Vector& vector = vectors[number];
  processor.pending.reset(number);
  KIRQL irql = processor.irql();
  processor.set_irql(irql_of_vector(number));
  owner.record(Event::InterruptEntry, number);
  std::uint32_t outer_vector = std::exchange(processor.vector_in_service, number);
  bool claimed = false;
  {
    // A nested routine goes on below the interrupted one; the first has the whole interrupt stack.
    auto* top = processor.isr_depth ? reinterpret_cast<std::byte*>(processor.gs->guest_sp - 0x100) : processor.isr_stack_top;
    GuestStack stack(processor, top);
    ++processor.isr_depth;
    std::vector<InterruptHandler> chain = vector.handlers;  // a routine may connect or disconnect
    for (const InterruptHandler& handler : chain) {
      raise_irql(std::max(handler.synchronize_irql, processor.irql()));
      if (handler.lock) acquire_spin_lock(handler.lock);
      KIRQL expected = processor.irql();
      bool mine = call_driver(handler.service, handler.interrupt_object, handler.context) != 0;
      check_irql_after(processor, expected, 3, as_number(handler.interrupt_object), "an interrupt service routine");
      if (handler.lock) release_spin_lock(handler.lock);
      processor.set_irql(irql_of_vector(number));
      claimed = claimed || mine;
      if (mine && !vector.message) break;
    }
    --processor.isr_depth;
  }
  processor.vector_in_service = outer_vector;
  owner.record(Event::InterruptExit, number, claimed);
  processor.set_irql(irql);

  if (!vector.message && vector.asserted && !vector.handlers.empty()) {
    if (++vector.deliveries >= kDeliveriesMax) {
      const InterruptHandler& first = vector.handlers.front();
      owner.bug_check(nt::HARDWARE_INTERRUPT_STORM, as_number(reinterpret_cast<const void*>(first.service)), as_number(first.context),
                      as_number(first.interrupt_object), vector.handlers.size() > 1 ? 2 : 1,
                      fmt::format("interrupt vector {:#x} stays asserted whatever its service routines do", number));
    }
    spend(1us);
    raise_vector(number);
  }
}

nt::BOOLEAN synchronize_execution(const InterruptHandler& handler, nt::BOOLEAN(NTAPI* routine)(void*), void* context) {
  KIRQL old = raise_irql(std::max(handler.synchronize_irql, current_irql()));
  if (handler.lock) acquire_spin_lock(handler.lock);
  nt::BOOLEAN result = call_driver(routine, context);
  if (handler.lock) release_spin_lock(handler.lock);
  lower_irql(old);
  return result;
}

}  // namespace drydock::machine
