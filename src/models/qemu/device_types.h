#pragma once
// What is known beforehand of QEMU's devices: how disks hang behind each of them.

#include <span>
#include <string_view>

namespace drydock::models::qemu {

enum class DiskBus {
  None,    ///< the device has no disks
  Scsi,    ///< a scsi-hd for each, by target and unit
  Ide,     ///< an ide-hd for each, one a port
  Itself,  ///< the device is the disk: its `drive` property
};

struct DeviceType {
  std::string_view name;
  DiskBus disks = DiskBus::None;
};

std::span<const DeviceType> known_device_types();
/// Of a name that is not known: no disks.
DeviceType device_type(std::string_view name);

}  // namespace drydock::models::qemu
