#include "wdf/um/device_settings.h"

#include <cstring>
#include <string>

#include "wdf/restart.h"

namespace drydock::wdf::um {

namespace {

constexpr ACCESS_MASK kKeyRead = 0x20019, kKeyAllAccess = 0xF003F;

UNICODE_STRING counted(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text.data()};
}

ULONG dword(HANDLE key, std::u16string name) {
  struct {
    KEY_VALUE_PARTIAL_INFORMATION head;
    UCHAR more[sizeof(ULONG)];
  } block;
  UNICODE_STRING text = counted(name);
  ULONG length = 0, value = 0;
  if (NT_SUCCESS(ZwQueryValueKey(key, &text, KeyValuePartialInformation, &block, sizeof block, &length)) &&
      block.head.Type == REG_DWORD && block.head.DataLength == sizeof value)
    std::memcpy(&value, block.head.Data, sizeof value);
  return value;
}

}  // namespace

DeviceSettings read_settings(DEVICE_OBJECT* pdo) {
  DeviceSettings settings;
  HANDLE hardware = nullptr;
  if (!NT_SUCCESS(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DEVICE, kKeyAllAccess, &hardware))) return settings;
  settings.had_to_leave = had_to_leave_shared_process(hardware);
  std::u16string name = u"WUDF";
  UNICODE_STRING text = counted(name);
  OBJECT_ATTRIBUTES attributes{};
  attributes.Length = sizeof attributes;
  attributes.RootDirectory = hardware;
  attributes.ObjectName = &text;
  attributes.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
  HANDLE key = nullptr;
  if (NT_SUCCESS(ZwOpenKey(&key, kKeyRead, &attributes))) {
    settings.direct_hardware_access = dword(key, u"DirectHardwareAccess") != 0;
    settings.shares_process = dword(key, u"HostProcessSharing") != 0;
    ZwClose(key);
  }
  ZwClose(hardware);
  return settings;
}

}  // namespace drydock::wdf::um
