#include "ntos/pnp/notification.h"

#include <algorithm>
#include <cstring>

#include "ntos/io/driver.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/pool.h"

namespace drydock::ntos::pnp {

using namespace nt;

Registration* NotificationTable::add(Registration registration) {
  registration.number = ++last_number_;
  registration.holds_file = registration.file != nullptr;
  if (registration.holds_file) ob::reference(registration.file);
  registrations_.push_back(new Registration(std::move(registration)));
  return registrations_.back();
}

void NotificationTable::remove(Registration* registration) {
  registration->gone = true;
  std::erase(registrations_, registration);
  if (std::exchange(registration->holds_file, false)) ob::dereference(registration->file);
}

bool NotificationTable::has(const Registration* registration) const {
  return std::find(registrations_.begin(), registrations_.end(), registration) != registrations_.end();
}

NTSTATUS NotificationTable::call(Registration& registration, PVOID structure) {
  ++registration.calls;
  const NTSTATUS status = machine::call_driver(registration.callback, structure, registration.context);
  --registration.calls;
  return status;
}

void NotificationTable::tell_interface(Registration& registration, const GUID& class_guid, std::u16string_view link,
                                       const GUID& event) {
  struct Block {
    DEVICE_INTERFACE_CHANGE_NOTIFICATION notification;
    UNICODE_STRING name;
    WCHAR text[1];
  };
  PoolPointer<Block> block(static_cast<Block*>(allocate_pool(sizeof(Block) + link.size() * sizeof(WCHAR))));
  if (!block) return;
  std::memcpy(block->text, link.data(), link.size() * sizeof(WCHAR));
  const auto bytes = static_cast<USHORT>(link.size() * sizeof(WCHAR));
  block->name = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), block->text};
  block->notification = {.Version = 1,
                         .Size = sizeof(DEVICE_INTERFACE_CHANGE_NOTIFICATION),
                         .Event = event,
                         .InterfaceClassGuid = class_guid,
                         .SymbolicLinkName = &block.get()->name};
  call(registration, &block.get()->notification);
}

void NotificationTable::interface_event(const DeviceInterface& interface, const GUID& event) {
  const bool anybody = std::any_of(registrations_.begin(), registrations_.end(), [&](const Registration* each) {
    return each->category == EventCategoryDeviceInterfaceChange && each->class_guid == interface.class_guid;
  });
  if (!anybody) return;
  manager().queue_work([this, class_guid = interface.class_guid, link = interface.link, event] {
    for (Registration* each : std::vector<Registration*>(registrations_))
      if (!each->gone && each->category == EventCategoryDeviceInterfaceChange && each->class_guid == class_guid)
        tell_interface(*each, class_guid, link, event);
  });
}

void NotificationTable::tell_existing(Registration& registration,
                                      const std::vector<const DeviceInterface*>& interfaces) {
  for (const DeviceInterface* each : interfaces)
    tell_interface(registration, each->class_guid, each->link, GUID_DEVICE_INTERFACE_ARRIVAL);
}

NTSTATUS NotificationTable::call_target(Registration& registration, const GUID& event) {
  PoolPointer<TARGET_DEVICE_REMOVAL_NOTIFICATION> block(
      static_cast<TARGET_DEVICE_REMOVAL_NOTIFICATION*>(allocate_pool(sizeof(TARGET_DEVICE_REMOVAL_NOTIFICATION))));
  if (!block) return STATUS_INSUFFICIENT_RESOURCES;
  *block.get() = {.Version = 1,
                  .Size = sizeof(TARGET_DEVICE_REMOVAL_NOTIFICATION),
                  .Event = event,
                  .FileObject = registration.file};
  return call(registration, block.get());
}

bool NotificationTable::query_target_removal(Devnode& node, std::string& who) {
  std::vector<Registration*> asked;
  for (Registration* each : std::vector<Registration*>(registrations_)) {
    if (each->gone || each->category != EventCategoryTargetDeviceChange || each->devnode != node.id) continue;
    asked.push_back(each);
    if (NT_SUCCESS(call_target(*each, GUID_TARGET_DEVICE_QUERY_REMOVE))) continue;
    who = fmt::format("a notification callback of {}", io::driver_name(each->driver));
    for (auto other = asked.rbegin(); other != asked.rend(); ++other)
      if (!(*other)->gone) call_target(**other, GUID_TARGET_DEVICE_REMOVE_CANCELLED);
    return false;
  }
  return true;
}

void NotificationTable::target_event(Devnode& node, const GUID& event) {
  for (Registration* each : std::vector<Registration*>(registrations_))
    if (!each->gone && each->category == EventCategoryTargetDeviceChange && each->devnode == node.id)
      call_target(*each, event);
}

void NotificationTable::custom_event(Devnode& node, TARGET_DEVICE_CUSTOM_NOTIFICATION* notification) {
  for (Registration* each : std::vector<Registration*>(registrations_)) {
    if (each->gone || each->category != EventCategoryTargetDeviceChange || each->devnode != node.id) continue;
    notification->FileObject = each->file;
    call(*each, notification);
  }
}

unsigned NotificationTable::files_kept_alive(const Devnode& node) const {
  std::vector<const FILE_OBJECT*> seen;
  unsigned kept = 0;
  for (const Registration* each : registrations_) {
    if (each->devnode != node.id || !each->holds_file) continue;
    if (std::find(seen.begin(), seen.end(), each->file) != seen.end()) continue;
    seen.push_back(each->file);
    const auto ours = std::count_if(registrations_.begin(), registrations_.end(), [&](const Registration* other) {
      return other->holds_file && other->file == each->file;
    });
    if (ob::header_of(each->file)->PointerCount == ours) ++kept;
  }
  return kept;
}

void NotificationTable::release_files(Devnode& node) {
  for (Registration* each : std::vector<Registration*>(registrations_))
    if (each->devnode == node.id && std::exchange(each->holds_file, false)) ob::dereference(each->file);
}

void NotificationTable::forget_targets(Devnode& node) {
  for (Registration* each : registrations_)
    if (each->devnode == node.id) each->devnode = 0;
}

}  // namespace drydock::ntos::pnp
