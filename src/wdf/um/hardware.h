#pragma once
// Device memory that a user-mode driver's device has mapped (WDF-423, WDF-428).

#include <cstddef>

namespace drydock::wdf {

class Device;

struct HardwareMapping {
  std::byte* address;  ///< what the driver holds: of no use to it but in calls
  std::size_t bytes;
};

/// The register table goes, after EvtDeviceReleaseHardware or with the process; `complain` if mappings are left.
void unmap_hardware(Device& device, bool complain);

}  // namespace drydock::wdf
