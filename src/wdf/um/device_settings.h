#pragma once
// What an INF says about a device of a user-mode driver: values below the subkey WUDF of the devnode's hardware key.

#include "wdf/kernel.h"

namespace drydock::wdf::um {

struct DeviceSettings {
  bool direct_hardware_access = false;  ///< "DirectHardwareAccess", a dword: UmdfDirectHardwareAccess allows it (WDF-422)
  bool shares_process = false;          ///< "HostProcessSharing", a dword: UmdfHostProcessSharing enables it
  bool had_to_leave = false;            ///< ... and it failed in a shared process again (WDF-426)
};
DeviceSettings read_settings(DEVICE_OBJECT* pdo);

}  // namespace drydock::wdf::um
