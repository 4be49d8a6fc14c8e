#include "wdf/wmi.h"

#include "wdf/device.h"

namespace drydock::wdf {

NTSTATUS register_wmi(Device& device) {
  if (device.wmi_providers == 0 || device.wmi_registered) return STATUS_SUCCESS;
  const NTSTATUS status = ntos::io::IoWMIRegistrationControl(device.device_object, ntos::io::WMIREG_ACTION_REGISTER);
  device.wmi_registered = NT_SUCCESS(status);
  return status;
}

void deregister_wmi(Device& device) {
  if (!device.wmi_registered) return;
  device.wmi_registered = false;
  ntos::io::IoWMIRegistrationControl(device.device_object, ntos::io::WMIREG_ACTION_DEREGISTER);
}

}  // namespace drydock::wdf
