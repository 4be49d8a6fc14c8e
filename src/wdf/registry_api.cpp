// WDFKEY: registry keys.

#include <cstring>
#include <utility>
#include <vector>

#include "nt/registry.h"
#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/device_init.h"
#include "wdf/functions.h"
#include "wdf/kernel.h"
#include "wdf/string.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::exactly;

namespace {

class Key final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Key;
  Key(Client& client, HANDLE its_handle) : Object(kType, client), handle_(its_handle) { needs_passive = true; }
  ~Key() override { ZwClose(handle_); }
  HANDLE key() const { return handle_; }

 private:
  HANDLE handle_;
};

HANDLE key_from(WDFKEY handle) {
  return object_as<Key>(handle).key();
}

/// Owns `opened` from here on.
NTSTATUS new_key(Client& client, HANDLE opened, const WDF_OBJECT_ATTRIBUTES* attributes, WDFKEY* handle) {
  return commit_new(std::make_unique<Key>(client, opened), attributes, handle);
}

NTSTATUS check_create(const WDF_OBJECT_ATTRIBUTES* attributes, WDFKEY* handle) {
  require_pointer(handle, "a key's handle");
  *handle = nullptr;
  return check_attributes(attributes);
}

UNICODE_STRING* writable(PCUNICODE_STRING name) {
  return const_cast<UNICODE_STRING*>(name);
}

struct Value {
  ULONG type = REG_NONE;
  std::vector<UCHAR> data;
};

NTSTATUS query(WDFKEY handle, PCUNICODE_STRING name, Value* value) {
  require_pointer(name, "a registry value's name");
  const HANDLE key = key_from(handle);
  std::vector<UCHAR> buffer(256);
  ULONG bytes = 0;
  NTSTATUS status = ZwQueryValueKey(key, writable(name), KeyValuePartialInformation, buffer.data(),
                                    static_cast<ULONG>(buffer.size()), &bytes);
  if (status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL) {
    buffer.resize(bytes);
    status = ZwQueryValueKey(key, writable(name), KeyValuePartialInformation, buffer.data(),
                             static_cast<ULONG>(buffer.size()), &bytes);
  }
  if (!NT_SUCCESS(status)) return status;
  KEY_VALUE_PARTIAL_INFORMATION information;
  std::memcpy(&information, buffer.data(), sizeof(information));
  const UCHAR* data = buffer.data() + offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
  value->type = information.Type;
  value->data.assign(data, data + information.DataLength);
  return STATUS_SUCCESS;
}

/// A REG_SZ, without the zeros behind it.
NTSTATUS query_text(WDFKEY handle, PCUNICODE_STRING name, std::u16string* text) {
  Value value;
  if (const NTSTATUS status = query(handle, name, &value); !NT_SUCCESS(status)) return status;
  if (value.type != REG_SZ) return STATUS_OBJECT_TYPE_MISMATCH;
  text->assign(reinterpret_cast<const WCHAR*>(value.data.data()), value.data.size() / sizeof(WCHAR));
  while (!text->empty() && text->back() == 0) text->pop_back();
  return STATUS_SUCCESS;
}

NTSTATUS assign(WDFKEY handle, PCUNICODE_STRING name, ULONG type, PVOID data, ULONG bytes) {
  require_pointer(name, "a registry value's name");
  return ZwSetValueKey(key_from(handle), writable(name), 0, type, data, bytes);
}

NTSTATUS assign_text(WDFKEY handle, PCUNICODE_STRING name, const UNICODE_STRING& text) {
  std::u16string terminated(text.Buffer, text.Length / sizeof(WCHAR));
  return assign(handle, name, REG_SZ, terminated.data(), static_cast<ULONG>((terminated.size() + 1) * sizeof(WCHAR)));
}

}  // namespace

NTSTATUS NTAPI WdfRegistryOpenKey(WDF_DRIVER_GLOBALS* DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
                                  ACCESS_MASK DesiredAccess, WDF_OBJECT_ATTRIBUTES* KeyAttributes, WDFKEY* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(KeyName, "WdfRegistryOpenKey's KeyName");
  if (const NTSTATUS status = check_create(KeyAttributes, Handle); !NT_SUCCESS(status)) return status;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, writable(KeyName), OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                             ParentKey ? key_from(ParentKey) : nullptr, nullptr);
  HANDLE opened = nullptr;
  if (const NTSTATUS status = ZwOpenKey(&opened, DesiredAccess, &attributes); !NT_SUCCESS(status)) return status;
  return new_key(client, opened, KeyAttributes, Handle);
}

NTSTATUS NTAPI WdfRegistryCreateKey(WDF_DRIVER_GLOBALS* DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
                                    ACCESS_MASK DesiredAccess, ULONG CreateOptions, ULONG* CreateDisposition,
                                    WDF_OBJECT_ATTRIBUTES* KeyAttributes, WDFKEY* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(KeyName, "WdfRegistryCreateKey's KeyName");
  if (const NTSTATUS status = check_create(KeyAttributes, Handle); !NT_SUCCESS(status)) return status;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, writable(KeyName), OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                             ParentKey ? key_from(ParentKey) : nullptr, nullptr);
  HANDLE opened = nullptr;
  const NTSTATUS status =
      ZwCreateKey(&opened, DesiredAccess, &attributes, 0, nullptr, CreateOptions, CreateDisposition);
  return NT_SUCCESS(status) ? new_key(client, opened, KeyAttributes, Handle) : status;
}

/// The handle is good for nothing afterwards.
VOID NTAPI WdfRegistryClose(WDF_DRIVER_GLOBALS*, WDFKEY Handle) {
  object_as<Key>(Handle).delete_object();
}

HANDLE NTAPI WdfRegistryWdmGetHandle(WDF_DRIVER_GLOBALS*, WDFKEY Handle) {
  return key_from(Handle);
}

NTSTATUS NTAPI WdfRegistryRemoveKey(WDF_DRIVER_GLOBALS*, WDFKEY Handle) {
  const NTSTATUS status = ZwDeleteKey(key_from(Handle));
  if (NT_SUCCESS(status)) object_as<Key>(Handle).delete_object();
  return status;
}

NTSTATUS NTAPI WdfRegistryRemoveValue(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName) {
  require_pointer(ValueName, "WdfRegistryRemoveValue's ValueName");
  return ZwDeleteValueKey(key_from(Handle), writable(ValueName));
}

/// STATUS_BUFFER_OVERFLOW, with the length needed, if the buffer is too small or absent.
NTSTATUS NTAPI WdfRegistryQueryValue(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName, ULONG ValueLength,
                                     PVOID Buffer, PULONG ValueLengthQueried, PULONG ValueType) {
  Value value;
  if (const NTSTATUS status = query(Handle, ValueName, &value); !NT_SUCCESS(status)) return status;
  const auto bytes = static_cast<ULONG>(value.data.size());
  if (ValueLengthQueried) *ValueLengthQueried = bytes;
  if (ValueType) *ValueType = value.type;
  if (!Buffer || ValueLength < bytes) return STATUS_BUFFER_OVERFLOW;
  std::memcpy(Buffer, value.data.data(), bytes);
  return STATUS_SUCCESS;
}

/// STATUS_OBJECT_TYPE_MISMATCH for what is no REG_DWORD.
NTSTATUS NTAPI WdfRegistryQueryULong(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName, PULONG Number) {
  require_pointer(Number, "WdfRegistryQueryULong's Value");
  Value value;
  if (const NTSTATUS status = query(Handle, ValueName, &value); !NT_SUCCESS(status)) return status;
  if (value.type != REG_DWORD || value.data.size() != sizeof(ULONG)) return STATUS_OBJECT_TYPE_MISMATCH;
  std::memcpy(Number, value.data.data(), sizeof(ULONG));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfRegistryQueryUnicodeString(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName,
                                             PUSHORT ValueByteLength, PUNICODE_STRING Text) {
  std::u16string text;
  if (const NTSTATUS status = query_text(Handle, ValueName, &text); !NT_SUCCESS(status)) return status;
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  if (ValueByteLength) *ValueByteLength = bytes + sizeof(WCHAR);
  if (!Text) return STATUS_SUCCESS;
  if (!Text->Buffer || Text->MaximumLength < bytes) return STATUS_BUFFER_OVERFLOW;
  std::memcpy(Text->Buffer, text.data(), bytes);
  Text->Length = bytes;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfRegistryQueryString(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName,
                                      WDFSTRING StringHandle) {
  std::u16string text;
  if (const NTSTATUS status = query_text(Handle, ValueName, &text); !NT_SUCCESS(status)) return status;
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return object_as<String>(StringHandle).assign(UNICODE_STRING{bytes, bytes, text.data()});
}

NTSTATUS NTAPI WdfRegistryAssignULong(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName, ULONG Number) {
  return assign(Handle, ValueName, REG_DWORD, &Number, sizeof(Number));
}

NTSTATUS NTAPI WdfRegistryAssignUnicodeString(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName,
                                              PCUNICODE_STRING Text) {
  require_pointer(Text, "WdfRegistryAssignUnicodeString's Value");
  return assign_text(Handle, ValueName, *Text);
}

NTSTATUS NTAPI WdfRegistryAssignString(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName,
                                       WDFSTRING StringHandle) {
  return assign_text(Handle, ValueName, object_as<String>(StringHandle).text());
}

NTSTATUS NTAPI WdfRegistryAssignValue(WDF_DRIVER_GLOBALS*, WDFKEY Handle, PCUNICODE_STRING ValueName, ULONG ValueType,
                                      ULONG ValueLength, PVOID Buffer) {
  require_pointer(Buffer, "WdfRegistryAssignValue's Value");
  return assign(Handle, ValueName, ValueType, Buffer, ValueLength);
}

NTSTATUS NTAPI WdfDriverOpenParametersRegistryKey(WDF_DRIVER_GLOBALS* DriverGlobals, WDFDRIVER Driver,
                                                  ACCESS_MASK DesiredAccess, WDF_OBJECT_ATTRIBUTES* KeyAttributes,
                                                  WDFKEY* Handle) {
  Client& client = framework().client(DriverGlobals);
  object_from(Driver, ObjectType::Driver);
  if (const NTSTATUS status = check_create(KeyAttributes, Handle); !NT_SUCCESS(status)) return status;
  HANDLE opened = nullptr;
  const NTSTATUS status = IoOpenDriverRegistryKey(client.driver_object, 0, DesiredAccess, 0, &opened);
  return NT_SUCCESS(status) ? new_key(client, opened, KeyAttributes, Handle) : status;
}

NTSTATUS NTAPI WdfDeviceOpenRegistryKey(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle, ULONG DeviceInstanceKeyType,
                                        ACCESS_MASK DesiredAccess, WDF_OBJECT_ATTRIBUTES* KeyAttributes,
                                        WDFKEY* Handle) {
  Device& device = object_as<Device>(DeviceHandle);
  if (const NTSTATUS status = check_create(KeyAttributes, Handle); !NT_SUCCESS(status)) return status;
  if (!device.pdo) return STATUS_INVALID_DEVICE_STATE;
  HANDLE opened = nullptr;
  const NTSTATUS status = IoOpenDeviceRegistryKey(device.pdo, DeviceInstanceKeyType, DesiredAccess, &opened);
  return NT_SUCCESS(status) ? new_key(device.client(), opened, KeyAttributes, Handle) : status;
}

NTSTATUS NTAPI WdfFdoInitOpenRegistryKey(WDF_DRIVER_GLOBALS*, WDFDEVICE_INIT* DeviceInit, ULONG DeviceInstanceKeyType,
                                         ACCESS_MASK DesiredAccess, WDF_OBJECT_ATTRIBUTES* KeyAttributes,
                                         WDFKEY* Handle) {
  WDFDEVICE_INIT& init = live_init(DeviceInit, "WdfFdoInitOpenRegistryKey");
  if (const NTSTATUS status = check_create(KeyAttributes, Handle); !NT_SUCCESS(status)) return status;
  if (!init.pdo) return STATUS_INVALID_DEVICE_STATE;
  HANDLE opened = nullptr;
  const NTSTATUS status = IoOpenDeviceRegistryKey(init.pdo, DeviceInstanceKeyType, DesiredAccess, &opened);
  return NT_SUCCESS(status) ? new_key(init.client, opened, KeyAttributes, Handle) : status;
}

// clang-format off
const image::ExportFamily kRegistryApi{kFrameworkModule, {
    // name                                entry                               caller's IRQL
    {"WdfRegistryOpenKey",                 WdfRegistryOpenKey,                 exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRegistryCreateKey",               WdfRegistryCreateKey,               exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRegistryClose",                   WdfRegistryClose,                   exactly(PASSIVE_LEVEL)},
    {"WdfRegistryWdmGetHandle",            WdfRegistryWdmGetHandle,            exactly(PASSIVE_LEVEL)},
    {"WdfRegistryRemoveKey",               WdfRegistryRemoveKey,               exactly(PASSIVE_LEVEL)},
    {"WdfRegistryRemoveValue",             WdfRegistryRemoveValue,             exactly(PASSIVE_LEVEL)},
    {"WdfRegistryQueryValue",              WdfRegistryQueryValue,              exactly(PASSIVE_LEVEL)},
    {"WdfRegistryQueryULong",              WdfRegistryQueryULong,              exactly(PASSIVE_LEVEL)},
    {"WdfRegistryQueryUnicodeString",      WdfRegistryQueryUnicodeString,      exactly(PASSIVE_LEVEL)},
    {"WdfRegistryQueryString",             WdfRegistryQueryString,             exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRegistryAssignULong",             WdfRegistryAssignULong,             exactly(PASSIVE_LEVEL)},
    {"WdfRegistryAssignUnicodeString",     WdfRegistryAssignUnicodeString,     exactly(PASSIVE_LEVEL)},
    {"WdfRegistryAssignString",            WdfRegistryAssignString,            exactly(PASSIVE_LEVEL)},
    {"WdfRegistryAssignValue",             WdfRegistryAssignValue,             exactly(PASSIVE_LEVEL)},
    {"WdfDriverOpenParametersRegistryKey", WdfDriverOpenParametersRegistryKey, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDeviceOpenRegistryKey",           WdfDeviceOpenRegistryKey,           exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfFdoInitOpenRegistryKey",          WdfFdoInitOpenRegistryKey,          exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
}, "wdf/registry"};
// clang-format on

}  // namespace drydock::wdf
