#pragma once
// Device interfaces: a class, a device, a symbolic link that works while the interface is enabled.

#include <string>
#include <string_view>
#include <vector>

#include "nt/guid.h"
#include "nt/string.h"
#include "ntos/pnp/devnode.h"

namespace drydock::ntos::pnp {

struct DeviceInterface {
  nt::GUID class_guid{};
  std::u16string instance_path;      ///< of the device that registered it
  std::u16string reference_string;   ///< "" for none
  std::u16string link;               ///< "\??\PCI#VEN_...#...#{guid}" [ "\" reference string ]
  nt::DEVICE_OBJECT* pdo = nullptr;  ///< of the present instance; null: none
  bool wanted = false;               ///< enabled by its driver
  bool enabled = false;              ///< the link exists and arrival was announced
};

class InterfaceTable {
 public:
  /// The entry for class, device and reference string, made on the first call.
  DeviceInterface& add(Devnode& node, const nt::GUID& class_guid, std::u16string_view reference_string);
  DeviceInterface* find(std::u16string_view link);
  /// Before the device's start has succeeded the wish is only noted. STATUS_OBJECT_NAME_EXISTS if it is so already.
  nt::NTSTATUS set_state(DeviceInterface& interface, bool enable);
  void device_started(Devnode& node);
  /// The stack goes: whatever its drivers left enabled ends here.
  void device_leaves(Devnode& node);

  /// Enabled ones (or all) of a class, of one device or of any; in order of registration.
  std::vector<const DeviceInterface*> of_class(const nt::GUID& class_guid, const nt::DEVICE_OBJECT* pdo,
                                               bool disabled_too) const;
  const std::vector<DeviceInterface*>& all() const { return interfaces_; }

 private:
  nt::NTSTATUS enable(DeviceInterface& interface);
  void disable(DeviceInterface& interface);

  std::vector<DeviceInterface*> interfaces_;
};

}  // namespace drydock::ntos::pnp
