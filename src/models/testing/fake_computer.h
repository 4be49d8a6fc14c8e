#pragma once
// A computer for unit tests of models: RAM from address 0, a clock that the test moves, interrupts that are recorded.

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "machine/wires.h"

namespace drydock::models::testing {

class FakeComputer final : public machine::Computer {
 public:
  explicit FakeComputer(std::size_t ram_bytes = 1 << 20) : ram_(ram_bytes) {}

  bool ram_read(machine::PhysicalAddress from, std::span<std::byte> to) override {
    if (!holds(from, to.size())) return false;
    std::memcpy(to.data(), ram_.data() + from, to.size());
    return true;
  }
  bool ram_write(machine::PhysicalAddress to, std::span<const std::byte> from) override {
    if (!holds(to, from.size())) return false;
    std::memcpy(ram_.data() + to, from.data(), from.size());
    ram_writes += 1;
    return true;
  }
  void set_interrupt_line(unsigned line, bool asserted) override {
    lines[line] = asserted;
    line_changes += 1;
  }
  void send_interrupt_message(std::uint64_t address, std::uint32_t data) override {
    messages.emplace_back(address, data);
  }
  machine::Time now() const override { return now_; }
  machine::EventId after(machine::Duration delay, std::function<void()> action) override {
    const machine::EventId id = ++last_event_;
    events_[{now_ + delay, id}] = std::move(action);
    return id;
  }
  void cancel(machine::EventId event) override {
    std::erase_if(events_, [&](const auto& entry) { return entry.first.second == event; });
  }
  /// Answers from `answers`, by site; 0 when there is nothing left for it.
  std::uint32_t choose(const char* site, std::uint32_t) override {
    asked[site] += 1;
    std::vector<std::uint32_t>& script = answers[site];
    if (script.empty()) return 0;
    const std::uint32_t answer = script.front();
    script.erase(script.begin());
    return answer;
  }
  void note(std::string_view text) override { notes.emplace_back(text); }

  /// Moves the clock on, running what falls due in order.
  void advance(machine::Duration by) {
    const machine::Time end = now_ + by;
    while (!events_.empty() && events_.begin()->first.first <= end) {
      auto node = events_.extract(events_.begin());
      now_ = node.key().first;
      node.mapped()();
    }
    now_ = end;
  }
  std::size_t events_pending() const { return events_.size(); }

  template <class T>
  T peek(machine::PhysicalAddress at) const {
    T value;
    std::memcpy(&value, ram_.data() + at, sizeof value);
    return value;
  }
  template <class T>
  void poke(machine::PhysicalAddress at, const T& value) {
    std::memcpy(ram_.data() + at, &value, sizeof value);
  }

  std::map<unsigned, bool> lines;
  unsigned line_changes = 0;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> messages;
  std::map<std::string, std::vector<std::uint32_t>> answers;
  std::map<std::string, unsigned> asked;
  std::vector<std::string> notes;
  std::uint64_t ram_writes = 0;

 private:
  bool holds(machine::PhysicalAddress at, std::size_t size) const {
    return at <= ram_.size() && size <= ram_.size() - at;
  }

  std::vector<std::byte> ram_;
  machine::Time now_{};
  machine::EventId last_event_ = 0;
  std::map<std::pair<machine::Time, machine::EventId>, std::function<void()>> events_;
};

}  // namespace drydock::models::testing
