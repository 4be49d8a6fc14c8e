#pragma once
// What is known beforehand of QEMU's devices: how disks hang behind each of them, and what else QEMU needs.

#include <cstdint>
#include <span>
#include <string_view>

namespace drydock::models::qemu {

class Qtest;

enum class DiskBus {
  None,    ///< the device has no disks
  Scsi,    ///< a scsi-hd for each, by target and unit
  Ide,     ///< an ide-hd for each, one a port
  Itself,  ///< the device is the disk: its `drive` property
};

struct DeviceType {
  std::string_view name;
  DiskBus disks = DiskBus::None;
  /// What must go before its power does, or QEMU stands still for ever. `registers`: where its first window is.
  void (*calm)(Qtest& qtest, std::uint64_t registers) = nullptr;
};

std::span<const DeviceType> known_device_types();
/// Of a name that is not known: no disks.
DeviceType device_type(std::string_view name);

}  // namespace drydock::models::qemu
