#include "wdf/restart.h"

#include "wdf/device.h"
#include "wdf/send_irp.h"

namespace drydock::wdf {

void query_bus_interfaces(Device& device) {
  REENUMERATE_SELF_INTERFACE_STANDARD interface {};
  interface.Size = sizeof interface;
  interface.Version = 1;
  if (device.reenumerate.SurpriseRemoveAndReenumerateSelf || !device.lower) return;
  if (NT_SUCCESS(query_interface(device.lower, GUID_REENUMERATE_SELF_INTERFACE_STANDARD, sizeof interface, 1,
                                 reinterpret_cast<INTERFACE*>(&interface), nullptr, false)))
    device.reenumerate = interface;
}

void note_started(Device&) {}

void restart_device(Device&) {}

void set_failed(Device& device, bool) {
  device.state_failed = true;
  device.invalidate_state();
}

}  // namespace drydock::wdf
