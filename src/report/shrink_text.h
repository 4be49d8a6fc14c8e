#pragma once
// What shrinking a failing run came to.

#include <string>

#include "report/look.h"
#include "scenario/run.h"

namespace drydock::report {

struct ShrinkSummary {
  std::uint64_t runs = 0;
  std::size_t decisions_before = 0, decisions_after = 0;
  std::size_t steps_before = 0, steps_after = 0;
  unsigned requests_before = 0, requests_after = 0;
  unsigned processors_before = 0, processors_after = 0;
  std::uint64_t seed = 0;  ///< 0: none
  bool finished = true;
  const machine::Trace* trace = nullptr;  ///< of the small run
};

/// What became of it, and each decision that is left: when, on which processor, what ran there, where the driver was.
std::string text_of(const ShrinkSummary& summary, const Look& look);
/// `run`: the small run, as json_of has it.
std::string json_of(const ShrinkSummary& summary, const std::string& run);

}  // namespace drydock::report
