#pragma once
// A run as one word of a command line, or as a small file: everything that decides it, and the digest it had.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"
#include "scenario/run.h"

namespace drydock::explore {

struct ReplayToken {
  std::vector<std::string> drivers;
  std::string board;
  std::string scenario;
  unsigned processors = 0;
  unsigned requests = 0;
  machine::Duration budget{};  ///< virtual time; 0: the ordinary one
  scenario::VerifierOptions verifier;
  scenario::StrategyChoice strategy;
  std::string digest;             ///< of the run; empty if it is not known
  std::uint64_t fingerprint = 0;  ///< of the first driver's file, 0 if it is not known
};

/// driver=build/guest/pvscsi.sys,board=pvscsi,scenario=lifecycle,processors=1,seed=7,digest=...: one shell word.
std::string to_text(const ReplayToken& token);
/// Also reads what `to_file` wrote. Fails with a sentence that names the part.
host::Result<ReplayToken> parse_token(std::string_view text);
/// A line for each part; the decisions themselves instead of the seed.
std::string to_file(ReplayToken token, const std::vector<std::uint32_t>& answers);

ReplayToken token_of(const scenario::RunConfig& config, const scenario::RunResult& result);

}  // namespace drydock::explore
