#pragma once
// A lifecycle as data: rows of state, event, next state, action and rule; what the compiler proves of them; and the
// engine that walks them. An event without a row stops the run unless its state defers or drops it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "host/check.h"
#include "machine/machine.h"
#include "wdf/deferred.h"
#include "wdf/kernel.h"

namespace drydock::wdf {

template <class State>
struct States {
  std::uint64_t bits = 0;
  constexpr bool has(State state) const { return bits >> static_cast<unsigned>(state) & 1; }
};
template <class State, class... More>
constexpr States<State> in(State first, More... more) {
  return {(1ull << static_cast<unsigned>(first)) | (0ull | ... | (1ull << static_cast<unsigned>(more)))};
}

template <class State, class Event, class Action>
struct Row {
  States<State> from;
  Event on;
  State becomes;  ///< State::Count: stays
  Action then;
  const char* rule;
};

/// Events that wait in the queue until the state has changed, or that mean nothing in a state, and why.
template <class State, class Event>
struct Exception {
  States<State> from;
  Event on;
  const char* reason;
};

namespace proofs {

template <class Rows>
constexpr bool at_most_one_row_answers(const Rows& rows) {
  for (std::size_t i = 0; i < std::size(rows); ++i)
    for (std::size_t j = i + 1; j < std::size(rows); ++j)
      if (rows[i].on == rows[j].on && (rows[i].from.bits & rows[j].from.bits)) return false;
  return true;
}

template <class Rows, class Exceptions>
constexpr bool no_row_is_excepted(const Rows& rows, const Exceptions& exceptions) {
  for (const auto& exception : exceptions)
    for (const auto& row : rows)
      if (row.on == exception.on && (row.from.bits & exception.from.bits)) return false;
  return true;
}

template <class State, class Rows>
constexpr bool every_state_reaches(State goal, std::size_t states, const Rows& rows) {
  std::uint64_t reached = 1ull << static_cast<unsigned>(goal);
  for (std::size_t round = 0; round < states; ++round)
    for (const auto& row : rows)
      if (reached >> static_cast<unsigned>(row.becomes) & 1) reached |= row.from.bits;
  return reached == (1ull << states) - 1;
}

template <class State, class Rows>
constexpr bool every_state_is_reached(State first, std::size_t states, const Rows& rows) {
  std::uint64_t reached = 1ull << static_cast<unsigned>(first);
  for (std::size_t round = 0; round < states; ++round)
    for (const auto& row : rows)
      if (row.from.bits & reached && row.becomes != State::Count) reached |= 1ull << static_cast<unsigned>(row.becomes);
  return reached == (1ull << states) - 1;
}

/// Every state but the `passing` ones has a row, a deferral or a reason to drop the event.
template <class State, class Event, class Rows, class Deferred, class Dropped>
constexpr bool every_state_answers(Event event, std::size_t states, States<State> passing, const Rows& rows,
                                   const Deferred& deferred, const Dropped& dropped) {
  std::uint64_t answered = passing.bits;
  for (const auto& row : rows)
    if (row.on == event) answered |= row.from.bits;
  for (const auto& row : deferred)
    if (row.on == event) answered |= row.from.bits;
  for (const auto& row : dropped)
    if (row.on == event) answered |= row.from.bits;
  return answered == (1ull << states) - 1;
}

}  // namespace proofs

/// Walks `Table`: State, Event, Action, kRows, kDeferred, kDropped, name(State), name(Event), kName.
/// One event at a time, at PASSIVE_LEVEL: in the poster's thread when nothing is being walked, else after what is.
template <class Table>
class TableMachine {
 public:
  using State = typename Table::State;
  using Event = typename Table::Event;
  using Action = typename Table::Action;
  static constexpr std::size_t kRowCount = std::size(Table::kRows);
  using Visits = std::array<std::uint32_t, kRowCount>;

  TableMachine(State first, Visits& visits) : state_(first), visits_(visits) {}
  virtual ~TableMachine() = default;
  TableMachine(const TableMachine&) = delete;

  State state() const { return state_; }
  /// Whether the present state has a row for the event, or a reason to defer or drop it.
  bool answers(Event event) const {
    for (const auto& row : Table::kRows)
      if (row.on == event && row.from.has(state_)) return true;
    return excepted(Table::kDeferred, state_, event) || excepted(Table::kDropped, state_, event);
  }

  /// Whether the running thread walks this machine further out.
  bool walked_by_me() const { return walker_ && walker_ == &machine::current_thread(); }

  void post(Event event) {
    queue_.push_back(event);
    if (running_) return;
    running_ = true;
    if (KeGetCurrentIrql() == PASSIVE_LEVEL)
      run();
    else
      run_later();
  }
  /// Never in the poster's thread: for events that come out of a driver's own calls.
  void post_elsewhere(Event event) {
    queue_.push_back(event);
    if (running_) return;
    running_ = true;
    run_later();
  }

 protected:
  /// Carries `action` out. What it returns is answered before anything that was posted.
  virtual std::optional<Event> perform(Action action) = 0;
  /// "WDFDEVICE#1" for notes.
  virtual std::string owner_name() const = 0;
  /// The object the machine belongs to must not go while events wait for a worker.
  virtual void hold_owner() = 0;
  virtual void release_owner() = 0;

 private:
  void run_later() {
    hold_owner();
    at_passive_level([this] {
      run();
      release_owner();
    });
  }

  template <class Exceptions>
  static bool excepted(const Exceptions& exceptions, State state, Event event) {
    for (const auto& exception : exceptions)
      if (exception.on == event && exception.from.has(state)) return true;
    return false;
  }

  void run() {
    hold_owner();
    walker_ = &machine::current_thread();
    for (std::size_t i = 0; i < queue_.size();) {
      const Event event = queue_[i];
      if (excepted(Table::kDeferred, state_, event)) {
        ++i;
        continue;
      }
      queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(i));
      const State before = state_;
      walk(event);
      if (state_ != before) i = 0;  // what was deferred may have its answer now
    }
    running_ = false;
    walker_ = nullptr;
    release_owner();
  }

  void walk(Event first) {
    machine::Machine& machine = machine::Machine::current();
    for (std::optional<Event> event = first; event;) {
      std::size_t row = 0;
      while (row < kRowCount && !(Table::kRows[row].on == *event && Table::kRows[row].from.has(state_))) ++row;
      if (row == kRowCount) {
        if (excepted(Table::kDropped, state_, *event)) return;
        const std::string text = fmt::format("{} of {} has no answer to {} in {}", Table::kName, owner_name(),
                                             Table::name(*event), Table::name(state_));
        host::check_failed(text.c_str(), Table::kFile, 0);
      }
      ++visits_[row];
      const auto& step = Table::kRows[row];
      if (machine.trace().keeps_records())
        machine.note(fmt::format("{} {} {} --{}--> {}", owner_name(), Table::kName, Table::name(state_),
                                 Table::name(*event),
                                 Table::name(step.becomes == State::Count ? state_ : step.becomes)));
      if (step.becomes != State::Count) state_ = step.becomes;
      event = perform(step.then);
    }
  }

  State state_;
  Visits& visits_;
  std::deque<Event> queue_;
  bool running_ = false;
  const machine::Thread* walker_ = nullptr;
};

}  // namespace drydock::wdf
