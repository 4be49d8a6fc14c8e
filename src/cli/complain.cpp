#include <cstdio>

#include "cli/command.h"

namespace drydock::cli {

int complain(const host::Error& failure) {
  std::fflush(stdout);
  std::fprintf(stderr, "drydock: %s\n", failure.message.c_str());
  return exit_code(failure.exit_code);
}

}  // namespace drydock::cli
