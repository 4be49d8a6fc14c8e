// Which thread on which processor next, what threads wait for, and when the clock moves.

#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include "host/check.h"
#include "machine/busy_time.h"
#include "machine/impl.h"
#include "nt/bugcheck.h"
#include "nt/status.h"

namespace drydock::machine {

using nt::DISPATCH_LEVEL;

namespace {

// A processor that only looks at the clock lets others run after so much virtual time.
constexpr Duration kSpentMax = 20us;

// Live: how often a busy machine looks at what came from outside.
constexpr Duration kLookInterval = 20us;

bool is_mutant(const nt::DISPATCHER_HEADER* object) { return object->Type == nt::MutantObject; }

}  // namespace

// ---- ready threads ----

void ReadyQueues::push_back(Thread& thread) {
  List& list = lists_[static_cast<unsigned>(thread.priority)];
  thread.ready_next = nullptr;
  thread.ready_previous = list.last;
  (list.last ? list.last->ready_next : list.first) = &thread;
  list.last = &thread;
  used_ |= 1u << thread.priority;
}

void ReadyQueues::push_front(Thread& thread) {
  List& list = lists_[static_cast<unsigned>(thread.priority)];
  thread.ready_previous = nullptr;
  thread.ready_next = list.first;
  (list.first ? list.first->ready_previous : list.last) = &thread;
  list.first = &thread;
  used_ |= 1u << thread.priority;
}

void ReadyQueues::remove(Thread& thread) {
  List& list = lists_[static_cast<unsigned>(thread.priority)];
  (thread.ready_previous ? thread.ready_previous->ready_next : list.first) = thread.ready_next;
  (thread.ready_next ? thread.ready_next->ready_previous : list.last) = thread.ready_previous;
  if (!list.first) used_ &= ~(1u << thread.priority);
}

Thread* ReadyQueues::take(unsigned processor, int above) {
  std::uint32_t candidates = used_ & (above >= 31 ? 0 : ~0u << (above + 1));
  for (; candidates; candidates &= ~(1u << (31 - std::countl_zero(candidates)))) {
    for (Thread* thread = lists_[31u - static_cast<unsigned>(std::countl_zero(candidates))].first; thread; thread = thread->ready_next) {
      if (!(thread->affinity >> processor & 1)) continue;
      remove(*thread);
      return thread;
    }
  }
  return nullptr;
}

bool ReadyQueues::any_for(unsigned processor, int priority) const {
  for (const Thread* thread = lists_[static_cast<unsigned>(priority)].first; thread; thread = thread->ready_next)
    if (thread->affinity >> processor & 1) return true;
  return false;
}

bool ReadyQueues::any_for(unsigned processor) const {
  for (std::uint32_t left = used_; left; left &= left - 1)
    if (any_for(processor, std::countr_zero(left))) return true;
  return false;
}

void Machine::Impl::make_ready(Thread& thread, bool at_front) {
  thread.state = ThreadState::Ready;
  at_front ? ready.push_front(thread) : ready.push_back(thread);
  if (at_front) return;

  // An idle processor takes it; otherwise whoever runs something less urgent.
  Processor* idle[kProcessorsMax];
  unsigned idle_count = 0;
  Processor* weakest = nullptr;
  for (Processor& processor : processors) {
    if (!(thread.affinity >> processor.number & 1)) continue;
    if (processor.current == processor.idle && !processor.need_dispatch) idle[idle_count++] = &processor;
    if (!weakest || processor.current->priority < weakest->current->priority) weakest = &processor;
  }
  Processor* target = nullptr;
  if (idle_count)
    target = idle[owner.choose("thread.processor", idle_count)];
  else if (weakest && weakest->current->priority < thread.priority)
    target = weakest;
  if (!target) return;
  target->need_dispatch = true;
  attention(*target);
}

void Machine::Impl::switch_away() {
  Processor& processor = *executing;
  Thread* next = ready.take(processor.number, -1);
  if (!next) next = processor.idle;
  processor.need_dispatch = false;
  processor.current = next;
  processor.activity = Activity::Running;
  next->processor = &processor;
  next->state = ThreadState::Running;
  processor.kpcr->Prcb.CurrentThread = next->object;
  processor.set_irql(nt::PASSIVE_LEVEL);  // for a new thread; whoever goes on restores its own
  owner.record(Event::ThreadSwitch, next->id);
  if (next->apc_pending) attention(processor);
  if (stop && next != running) {
    resume(&main_thread);  // the host resumes processor.current, not us
    return;
  }
  resume(next);
}

void Machine::Impl::preempt() {
  Processor& processor = *executing;
  processor.need_dispatch = false;
  Thread& thread = *processor.current;
  int priority = &thread == processor.idle ? -1 : thread.priority;
  Thread* next = ready.take(processor.number, priority);
  if (!next) return;
  nt::KIRQL irql = processor.irql();
  if (&thread != processor.idle) make_ready(thread, true);
  ready.push_front(*next);
  switch_away();
  executing->set_irql(irql);
}

bool yield_thread() {
  Machine::Impl& i = impl();
  Processor& processor = *i.executing;
  Thread& thread = *processor.current;
  if (processor.irql() >= DISPATCH_LEVEL || i.in_hardware) return false;
  Thread* next = i.ready.take(processor.number, thread.priority - 1);
  if (!next) return false;
  nt::KIRQL irql = processor.irql();
  thread.state = ThreadState::Ready;
  i.ready.push_back(thread);
  i.ready.push_front(*next);
  i.switch_away();
  i.executing->set_irql(irql);
  return true;
}

Thread* create_thread(std::string name, std::function<void()> body, nt::KTHREAD* object, int priority) {
  Machine::Impl& i = impl();
  Thread* thread = i.new_thread(std::move(name), std::move(body), object, priority);
  i.make_ready(*thread);
  return thread;
}

void terminate_thread(nt::NTSTATUS status) {
  Machine::Impl& i = impl();
  Thread& thread = *i.running;
  thread.wait_status = status;
  thread.state = ThreadState::Terminated;
  if (thread.object) {
    auto* header = reinterpret_cast<nt::DISPATCHER_HEADER*>(thread.object);
    header->SignalState = 1;
    object_signalled(header);
  }
  if (&thread == i.body_thread) {
    i.stop = true;
    i.outcome = OutcomeKind::Completed;
  }
  std::erase(i.threads, &thread);
  i.executing->set_irql(nt::PASSIVE_LEVEL);
  i.to_reap = &thread;
  i.switch_away();
  HOST_CHECK(!"a thread that ended was resumed");
  __builtin_unreachable();
}

void set_priority(Thread& thread, int priority) {
  Machine::Impl& i = impl();
  if (thread.priority == priority) return;
  bool queued = thread.state == ThreadState::Ready;
  if (queued) i.ready.remove(thread);
  int before = thread.priority;
  thread.priority = priority;
  if (queued) i.make_ready(thread);
  if (&thread == i.running && priority < before && i.executing) {
    i.executing->need_dispatch = true;
    i.attention(*i.executing);
    point();
  }
}

// ---- processors ----

bool Machine::Impl::has_deliverable(Processor& processor) {
  nt::KIRQL irql = processor.irql();
  if (processor.pending.any()) {
    int vector = highest_pending(processor);
    if (vector >= 0 && irql_of_vector(static_cast<std::uint32_t>(vector)) > irql) return true;
  }
  if (irql >= DISPATCH_LEVEL) return false;
  if (!processor.dpcs.empty() || processor.need_dispatch) return true;
  if (processor.current == processor.idle && ready.any_for(processor.number)) return true;
  return processor.current->apc_pending && irql < nt::APC_LEVEL && processor.current->special_apc_disable == 0;
}

bool Machine::Impl::can_run(Processor& processor) {
  switch (processor.activity) {
    case Activity::Running: return true;
    case Activity::Stalled:
      if (clock >= processor.busy_until) return true;
      break;
    case Activity::Spinning:
      if (processor.spin_lock ? *processor.spin_lock == 0 : (*processor.spin_ends)()) return true;
      break;
    case Activity::Idle: break;
  }
  return has_deliverable(processor);
}

void Machine::Impl::run_due_events() {
  while (!events.empty() && events.begin()->first.first <= clock) {
    auto event = events.extract(events.begin());
    event_due.erase(event.key().second);
    bool outer = std::exchange(in_hardware, true);
    event.mapped()();
    in_hardware = outer;
  }
}

void go_live(Machine& machine, OutsideWorld& world) { machine.impl().outside = &world; }

void Machine::Impl::look_outside() {
  clock = std::max(clock, outside->now());
  if (clock - looked_outside >= kLookInterval) {
    looked_outside = clock;
    bool outer = std::exchange(in_hardware, true);
    outside->look();
    in_hardware = outer;
  }
  run_due_events();
}

bool Machine::Impl::wait_outside(Time due) {
  bool outer = std::exchange(in_hardware, true);
  bool goes_on = outside->wait(due);
  in_hardware = outer;
  clock = looked_outside = std::max(clock, outside->now());
  run_due_events();
  return goes_on;
}

Processor* Machine::Impl::pick_processor() {
  for (;;) {
    if (outside) look_outside();
    if (stop || dead) return nullptr;
    if (++point_count > config.points_max) {
      stop = true;
      outcome = OutcomeKind::Budget;
      return nullptr;
    }
    Processor* able[kProcessorsMax];
    unsigned count = 0;
    unsigned start = executing ? executing->number + 1 : 0;
    for (unsigned n = 0; n < processors.size(); ++n) {
      Processor& processor = processors[(start + n) % processors.size()];
      if (can_run(processor)) able[count++] = &processor;
    }
    if (count) return able[owner.choose("processor.next", count)];

    // Everyone is idle or busy: time passes until something is due.
    Time next = Time::max();
    if (!events.empty()) next = events.begin()->first.first;
    for (const Processor& processor : processors)
      if (processor.activity == Activity::Stalled) next = std::min(next, processor.busy_until);
    if (outside && clock < config.time_max) {
      if (wait_outside(next)) continue;
      stop = true;
      return nullptr;
    }
    if (next == Time::max()) {
      nothing_can_happen();
      return nullptr;
    }
    if (next > config.time_max) {
      stop = true;
      outcome = OutcomeKind::Budget;
      return nullptr;
    }
    clock = std::max(clock, next);
    run_due_events();
  }
}

void Machine::Impl::relinquish() {
  executing->spent = {};
  Processor* next = pick_processor();
  resume(next ? next->current : &main_thread);
}

void Machine::Impl::idle_loop(Processor& processor) {
  for (;;) {
    service();
    processor.activity = Activity::Idle;
    relinquish();
    processor.activity = Activity::Running;
    if (ready.any_for(processor.number)) processor.need_dispatch = true;
  }
}

void Machine::Impl::nothing_can_happen() {
  Finding finding;
  finding.rule = "NOTHING_CAN_HAPPEN_ANY_MORE";
  finding.summary = "every processor waits for something that nothing left in the machine can bring about";
  for (const Thread* thread : threads) {
    if (thread->state == ThreadState::Waiting)
      finding.details.push_back(fmt::format("thread {} ({}) waits: {}", thread->id, thread->name, thread->wait_reason));
  }
  for (const Processor& processor : processors) {
    if (processor.activity != Activity::Spinning) continue;
    std::string holder;
    if (processor.spin_lock && *processor.spin_lock >= 1 && *processor.spin_lock <= processors.size())
      holder = fmt::format(", held by processor {}", *processor.spin_lock - 1);
    finding.details.push_back(
        fmt::format("processor {} (thread {}) spins: {}{}", processor.number, processor.current->name, processor.spin_what, holder));
  }
  owner.report(std::move(finding));
}

void Machine::Impl::service() {
  if (in_hardware) return;
  for (;;) {
    Processor& processor = *executing;
    nt::KIRQL irql = processor.irql();
    if (processor.pending.any()) {
      int vector = highest_pending(processor);
      if (vector >= 0 && irql_of_vector(static_cast<std::uint32_t>(vector)) > irql) {
        deliver(static_cast<std::uint32_t>(vector));
        continue;
      }
    }
    if (irql < DISPATCH_LEVEL && !processor.dpcs.empty()) {
      drain_dpcs();
      continue;
    }
    Thread& thread = *processor.current;
    if (irql < nt::APC_LEVEL && thread.apc_pending && thread.special_apc_disable == 0) {
      processor.set_irql(nt::APC_LEVEL);
      thread.apc_pending = false;
      owner.hooks()->deliver_apcs(thread);
      executing->set_irql(irql);
      continue;
    }
    if (irql < DISPATCH_LEVEL && processor.need_dispatch) {
      preempt();
      continue;
    }
    bool more = processor.pending.any() || !processor.dpcs.empty() || processor.need_dispatch ||
                (thread.apc_pending && thread.special_apc_disable == 0);
    processor.gs->attention = (more ? 1 : 0) | (owner.decisions().asks_at_points() ? 2 : 0);
    return;
  }
}

void Machine::Impl::decide_at_point() {
  if (--point_countdown != 0) return;
  point_countdown = owner.decisions().points_per_question();
  Processor& processor = *executing;
  unsigned others = 0;
  for (Processor& other : processors)
    if (&other != &processor && can_run(other)) ++others;
  if (others && owner.choose("point.processor", 2)) {
    relinquish();
    return;
  }
  if (processor.irql() < DISPATCH_LEVEL && processor.current != processor.idle) {
    bool rival = ready.any_for(processor.number, processor.current->priority);
    if (rival && owner.choose("point.thread", 2)) yield_thread();
  }
}

void point() {
  Machine::Impl& i = impl();
  if (!i.executing || i.in_hardware) return;
  ++i.point_count;
  if (i.executing->gs->attention == 0) return;
  i.service();
  if (i.owner.decisions().asks_at_points()) {
    i.decide_at_point();
    if (i.executing->gs->attention & 1) i.service();
  }
}

void stall(Duration duration) {
  Machine::Impl& i = impl();
  if (!i.executing || i.in_hardware || duration <= Duration::zero()) return;
  Processor& processor = *i.executing;
  processor.busy += duration;
  Time until = i.clock + duration;
  nt::KIRQL irql = processor.irql();
  Thread* self = i.running;
  for (;;) {
    // An interrupt taken meanwhile may itself stall this processor.
    Processor& here = *self->processor;
    if (i.clock >= until) break;
    here.activity = Activity::Stalled;
    here.busy_until = until;
    i.relinquish();
    self->processor->activity = Activity::Running;
    if (i.has_deliverable(*self->processor)) i.service();
  }
  i.executing->set_irql(irql);
}

void spend(Duration duration) {
  Machine::Impl& i = impl();
  i.clock += duration;
  if (!i.executing || i.in_hardware) return;
  i.outside ? i.look_outside() : i.run_due_events();
  Processor& processor = *i.executing;
  processor.spent += duration;
  processor.busy += duration;
  if (processor.spent >= kSpentMax) {
    i.relinquish();
    yield_thread();
  }
  point();
}

Duration busy_time() { return impl().executing->busy; }

void spin_until(const std::function<bool()>& ends, const char* what) {
  Machine::Impl& i = impl();
  while (!ends()) {
    Processor& processor = *i.executing;
    processor.activity = Activity::Spinning;
    processor.spin_ends = &ends;
    processor.spin_what = what;
    i.relinquish();
    i.executing->activity = Activity::Running;
    i.executing->spin_ends = nullptr;
    if (i.has_deliverable(*i.executing)) i.service();
  }
}

// ---- waits ----

bool Machine::Impl::satisfied(nt::DISPATCHER_HEADER* object, Thread& thread) const {
  if (is_mutant(object)) {
    auto* mutant = reinterpret_cast<nt::KMUTANT*>(object);
    return object->SignalState > 0 || mutant->OwnerThread == thread.object;
  }
  return object->SignalState > 0;
}

void Machine::Impl::consume(nt::DISPATCHER_HEADER* object, Thread& thread) {
  switch (object->Type) {
    case nt::EventSynchronizationObject:
    case nt::TimerSynchronizationObject: object->SignalState = 0; break;
    case nt::SemaphoreObject: --object->SignalState; break;
    case nt::MutantObject: {
      auto* mutant = reinterpret_cast<nt::KMUTANT*>(object);
      --object->SignalState;
      mutant->OwnerThread = thread.object;
      if (object->SignalState == 0 && mutant->ApcDisable) ++thread.kernel_apc_disable;
      break;
    }
    default: break;
  }
}

bool Machine::Impl::try_satisfy(Thread& thread, unsigned preferred, unsigned& index) {
  Wait& wait = waits[&thread];
  if (wait.type == nt::WaitAny) {
    if (!satisfied(wait.objects[preferred], thread)) return false;
    consume(wait.objects[preferred], thread);
    index = preferred;
    return true;
  }
  for (auto* object : wait.objects)
    if (!satisfied(object, thread)) return false;
  for (auto* object : wait.objects) consume(object, thread);
  index = 0;
  return true;
}

void Machine::Impl::end_wait(Thread& thread, nt::NTSTATUS status) {
  auto found = waits.find(&thread);
  HOST_CHECK(found != waits.end());
  for (auto* object : found->second.objects) {
    auto list = waiters.find(object);
    if (list == waiters.end()) continue;
    std::erase_if(list->second, [&](const WaitEntry& entry) { return entry.thread == &thread; });
    if (list->second.empty()) waiters.erase(list);
  }
  if (found->second.timer) owner.cancel(found->second.timer);
  waits.erase(found);
  thread.wait_status = status;
  thread.wait_reason.clear();
  make_ready(thread);
}

nt::NTSTATUS wait_for(std::span<nt::DISPATCHER_HEADER* const> objects, nt::WAIT_TYPE type, bool user_mode, bool alertable,
                      const Time* due, const char* reason) {
  Machine& machine = Machine::current();
  Machine::Impl& i = machine.impl();
  HOST_CHECK(i.executing != nullptr);
  point();
  Thread& thread = *i.running;
  if (type == nt::WaitAny) {
    for (unsigned n = 0; n < objects.size(); ++n)
      if (i.satisfied(objects[n], thread)) {
        i.consume(objects[n], thread);
        return static_cast<nt::NTSTATUS>(n);
      }
  } else {
    bool all = true;
    for (auto* object : objects) all = all && i.satisfied(object, thread);
    if (all) {
      for (auto* object : objects) i.consume(object, thread);
      return nt::STATUS_SUCCESS;
    }
  }
  if (due && *due <= i.clock) return nt::STATUS_TIMEOUT;

  nt::KIRQL irql = i.executing->irql();
  if (irql >= DISPATCH_LEVEL)
    machine.bug_check(nt::ATTEMPTED_SWITCH_FROM_DPC, reinterpret_cast<std::uint64_t>(thread.object),
                      reinterpret_cast<std::uint64_t>(i.executing->idle->object),
                      innermost_border() ? innermost_border()->rsp : 0, 0,
                      fmt::format("thread {} waits ({}) at IRQL {}, where no thread switch is possible", thread.name, reason, irql));

  Wait& wait = i.waits[&thread];
  wait.objects.assign(objects.begin(), objects.end());
  wait.type = type;
  for (unsigned n = 0; n < objects.size(); ++n) i.waiters[objects[n]].push_back({&thread, n});
  if (due) wait.timer = machine.at(*due, [&thread] { impl().end_wait(thread, nt::STATUS_TIMEOUT); });
  thread.wait_user_mode = user_mode;
  thread.wait_alertable = alertable;
  thread.wait_reason = reason;
  thread.state = ThreadState::Waiting;
  i.switch_away();
  i.executing->set_irql(irql);
  if (i.executing->gs->attention) i.service();
  return thread.wait_status;
}

nt::NTSTATUS delay_until(Time due, bool user_mode, bool alertable) {
  if (due <= impl().clock) {
    yield_thread();
    return nt::STATUS_SUCCESS;
  }
  nt::NTSTATUS status = wait_for({}, nt::WaitAny, user_mode, alertable, &due, "a delay");
  return status == nt::STATUS_TIMEOUT ? nt::STATUS_SUCCESS : status;
}

void object_signalled(nt::DISPATCHER_HEADER* object, int) {
  Machine::Impl& i = impl();
  for (;;) {
    auto list = i.waiters.find(object);
    if (list == i.waiters.end()) return;
    bool woke = false;
    for (const WaitEntry& entry : list->second) {
      unsigned index = 0;
      if (!i.try_satisfy(*entry.thread, entry.index, index)) continue;
      i.end_wait(*entry.thread, static_cast<nt::NTSTATUS>(index));
      woke = true;
      break;  // the list has changed
    }
    if (!woke) return;
  }
}

bool has_waiters(const nt::DISPATCHER_HEADER* object) { return impl().waiters.contains(object); }

bool interrupt_wait(Thread& thread, nt::NTSTATUS status) {
  Machine::Impl& i = impl();
  if (thread.state != ThreadState::Waiting || !i.waits.contains(&thread)) return false;
  i.end_wait(thread, status);
  return true;
}

// ---- the clock's events ----

Time Machine::now() const { return impl_->clock; }

EventId Machine::at(Time due, std::function<void()> action) {
  EventId id = impl_->next_event++;
  due = std::max(due, impl_->clock);
  impl_->events.emplace(std::pair{due, id}, std::move(action));
  impl_->event_due.emplace(id, due);
  return id;
}

void Machine::cancel(EventId event) {
  auto due = impl_->event_due.find(event);
  if (due == impl_->event_due.end()) return;
  impl_->events.erase({due->second, event});
  impl_->event_due.erase(due);
}

}  // namespace drydock::machine
