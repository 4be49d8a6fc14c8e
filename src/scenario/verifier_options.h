#pragma once
// What the verifiers do besides in a run, by the names of `--verifier`.

#include <string>
#include <string_view>

#include "host/result.h"

namespace drydock::scenario {

struct VerifierOptions {
  bool special_pool = false;  ///< "special-pool": verifier/special_pool.h
  bool io = false;            ///< "io": I/O verification, ntos/io/pending_check.h
  bool framework = false;     ///< "wdf": the checks that KMDF makes under its own verifier only
  friend bool operator==(const VerifierOptions&, const VerifierOptions&) = default;
};

/// "special-pool+wdf"; "" if there is none.
std::string to_text(const VerifierOptions& options);
/// Names between commas or plus signs; fails with a sentence on one that there is not.
host::Result<VerifierOptions> parse_verifier(std::string_view text);

}  // namespace drydock::scenario
