#include "wdf/restart.h"

#include <cstring>

#include "wdf/deferred.h"
#include "wdf/device.h"
#include "wdf/send_irp.h"

namespace drydock::wdf {

namespace {

/// What the volatile key below the devnode's hardware key holds; it lives across instances and ends with the boot.
struct Budget {
  LONGLONG opened_100ns;  ///< when the first of the counted restarts was asked for
  ULONG restarts;
  ULONG reached_started;
};

UNICODE_STRING counted(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text.data()};
}

class BudgetKey {
 public:
  explicit BudgetKey(Device& device) {
    HANDLE parent = nullptr;
    if (!NT_SUCCESS(IoOpenDeviceRegistryKey(device.pdo, PLUGPLAY_REGKEY_DEVICE, kKeyAllAccess, &parent))) return;
    UNICODE_STRING name = counted(name_);
    OBJECT_ATTRIBUTES attributes{};
    attributes.Length = sizeof attributes;
    attributes.RootDirectory = parent;
    attributes.ObjectName = &name;
    attributes.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    if (!NT_SUCCESS(ZwCreateKey(&key_, kKeyAllAccess, &attributes, 0, nullptr, REG_OPTION_VOLATILE, nullptr)))
      key_ = nullptr;
    ZwClose(parent);
  }
  ~BudgetKey() {
    if (key_) ZwClose(key_);
  }
  BudgetKey(const BudgetKey&) = delete;

  explicit operator bool() const { return key_ != nullptr; }
  bool read(Budget& budget) {
    struct {
      KEY_VALUE_PARTIAL_INFORMATION head;
      UCHAR more[sizeof(Budget)];
    } block;
    UNICODE_STRING name = counted(value_);
    ULONG length = 0;
    if (!NT_SUCCESS(ZwQueryValueKey(key_, &name, KeyValuePartialInformation, &block, sizeof block, &length)))
      return false;
    if (block.head.DataLength != sizeof budget) return false;
    std::memcpy(&budget, block.head.Data, sizeof budget);
    return true;
  }
  void write(Budget budget) {
    UNICODE_STRING name = counted(value_);
    ZwSetValueKey(key_, &name, 0, REG_BINARY, &budget, sizeof budget);
  }

 private:
  static constexpr ACCESS_MASK kKeyAllAccess = 0xF003F;
  std::u16string name_ = u"RestartKey", value_ = u"Restart";
  HANDLE key_ = nullptr;
};

/// WDF-370, WDF-371: counts one more restart, if it may be.
bool take_one(Device& device) {
  BudgetKey key(device);
  if (!key) return false;
  LARGE_INTEGER now;
  now.QuadPart = static_cast<LONGLONG>(KeQueryInterruptTime());
  Budget budget{};
  if (!key.read(budget)) {
    key.write({now.QuadPart, 1, device.was_started});
    return true;
  }
  if (now.QuadPart - budget.opened_100ns < kRestartPeriod_100ns) {
    if (budget.restarts >= kRestartsMax) return false;
    ++budget.restarts;
    budget.reached_started |= device.was_started;
    key.write(budget);
    return true;
  }
  if (!budget.reached_started && !device.was_started) return false;
  key.write({now.QuadPart, 1, 0});
  return true;
}

void ask_bus(Device& device) {
  if (auto ask = device.reenumerate.SurpriseRemoveAndReenumerateSelf)
    machine::call_driver(ask, device.reenumerate.Context);
}

bool bus_can(const Device& device) {
  return device.reenumerate.SurpriseRemoveAndReenumerateSelf != nullptr;
}

}  // namespace

void query_bus_interfaces(Device& device) {
  if (bus_can(device)) return;
  REENUMERATE_SELF_INTERFACE_STANDARD interface {};
  interface.Size = sizeof interface;
  interface.Version = 1;
  if (NT_SUCCESS(query_interface(device.pdo, GUID_REENUMERATE_SELF_INTERFACE_STANDARD, sizeof interface, 1,
                                 reinterpret_cast<INTERFACE*>(&interface), nullptr, false)))
    device.reenumerate = interface;
}

void release_bus_interfaces(Device& device) {
  if (!bus_can(device)) return;
  if (auto release = device.reenumerate.InterfaceDereference) machine::call_driver(release, device.reenumerate.Context);
  device.reenumerate = {};
}

void note_started(Device& device) {
  device.was_started = true;
}

void restart_device(Device& device) {
  if (device.failed_action == WdfDeviceFailedNoRestart || !bus_can(device)) return;
  // WDF-372: a call of WdfDeviceSetFailed from a driver of 1.23 or later has asked already.
  if (device.failed_action == WdfDeviceFailedAttemptRestart && device.client().built_for(23)) return;
  if (take_one(device)) ask_bus(device);
}

void set_failed(Device& device, bool attempt_restart) {
  device.state_failed = true;
  const auto act = [&device, attempt_restart] {
    const bool budgeted = device.client().built_for(23);
    if (attempt_restart && bus_can(device) && (!budgeted || take_one(device)))
      ask_bus(device);
    else
      device.invalidate_state();
  };
  if (KeGetCurrentIrql() == PASSIVE_LEVEL) return act();
  device.reference();  // WDF-369
  at_passive_level([&device, act] {
    act();
    device.dereference();
  });
}

}  // namespace drydock::wdf
