#pragma once
// What shrinking a failing run came to.

#include <string>

#include "report/look.h"
#include "scenario/run.h"

namespace drydock::report {

struct ShrinkSummary {
  std::uint64_t tries = 0;
  std::size_t decisions_before = 0, decisions_after = 0;
  const scenario::RunResult* before = nullptr;
  const scenario::RunResult* after = nullptr;  ///< its trace, if there is one, tells the decisions
  bool finished = true;
};

/// What became of it, and each decision that is left: when, on which processor, what ran there, where the driver was.
std::string text_of(const ShrinkSummary& summary, const Look& look);
/// `run`: the small run, as json_of has it.
std::string json_of(const ShrinkSummary& summary, const std::string& run);

}  // namespace drydock::report
