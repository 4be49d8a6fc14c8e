#include "host/check.h"

#include <cstdio>
#include <cstdlib>

#include "host/result.h"

namespace drydock::host {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "drydock: broken promise of our own: %s (%s:%d)\n", condition, file, line);
  std::fflush(nullptr);
  std::_Exit(static_cast<int>(ExitCode::HostFault));
}

}  // namespace drydock::host
