#pragma once
// HOST_CHECK: a broken promise of our own. Kept in release; stops at once with the place and the condition (exit code 4).

namespace drydock::host {

/// Prints the failed condition and ends the process with ExitCode::HostFault.
[[noreturn, gnu::cold, gnu::noinline]] void check_failed(const char* condition, const char* file, int line);

}  // namespace drydock::host

#define HOST_CHECK(condition) \
  (__builtin_expect(!!(condition), 1) ? void() : ::drydock::host::check_failed(#condition, __FILE__, __LINE__))
