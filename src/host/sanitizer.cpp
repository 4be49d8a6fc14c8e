#include "host/sanitizer.h"

#if defined(__SANITIZE_ADDRESS__)

#include <sanitizer/asan_interface.h>

#include "host/result.h"

namespace drydock::host {

void unpoison_stack(std::byte* lowest, std::size_t bytes) { __asan_unpoison_memory_region(lowest, bytes); }

}  // namespace drydock::host

// Every process of ours needs these, however it is started; a sandboxed one cannot read its environment either.
// Drivers' faults are ours to handle. A driver's stack and ours alternate under one frame, which fake stacks cannot
// follow. A dropped machine frees nothing, which leak detection would call leaks. A report ends the process as a host
// fault, never as a finding in a driver.
extern "C" const char* __asan_default_options() {
  static_assert(static_cast<int>(drydock::host::ExitCode::HostFault) == 4);
  return "handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:use_sigaltstack=0:"
         "detect_stack_use_after_return=0:detect_leaks=0:exitcode=4";
}
extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1:exitcode=4"; }

#endif
