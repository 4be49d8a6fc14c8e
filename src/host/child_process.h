#pragma once
// Other programs that the command runs on the user's behalf. Never from a sandboxed worker.

#include <chrono>
#include <string>
#include <vector>

#include "host/result.h"

namespace drydock::host {

struct ChildOutput {
  int exit_code = 0;  ///< -1: it was ended by a signal
  std::string text;   ///< standard output and standard error, as they came
};

/// Runs `program` (looked up along PATH) with nothing on its standard input and waits for its end. Fails with a
/// sentence if it is not installed, does not end within `limit` (it is killed then), or says more than 4 MiB.
Result<ChildOutput> run_program(const std::string& program, const std::vector<std::string>& arguments,
                                std::chrono::milliseconds limit);

}  // namespace drydock::host
