#include "wdf/device_interface.h"

namespace drydock::wdf {

namespace {

UNICODE_STRING counted(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text.data()};
}

}  // namespace

void set_interface(Device&, DeviceInterface& interface, bool on) {
  if (on && !interface.wanted) return;
  if (interface.enabled == on || interface.link.empty()) return;
  UNICODE_STRING link = counted(interface.link);
  IoSetDeviceInterfaceState(&link, on);
  interface.enabled = on;
}

void delete_symbolic_link(Device& device) {
  if (device.symbolic_link.empty()) return;
  UNICODE_STRING link = counted(device.symbolic_link);
  IoDeleteSymbolicLink(&link);
  device.symbolic_link.clear();
}

}  // namespace drydock::wdf
