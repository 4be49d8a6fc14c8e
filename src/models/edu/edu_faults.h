#pragma once
// What can go wrong with the educational device. Each strike is a decision of the machine, asked for only while its
// fault is enabled, so a run without faults makes none.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "machine/time.h"

namespace drydock::models::edu {

enum class Fault : std::uint8_t {
  Hang,
  HangForGood,
  LoseInterrupt,
  WrongAnswer,
  SlowReset,
  StuckInReset,
  DmaAfterReset,
  Die,
};

struct FaultKind {
  Fault fault;
  std::string_view name;  ///< in boards
  const char* site;       ///< of the decision
  std::string_view meaning;
};

inline constexpr FaultKind kFaultKinds[] = {
    {Fault::Hang, "hang", "edu.hang", "it accepts a command and does nothing more until a reset of any kind"},
    {Fault::HangForGood, "hang_for_good", "edu.hang_for_good", "the same, and a function-level reset does not help"},
    {Fault::LoseInterrupt, "lose_interrupt", "edu.lose_interrupt", "the status is set, nothing is signalled"},
    {Fault::WrongAnswer, "wrong_answer", "edu.wrong_answer", "one bit of a factorial is wrong"},
    {Fault::SlowReset, "slow_reset", "edu.slow_reset",
     "after a function-level reset configuration reads get retry status for ready_after"},
    {Fault::StuckInReset, "stuck_in_reset", "edu.stuck_in_reset", "the same, until its power or reset line is used"},
    {Fault::DmaAfterReset, "dma_after_reset", "edu.dma_after_reset",
     "a transfer to RAM that a function-level reset has cancelled still arrives, once bus mastering is on again"},
    {Fault::Die, "die", "edu.die", "at a command it falls off its bus: all ones until its power is cut"},
};
inline constexpr std::size_t kFaultCount = std::size(kFaultKinds);

/// Counts are the strikes left; 0: the fault is off and its site is never asked.
struct Faults {
  std::array<unsigned, kFaultCount> strikes_left{};
  machine::Duration ready_after = std::chrono::seconds(5);  ///< of SlowReset

  unsigned& operator[](Fault fault) { return strikes_left[static_cast<std::size_t>(fault)]; }
};

constexpr bool every_fault_has_its_row() {
  for (std::size_t i = 0; i < kFaultCount; ++i)
    if (kFaultKinds[i].fault != static_cast<Fault>(i)) return false;
  return kFaultCount == static_cast<std::size_t>(Fault::Die) + 1;
}
static_assert(every_fault_has_its_row());

/// Nothing if no fault has that name.
constexpr std::optional<Fault> find_fault(std::string_view name) {
  for (const FaultKind& kind : kFaultKinds)
    if (kind.name == name) return kind.fault;
  return std::nullopt;
}

}  // namespace drydock::models::edu
