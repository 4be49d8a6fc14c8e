#pragma once
// Into a driver's callback and back.

#include <utility>

#include "machine/guest_call.h"
#include "wdf/framework.h"
#include "wdf/kernel.h"

namespace drydock::wdf {

/// What a callback must leave as it finds it (WDF-439).
struct CallbackState {
  KIRQL irql;
  bool in_critical_region;
};
CallbackState callback_state();
/// Stops with 0x10D/0xE or 0xF unless the thread is as it was.
void check_callback(const void* function, CallbackState before);

/// Calls a driver's function; under the framework's verifier it must come back as it went.
template <class R, class... P, class... A>
R call_driver(R(NTAPI* function)(P...), A... args) {
  if (!framework().settings.verifier) [[likely]]
    return machine::call_driver(function, args...);
  const CallbackState before = callback_state();
  if constexpr (std::is_void_v<R>) {
    machine::call_driver(function, args...);
    check_callback(reinterpret_cast<const void*>(function), before);
  } else {
    const R result = machine::call_driver(function, args...);
    check_callback(reinterpret_cast<const void*>(function), before);
    return result;
  }
}

}  // namespace drydock::wdf
