#pragma once
// The callbacks of a device's life as they come, for people: notes in the trace, never in the digest, and nothing while
// no trace is kept. Names and order are those of the contract's table of short names; report/callback_list.cpp reads
// the notes, whose words are
//
//   WDFDEVICE#1 of edu.sys has D0Entry          when it is created, once for each callback it registered
//   WDFDEVICE#1 of edu.sys > START              a request that changes its state
//   WDFDEVICE#1 of edu.sys calls D0Entry(D3Final)
//   WDFDEVICE#1 of edu.sys failed D0Entry       it returned a failure; or a step of the framework's own did, as Connect
//   WDFDEVICE#1 of edu.sys says failed          its driver called WdfDeviceSetFailed
//   WDFDRIVER of edu.sys > LOAD                 binding; then as above, to WdfVersionUnbind

#include <string_view>
#include <type_traits>

#include "wdf/callback.h"
#include "wdf/running_callback.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Device;

void note_call(const Device& device, std::string_view name);
void note_failure(const Device& device, std::string_view name);
void note_request(const Device& device, std::string_view request);
void note_has(const Device& device, std::string_view name);
/// The device goes again because it, or what EvtDriverDeviceAdd wants beside it, cannot be made.
void note_add_failed(const Device& device);
void note_says_failed(const Device& device);
/// `driver` by name: at the beginning of a binding there is nothing else. `words` as "calls Unload".
void note_driver(std::string_view driver, std::string_view words);
/// What its tables register.
void note_callbacks(const Device& device);
/// "D0Entry" and a state: "D0Entry(D3Final)".
std::string with_state(std::string_view name, WDF_POWER_DEVICE_STATE state);

/// Calls the driver, and says so.
template <class Callback, class... Arguments>
auto call_noted(const Device& device, std::string_view name, Callback callback, Arguments... arguments) {
  note_call(device, name);
  const RunningCallback running(device, name);
  if constexpr (std::is_same_v<decltype(call_driver(callback, arguments...)), NTSTATUS>) {
    const NTSTATUS status = call_driver(callback, arguments...);
    if (!NT_SUCCESS(status)) note_failure(device, name);
    return status;
  } else {
    return call_driver(callback, arguments...);
  }
}

}  // namespace drydock::wdf
