#include "host/sanitizer.h"

#if defined(__SANITIZE_ADDRESS__)

#include <sanitizer/asan_interface.h>

namespace drydock::host {

void unpoison_stack(std::byte* lowest, std::size_t bytes) { __asan_unpoison_memory_region(lowest, bytes); }

}  // namespace drydock::host

// Every process of ours needs these, however it is started. Drivers' faults are ours to handle; a driver's stack and
// ours alternate under one frame, which fake stacks cannot follow; a dropped machine frees nothing, which leak
// detection would call leaks; the sandbox lets no symbolizer start.
extern "C" const char* __asan_default_options() {
  return "handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:use_sigaltstack=0:"
         "detect_stack_use_after_return=0:detect_leaks=0";
}

#endif
