#include "wdf/restart.h"

#include <cstring>

#include "wdf/callback.h"
#include "wdf/deferred.h"
#include "wdf/device.h"
#include "wdf/send_irp.h"
#include "wdf/um/host_process.h"
#include "wdf/um/reflector.h"

namespace drydock::wdf {

namespace {

constexpr ACCESS_MASK kKeyAllAccess = 0xF003F;

UNICODE_STRING counted(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text.data()};
}

/// WDF\Restart below the devnode's hardware key: it lives across instances, serves the whole stack, and ends with the
/// boot.
class RestartKey {
 public:
  explicit RestartKey(Device& device) {
    HANDLE hardware = nullptr;
    if (!NT_SUCCESS(IoOpenDeviceRegistryKey(device.pdo, PLUGPLAY_REGKEY_DEVICE, kKeyAllAccess, &hardware))) return;
    open(hardware);
    ZwClose(hardware);
  }
  explicit RestartKey(HANDLE hardware) { open(hardware); }
  ~RestartKey() {
    if (key_) ZwClose(key_);
  }
  RestartKey(const RestartKey&) = delete;

  explicit operator bool() const { return key_ != nullptr; }

  /// STATUS_OBJECT_NAME_NOT_FOUND if it is not there, another failure if it is of another type or size.
  template <typename T>
  NTSTATUS read(std::u16string name, T* value) {
    struct {
      KEY_VALUE_PARTIAL_INFORMATION head;
      UCHAR more[sizeof(T)];
    } block;
    UNICODE_STRING text = counted(name);
    ULONG length = 0;
    const NTSTATUS status = ZwQueryValueKey(key_, &text, KeyValuePartialInformation, &block, sizeof block, &length);
    if (!NT_SUCCESS(status)) return status;
    if (block.head.Type != type_of<T>() || block.head.DataLength != sizeof(T)) return STATUS_OBJECT_TYPE_MISMATCH;
    std::memcpy(value, block.head.Data, sizeof(T));
    return STATUS_SUCCESS;
  }
  template <typename T>
  void write(std::u16string name, T value) {
    UNICODE_STRING text = counted(name);
    ZwSetValueKey(key_, &text, 0, type_of<T>(), &value, sizeof value);
  }

 private:
  template <typename T>
  static constexpr ULONG type_of() {
    return sizeof(T) == sizeof(ULONG) ? REG_DWORD : REG_BINARY;
  }
  void open(HANDLE hardware) {
    const HANDLE settings = create(hardware, u"WDF", REG_OPTION_NON_VOLATILE);
    if (!settings) return;
    key_ = create(settings, u"Restart", REG_OPTION_VOLATILE);
    ZwClose(settings);
  }
  static HANDLE create(HANDLE parent, std::u16string name, ULONG options) {
    UNICODE_STRING text = counted(name);
    OBJECT_ATTRIBUTES attributes{};
    attributes.Length = sizeof attributes;
    attributes.RootDirectory = parent;
    attributes.ObjectName = &text;
    attributes.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    HANDLE key = nullptr;
    return NT_SUCCESS(ZwCreateKey(&key, kKeyAllAccess, &attributes, 0, nullptr, options, nullptr)) ? key : nullptr;
  }
  HANDLE key_ = nullptr;
};

/// WDF-370, WDF-371, RST-152 to RST-154: counts one more restart, if it may be.
bool take_one(Device& device) {
  constexpr auto kStartTime = u"StartTime", kCount = u"Count", kStartAchieved = u"StartAchieved";
  RestartKey key(device);
  if (!key) return false;
  if (device.was_started) key.write<ULONG>(kStartAchieved, 1);

  const auto now = static_cast<LONGLONG>(KeQueryInterruptTime());
  const auto open_window = [&] {
    key.write<LONGLONG>(kStartTime, now);
    key.write<ULONG>(kCount, 1);
    return true;
  };
  LONGLONG opened = 0;
  const NTSTATUS status = key.read(kStartTime, &opened);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND) return open_window();
  if (!NT_SUCCESS(status)) return false;
  if (opened > now) return open_window();
  if (now - opened < kRestartPeriod_100ns) {
    ULONG count = 1;
    key.read(kCount, &count);
    if (count >= kRestartsMax) return false;
    key.write<ULONG>(kCount, count + 1);
    return true;
  }
  ULONG achieved = 0;
  key.read(kStartAchieved, &achieved);
  if (!achieved) return false;
  key.write<ULONG>(kStartAchieved, 0);
  return open_window();
}

void ask_bus(Device& device) {
  if (auto ask = device.reenumerate.SurpriseRemoveAndReenumerateSelf)
    call_driver(ask, device.reenumerate.Context);
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
  if (auto release = device.reenumerate.InterfaceDereference) call_driver(release, device.reenumerate.Context);
  device.reenumerate = {};
}

void note_started(Device& device) {
  device.was_started = true;
}

bool restart_after_host_end(Device& device, bool was_shared) {
  constexpr auto kFailures = u"UmdfFailures", kLastFailure = u"UmdfLastFailure", kLeft = u"UmdfOwnProcess";
  if (!bus_can(device)) return false;
  RestartKey key(device);
  if (!key) return false;
  const auto now = static_cast<LONGLONG>(KeQueryInterruptTime());
  LONGLONG last = 0;
  ULONG failures = 0;
  if (NT_SUCCESS(key.read(kLastFailure, &last)) && now - last < um::kHostRestartPeriod_100ns)
    key.read(kFailures, &failures);
  if (was_shared && failures == 1) {  // it has failed in a shared process before
    key.write<ULONG>(kLeft, 1);
    failures = 0;
  }
  if (++failures > um::kHostRestartsMax) return false;
  key.write<LONGLONG>(kLastFailure, now);
  key.write<ULONG>(kFailures, failures);
  ask_bus(device);
  return true;
}

bool had_to_leave_shared_process(HANDLE hardware_key) {
  RestartKey key(hardware_key);
  ULONG left = 0;
  return key && NT_SUCCESS(key.read(u"UmdfOwnProcess", &left)) && left != 0;
}

void restart_device(Device& device) {
  if (device.client().host && device.client().host->ended()) return um::host_is_gone(device);
  if (device.failed_action == WdfDeviceFailedNoRestart || !bus_can(device)) return;
  // WDF-372: a call of WdfDeviceSetFailed from a driver of 1.23 or later has asked already.
  if (device.failed_action == WdfDeviceFailedAttemptRestart && device.client().built_for(23)) return;
  if (take_one(device)) ask_bus(device);
}

bool asks_late(const Device& device) {
  return device.failed_action == WdfDeviceFailedAttemptRestart && !device.client().built_for(23);
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
