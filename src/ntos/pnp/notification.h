#pragma once
// IoRegisterPlugPlayNotification: who is told of interfaces that come and go, and of what befalls an open device.

#include <string>
#include <vector>

#include "nt/device_object.h"
#include "nt/pnp.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/pnp/devnode.h"

namespace drydock::ntos::pnp {

struct Registration {
  std::uint32_t number = 0;
  nt::IO_NOTIFICATION_EVENT_CATEGORY category{};
  nt::GUID class_guid{};            ///< interface changes
  nt::FILE_OBJECT* file = nullptr;  ///< target device
  bool holds_file = false;          ///< has a reference on it
  std::uint32_t devnode = 0;        ///< target device
  nt::DRIVER_OBJECT* driver = nullptr;
  nt::PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback = nullptr;
  nt::PVOID context = nullptr;
  bool gone = false;   ///< unregistered
  unsigned calls = 0;  ///< in progress
};

/// Callbacks run on the PnP worker at PASSIVE_LEVEL, in order of registration.
class NotificationTable {
 public:
  Registration* add(Registration registration);
  /// No call of its routine begins after this; waits for one in progress unless made from inside it.
  void remove(Registration* registration);
  bool has(const Registration* registration) const;

  /// Queues the news; existing interfaces are told by tell_existing in the caller's context.
  void interface_event(const DeviceInterface& interface, const nt::GUID& event);
  void tell_existing(Registration& registration, const std::vector<const DeviceInterface*>& interfaces);
  /// GUID_TARGET_DEVICE_QUERY_REMOVE; false names the one that objected in `who`, the others have been told it is off.
  bool query_target_removal(Devnode& node, std::string& who);
  void target_event(Devnode& node, const nt::GUID& event);
  /// A driver's own event (IoReportTargetDeviceChange).
  void custom_event(Devnode& node, nt::TARGET_DEVICE_CUSTOM_NOTIFICATION* notification);
  void forget_targets(Devnode& node);
  /// The device goes: registrations let go of their files, which are from now on only names.
  void release_files(Devnode& node);
  /// Files of the device that nobody but registrations holds: their last handle is closed.
  unsigned files_kept_alive(const Devnode& node) const;
  const std::vector<Registration*>& all() const { return registrations_; }

 private:
  nt::NTSTATUS call(Registration& registration, nt::PVOID structure);
  nt::NTSTATUS call_target(Registration& registration, const nt::GUID& event);
  void tell_interface(Registration& registration, const nt::GUID& class_guid, std::u16string_view link,
                      const nt::GUID& event);

  std::vector<Registration*> registrations_;
  std::uint32_t last_number_ = 0;
};

}  // namespace drydock::ntos::pnp
