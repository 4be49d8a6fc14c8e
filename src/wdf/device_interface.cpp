#include "wdf/device_interface.h"

namespace drydock::wdf {

namespace {

UNICODE_STRING counted(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text.data()};
}

}  // namespace

NTSTATUS register_interface(Device& device, DeviceInterface& interface) {
  UNICODE_STRING reference = counted(interface.reference), link{};
  const NTSTATUS status = IoRegisterDeviceInterface(device.pdo, &interface.guid,
                                                    interface.reference.empty() ? nullptr : &reference, &link);
  if (!NT_SUCCESS(status)) return status;
  interface.link.assign(link.Buffer, link.Length / sizeof(WCHAR));
  ntos::RtlFreeUnicodeString(&link);
  return STATUS_SUCCESS;
}

void set_interface(Device& device, DeviceInterface& interface, bool on) {
  if (on && !interface.wanted) return;
  // A child made before its bus reported it has had no devnode to register with. Should this fail, the device works and
  // nobody finds it (WDF-206).
  if (on && interface.link.empty() && !NT_SUCCESS(register_interface(device, interface))) return;
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
