#include "ntos/cm/key_api.h"

#include <algorithm>
#include <cstring>

#include "machine/machine.h"
#include "ntos/cm/key_object.h"
#include "ntos/cm/registry.h"
#include "ntos/io/driver.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"

namespace drydock::ntos::cm {

namespace {

constexpr SIZE_T kNameMaxBytes = 512;
constexpr LONG kDriverRegKeyParameters = 0;

bool wants_kernel_handle(const OBJECT_ATTRIBUTES* attributes) {
  return (attributes->Attributes & OBJ_KERNEL_HANDLE) != 0;
}

NTSTATUS hand_out(HANDLE* handle, Key& key, ACCESS_MASK access, bool kernel) {
  *handle = open_handle(key, access, kernel);
  return *handle == nullptr ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

ULONG bytes_of(std::u16string_view text) {
  return static_cast<ULONG>(text.size() * sizeof(WCHAR));
}

/// Writes an information structure: the fixed part, then what follows it as far as it fits.
class Reply {
 public:
  Reply(PVOID buffer, ULONG length, ULONG* result_length)
      : buffer_(static_cast<std::byte*>(buffer)), length_(length), result_length_(result_length) {}

  /// `fixed` bytes must fit, `total` is what all of it takes.
  template <class T>
  NTSTATUS begin(const T& head, ULONG fixed, ULONG total) {
    *result_length_ = total;
    if (length_ < fixed) return status_ = STATUS_BUFFER_TOO_SMALL;
    std::memcpy(buffer_, &head, fixed);
    return status_ = length_ < total ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
  }
  void put(ULONG offset, const void* data, SIZE_T bytes) {
    if (status_ == STATUS_BUFFER_TOO_SMALL || offset >= length_) return;
    std::memcpy(buffer_ + offset, data, std::min<SIZE_T>(bytes, length_ - offset));
  }
  NTSTATUS status() const { return status_; }

 private:
  std::byte* buffer_;
  ULONG length_;
  ULONG* result_length_;
  NTSTATUS status_ = STATUS_SUCCESS;
};

NTSTATUS describe_value(const Value& value, KEY_VALUE_INFORMATION_CLASS information_class, PVOID buffer, ULONG length,
                        ULONG* result_length) {
  Reply reply(buffer, length, result_length);
  ULONG name_bytes = bytes_of(value.name);
  auto data_bytes = static_cast<ULONG>(value.data.size());
  switch (information_class) {
    case KeyValueBasicInformation: {
      KEY_VALUE_BASIC_INFORMATION head{0, value.type, name_bytes, {}};
      constexpr ULONG kFixed = offsetof(KEY_VALUE_BASIC_INFORMATION, Name);
      reply.begin(head, kFixed, kFixed + name_bytes);
      reply.put(kFixed, value.name.data(), name_bytes);
      return reply.status();
    }
    case KeyValueFullInformation:
    case KeyValueFullInformationAlign64: {
      constexpr ULONG kFixed = offsetof(KEY_VALUE_FULL_INFORMATION, Name);
      ULONG alignment = information_class == KeyValueFullInformation ? 4 : 8;
      auto data_offset = static_cast<ULONG>(align_up(kFixed + name_bytes, alignment));
      KEY_VALUE_FULL_INFORMATION head{0, value.type, data_offset, data_bytes, name_bytes, {}};
      reply.begin(head, kFixed, data_offset + data_bytes);
      reply.put(kFixed, value.name.data(), name_bytes);
      reply.put(data_offset, value.data.data(), data_bytes);
      return reply.status();
    }
    case KeyValuePartialInformation: {
      constexpr ULONG kFixed = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
      KEY_VALUE_PARTIAL_INFORMATION head{0, value.type, data_bytes, {}};
      reply.begin(head, kFixed, kFixed + data_bytes);
      reply.put(kFixed, value.data.data(), data_bytes);
      return reply.status();
    }
    case KeyValuePartialInformationAlign64: {  // no title index
      struct {
        ULONG Type, DataLength;
      } head{value.type, data_bytes};
      reply.begin(head, sizeof(head), static_cast<ULONG>(sizeof(head)) + data_bytes);
      reply.put(sizeof(head), value.data.data(), data_bytes);
      return reply.status();
    }
  }
  return STATUS_INVALID_PARAMETER;
}

NTSTATUS describe_key(Key& key, KEY_INFORMATION_CLASS information_class, PVOID buffer, ULONG length,
                      ULONG* result_length) {
  Reply reply(buffer, length, result_length);
  LARGE_INTEGER written;
  written.QuadPart = key.last_write_100ns();
  ULONG name_bytes = bytes_of(key.name());
  ULONG class_bytes = bytes_of(key.key_class());
  switch (information_class) {
    case KeyBasicInformation: {
      constexpr ULONG kFixed = offsetof(KEY_BASIC_INFORMATION, Name);
      KEY_BASIC_INFORMATION head{written, 0, name_bytes, {}};
      reply.begin(head, kFixed, kFixed + name_bytes);
      reply.put(kFixed, key.name().data(), name_bytes);
      return reply.status();
    }
    case KeyNodeInformation: {
      constexpr ULONG kFixed = offsetof(KEY_NODE_INFORMATION, Name);
      auto class_offset = static_cast<ULONG>(align_up(kFixed + name_bytes, 4));
      KEY_NODE_INFORMATION head{written, 0, class_bytes == 0 ? ~0u : class_offset, class_bytes, name_bytes, {}};
      reply.begin(head, kFixed, class_bytes == 0 ? kFixed + name_bytes : class_offset + class_bytes);
      reply.put(kFixed, key.name().data(), name_bytes);
      reply.put(class_offset, key.key_class().data(), class_bytes);
      return reply.status();
    }
    case KeyFullInformation: {
      constexpr ULONG kFixed = offsetof(KEY_FULL_INFORMATION, Class);
      KEY_FULL_INFORMATION head{};
      head.LastWriteTime = written;
      head.ClassOffset = class_bytes == 0 ? ~0u : kFixed;
      head.ClassLength = class_bytes;
      head.SubKeys = static_cast<ULONG>(key.child_count());
      for (std::size_t i = 0; i < key.child_count(); ++i) {
        head.MaxNameLen = std::max(head.MaxNameLen, bytes_of(key.child_at(i)->name()));
        head.MaxClassLen = std::max(head.MaxClassLen, bytes_of(key.child_at(i)->key_class()));
      }
      head.Values = static_cast<ULONG>(key.values().size());
      for (const Value& value : key.values()) {
        head.MaxValueNameLen = std::max(head.MaxValueNameLen, bytes_of(value.name));
        head.MaxValueDataLen = std::max(head.MaxValueDataLen, static_cast<ULONG>(value.data.size()));
      }
      reply.begin(head, kFixed, kFixed + class_bytes);
      reply.put(kFixed, key.key_class().data(), class_bytes);
      return reply.status();
    }
    case KeyNameInformation: {
      std::u16string path = key.path();
      ULONG head = bytes_of(path);
      reply.begin(head, sizeof(head), static_cast<ULONG>(sizeof(head)) + head);
      reply.put(sizeof(head), path.data(), head);
      return reply.status();
    }
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

}  // namespace

NTSTATUS NTAPI ZwOpenKey(HANDLE* KeyHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes) {
  if (machine::refused("ZwOpenKey")) return STATUS_INSUFFICIENT_RESOURCES;
  Key* key;
  std::u16string missing;
  NTSTATUS status = locate(ObjectAttributes, &key, &missing);
  if (status < 0) return status;
  if (!missing.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  return hand_out(KeyHandle, *key, DesiredAccess, wants_kernel_handle(ObjectAttributes));
}

NTSTATUS NTAPI ZwOpenKeyEx(HANDLE* KeyHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes, ULONG) {
  return ZwOpenKey(KeyHandle, DesiredAccess, ObjectAttributes);
}

NTSTATUS NTAPI ZwCreateKey(HANDLE* KeyHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes, ULONG,
                           UNICODE_STRING* Class, ULONG CreateOptions, ULONG* Disposition) {
  if (machine::refused("ZwCreateKey")) return STATUS_INSUFFICIENT_RESOURCES;
  Key* key;
  std::u16string missing;
  NTSTATUS status = locate(ObjectAttributes, &key, &missing);
  if (status < 0) return status;
  ULONG disposition = REG_OPENED_EXISTING_KEY;
  if (!missing.empty()) {
    if (missing.find(u'\\') != std::u16string::npos) return STATUS_OBJECT_NAME_NOT_FOUND;
    if (bytes_of(missing) > kNameMaxBytes) return STATUS_INVALID_PARAMETER;
    bool is_volatile = (CreateOptions & REG_OPTION_VOLATILE) != 0;
    if (key->is_volatile() && !is_volatile && key->parent() != nullptr) return STATUS_CHILD_MUST_BE_VOLATILE;
    key = &key->child_or_create(missing, is_volatile);
    if (Class != nullptr) key->set_class(ob::view(Class));
    disposition = REG_CREATED_NEW_KEY;
  }
  if (Disposition != nullptr) *Disposition = disposition;
  return hand_out(KeyHandle, *key, DesiredAccess, wants_kernel_handle(ObjectAttributes));
}

NTSTATUS NTAPI ZwQueryValueKey(HANDLE KeyHandle, UNICODE_STRING* ValueName,
                               KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                               ULONG Length, ULONG* ResultLength) {
  Key* key;
  NTSTATUS status = key_of(KeyHandle, &key);
  if (status < 0) return status;
  const Value* value = key->value(ob::view(ValueName));
  if (value == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  return describe_value(*value, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
}

NTSTATUS NTAPI ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, ULONG* ResultLength) {
  Key* key;
  NTSTATUS status = key_of(KeyHandle, &key);
  if (status < 0) return status;
  if (Index >= key->values().size()) return STATUS_NO_MORE_ENTRIES;
  return describe_value(key->values()[Index], KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
}

NTSTATUS NTAPI ZwSetValueKey(HANDLE KeyHandle, UNICODE_STRING* ValueName, ULONG, ULONG Type, PVOID Data,
                             ULONG DataSize) {
  if (machine::refused("ZwSetValueKey")) return STATUS_INSUFFICIENT_RESOURCES;
  Key* key;
  NTSTATUS status = key_of(KeyHandle, &key);
  if (status < 0) return status;
  key->set_value(ob::view(ValueName), Type, {static_cast<const std::byte*>(Data), DataSize});
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                          ULONG Length, ULONG* ResultLength) {
  Key* key;
  NTSTATUS status = key_of(KeyHandle, &key);
  if (status < 0) return status;
  return describe_key(*key, KeyInformationClass, KeyInformation, Length, ResultLength);
}

NTSTATUS NTAPI ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                              PVOID KeyInformation, ULONG Length, ULONG* ResultLength) {
  Key* key;
  NTSTATUS status = key_of(KeyHandle, &key);
  if (status < 0) return status;
  Key* child = key->child_at(Index);
  if (child == nullptr) return STATUS_NO_MORE_ENTRIES;
  return describe_key(*child, KeyInformationClass, KeyInformation, Length, ResultLength);
}

NTSTATUS NTAPI ZwDeleteValueKey(HANDLE KeyHandle, UNICODE_STRING* ValueName) {
  Key* key;
  NTSTATUS status = key_of(KeyHandle, &key);
  if (status < 0) return status;
  return key->delete_value(ob::view(ValueName)) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS NTAPI ZwDeleteKey(HANDLE KeyHandle) {
  Key* key;
  NTSTATUS status = key_of(KeyHandle, &key);
  if (status < 0) return status;
  return registry().remove(*key) ? STATUS_SUCCESS : STATUS_CANNOT_DELETE;
}

NTSTATUS NTAPI ZwFlushKey(HANDLE KeyHandle) {
  Key* key;
  return key_of(KeyHandle, &key);
}

NTSTATUS NTAPI IoOpenDriverRegistryKey(DRIVER_OBJECT* DriverObject, LONG RegKeyType, ACCESS_MASK DesiredAccess,
                                       ULONG Flags, HANDLE* DriverRegKey) {
  *DriverRegKey = nullptr;
  if (RegKeyType != kDriverRegKeyParameters || Flags != 0) return STATUS_INVALID_PARAMETER;
  Key& key = registry().service_parameters(ob::widen(io::record_of(DriverObject).service));
  return hand_out(DriverRegKey, key, DesiredAccess, true);
}

}  // namespace drydock::ntos::cm
