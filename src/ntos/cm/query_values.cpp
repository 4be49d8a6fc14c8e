// The Rtl registry calls: paths relative to well-known keys, and RtlQueryRegistryValues' table.

#include <cstring>
#include <vector>

#include "machine/machine.h"
#include "ntos/cm/key_api.h"
#include "ntos/cm/key_object.h"
#include "ntos/cm/registry.h"
#include "ntos/ob/names.h"
#include "ntos/ob/storage.h"
#include "ntos/rtl/string.h"

namespace drydock::ntos::cm {

namespace {

constexpr ULONG kTagQuery = 0x79725172;  // "rQry"

/// The key that RelativeTo names, as a path. Empty for RTL_REGISTRY_ABSOLUTE; false for an unknown one.
bool base_path(ULONG relative_to, std::u16string* path) {
  constexpr std::u16string_view kControlSet = u"\\Registry\\Machine\\System\\CurrentControlSet";
  switch (relative_to & ~(RTL_REGISTRY_OPTIONAL | RTL_REGISTRY_HANDLE)) {
    case RTL_REGISTRY_ABSOLUTE:
      path->clear();
      return true;
    case RTL_REGISTRY_SERVICES:
      *path = std::u16string(kControlSet) + u"\\Services";
      return true;
    case RTL_REGISTRY_CONTROL:
      *path = std::u16string(kControlSet) + u"\\Control";
      return true;
    case RTL_REGISTRY_WINDOWS_NT:
      *path = u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion";
      return true;
    case RTL_REGISTRY_DEVICEMAP:
      *path = u"\\Registry\\Machine\\Hardware\\DeviceMap";
      return true;
    case RTL_REGISTRY_USER:
      *path = u"\\Registry\\User\\.Default";
      return true;
    default:
      return false;
  }
}

enum class Missing { Fails, IsCreated };

NTSTATUS find_key(ULONG relative_to, const WCHAR* path, Missing missing, Key** key) {
  if ((relative_to & RTL_REGISTRY_HANDLE) != 0) {  // "Path" is a handle
    return key_of(reinterpret_cast<HANDLE>(const_cast<WCHAR*>(path)), key);
  }
  std::u16string full;
  if (!base_path(relative_to, &full)) return STATUS_INVALID_PARAMETER;
  if (path != nullptr && *path != 0) {
    if (!full.empty()) full.push_back(u'\\');
    full.append(path);
  }
  *key = registry().open(full);
  if (*key == nullptr && missing == Missing::IsCreated) *key = &registry().create(full);
  return *key == nullptr ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

/// Copies into a driver's UNICODE_STRING, allocating its buffer if it has none.
NTSTATUS put_string(UNICODE_STRING* to, const void* data, ULONG bytes) {
  ULONG text_bytes = bytes & ~1u;
  if (text_bytes > UNICODE_STRING_MAX_BYTES) text_bytes = UNICODE_STRING_MAX_BYTES;
  if (to->Buffer == nullptr) {
    to->Buffer = static_cast<PWCH>(rtl::allocate_string(text_bytes));
    if (to->Buffer == nullptr) return STATUS_NO_MEMORY;
    to->MaximumLength = static_cast<USHORT>(text_bytes);
  } else if (text_bytes > to->MaximumLength) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  std::memcpy(to->Buffer, data, text_bytes);
  bool terminated = text_bytes >= 2 && to->Buffer[text_bytes / 2 - 1] == 0;
  to->Length = static_cast<USHORT>(terminated ? text_bytes - 2 : text_bytes);
  return STATUS_SUCCESS;
}

/// RTL_QUERY_REGISTRY_DIRECT: straight into EntryContext, by the rules of the value's type.
NTSTATUS put_direct(const RTL_QUERY_REGISTRY_TABLE& entry, ULONG type, const void* data, ULONG bytes) {
  if ((entry.Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0) {
    ULONG expected = entry.DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    bool text = (expected == REG_SZ || expected == REG_EXPAND_SZ) && (type == REG_SZ || type == REG_EXPAND_SZ);
    if (expected != type && !text) return STATUS_OBJECT_TYPE_MISMATCH;
  }
  switch (type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_MULTI_SZ:
      return put_string(static_cast<UNICODE_STRING*>(entry.EntryContext), data, bytes);
    default:
      break;
  }
  if (bytes <= sizeof(ULONG)) {
    std::memcpy(entry.EntryContext, data, bytes);
    return STATUS_SUCCESS;
  }
  // Longer binary data: the first LONG says, negative, how much room there is; else type and length precede the data.
  LONG room;
  std::memcpy(&room, entry.EntryContext, sizeof(room));
  if (room < 0) {
    if (static_cast<ULONG>(-static_cast<LONGLONG>(room)) < bytes) return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(entry.EntryContext, data, bytes);
    return STATUS_SUCCESS;
  }
  auto* at = static_cast<ULONG*>(entry.EntryContext);
  if (static_cast<ULONG>(room) < bytes + 2 * sizeof(ULONG)) return STATUS_BUFFER_TOO_SMALL;
  at[0] = bytes;
  at[1] = type;
  std::memcpy(at + 2, data, bytes);
  return STATUS_SUCCESS;
}

/// A copy in pool, for the length of a callback.
class PoolCopy {
 public:
  PoolCopy(const void* data, std::size_t bytes) : memory_(kernel_allocate(bytes + sizeof(WCHAR), kTagQuery)) {
    if (memory_ == nullptr) return;
    if (bytes != 0) std::memcpy(memory_, data, bytes);
    std::memset(static_cast<std::byte*>(memory_) + bytes, 0, sizeof(WCHAR));
  }
  ~PoolCopy() {
    if (memory_ != nullptr) kernel_free(memory_);
  }
  PoolCopy(const PoolCopy&) = delete;
  PoolCopy& operator=(const PoolCopy&) = delete;
  void* get() const { return memory_; }

 private:
  void* memory_;
};

class Query {
 public:
  Query(RTL_QUERY_REGISTRY_TABLE& entry, PVOID context) : entry_(entry), context_(context) {}

  /// Everything one value gives rise to.
  NTSTATUS deliver(std::u16string_view name, ULONG type, const void* data, ULONG bytes) {
    bool direct = (entry_.Flags & RTL_QUERY_REGISTRY_DIRECT) != 0;
    bool noexpand = (entry_.Flags & RTL_QUERY_REGISTRY_NOEXPAND) != 0;
    if (type == REG_EXPAND_SZ && !noexpand) type = REG_SZ;  // no environment variables exist here
    if (direct) return put_direct(entry_, type, data, bytes);
    if (type == REG_MULTI_SZ && !noexpand) {
      auto* text = static_cast<const WCHAR*>(data);
      auto* end = text + bytes / sizeof(WCHAR);
      while (text < end && *text != 0) {
        const WCHAR* stop = text;
        while (stop < end && *stop != 0) ++stop;
        auto length = static_cast<ULONG>((stop - text + 1) * static_cast<std::ptrdiff_t>(sizeof(WCHAR)));
        NTSTATUS status = call(name, REG_SZ, text, length);
        if (status == STATUS_BUFFER_TOO_SMALL) status = STATUS_SUCCESS;
        if (status < 0) return status;
        text = stop + 1;
      }
      return STATUS_SUCCESS;
    }
    NTSTATUS status = call(name, type, data, bytes);
    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
  }

  NTSTATUS call(std::u16string_view name, ULONG type, const void* data, ULONG bytes) {
    PoolCopy name_copy(name.data(), name.size() * sizeof(WCHAR));
    PoolCopy data_copy(data, bytes);
    if (name_copy.get() == nullptr || data_copy.get() == nullptr) return STATUS_NO_MEMORY;
    return machine::call_driver(entry_.QueryRoutine, static_cast<PWSTR>(name_copy.get()), type,
                                data == nullptr ? nullptr : data_copy.get(), bytes, context_, entry_.EntryContext);
  }

  /// The value is not there: the entry's default, if it has one.
  NTSTATUS deliver_default(std::u16string_view name) {
    if ((entry_.Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
    ULONG type = entry_.DefaultType & ~(0xFFu << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT);
    if (type == REG_NONE) return STATUS_SUCCESS;
    ULONG bytes = entry_.DefaultLength;
    if (bytes == 0 && entry_.DefaultData != nullptr) {
      auto* text = static_cast<const WCHAR*>(entry_.DefaultData);
      std::size_t length = ob::view(text).size() + 1;
      if (type == REG_MULTI_SZ)
        while (text[length - 1] != 0 || text[length] != 0) ++length;
      bytes = static_cast<ULONG>(length * sizeof(WCHAR));
    }
    RTL_QUERY_REGISTRY_TABLE unchecked = entry_;
    unchecked.Flags &= ~RTL_QUERY_REGISTRY_TYPECHECK;
    return Query(unchecked, context_).deliver(name, type, entry_.DefaultData, bytes);
  }

 private:
  RTL_QUERY_REGISTRY_TABLE& entry_;
  PVOID context_;
};

NTSTATUS query_all_values(Key& key, RTL_QUERY_REGISTRY_TABLE& entry, PVOID context) {
  std::vector<Value> values = key.values();
  if (values.empty() && (entry.Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
  for (const Value& value : values) {
    NTSTATUS status =
        Query(entry, context).deliver(value.name, value.type, value.data.data(), static_cast<ULONG>(value.data.size()));
    if (status < 0) return status;
    if ((entry.Flags & RTL_QUERY_REGISTRY_DELETE) != 0) key.delete_value(value.name);
  }
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, RTL_QUERY_REGISTRY_TABLE* QueryTable,
                                      PVOID Context, PVOID) {
  Key* top;
  NTSTATUS status = find_key(RelativeTo, Path, Missing::Fails, &top);
  if (status < 0) {
    bool optional = (RelativeTo & RTL_REGISTRY_OPTIONAL) != 0;
    if (!optional) return status;
    top = nullptr;  // defaults only
  }
  Key* key = top;
  for (RTL_QUERY_REGISTRY_TABLE* entry = QueryTable;
       entry->QueryRoutine != nullptr || (entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)) != 0;
       ++entry) {
    if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0 &&
        (entry->Name == nullptr || (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0 || entry->QueryRoutine != nullptr))
      return STATUS_INVALID_PARAMETER;
    if ((entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) != 0) key = top;
    std::u16string_view name = ob::view(entry->Name);

    if ((entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0) {
      if (entry->Name == nullptr) return STATUS_INVALID_PARAMETER;
      key = top == nullptr ? nullptr : top->open(name);
      if (key == nullptr) {
        if ((entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
        continue;
      }
      if (entry->QueryRoutine != nullptr) status = query_all_values(*key, *entry, Context);
    } else if ((entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) != 0) {
      status = machine::call_driver(entry->QueryRoutine, static_cast<PWSTR>(nullptr), REG_NONE,
                                    static_cast<PVOID>(nullptr), 0u, Context, entry->EntryContext);
    } else if (entry->Name == nullptr) {
      status = key == nullptr ? STATUS_SUCCESS : query_all_values(*key, *entry, Context);
    } else {
      const Value* found = key == nullptr ? nullptr : key->value(name);
      if (found == nullptr) {
        status = Query(*entry, Context).deliver_default(name);
      } else {
        Value value = *found;
        status =
            Query(*entry, Context).deliver(name, value.type, value.data.data(), static_cast<ULONG>(value.data.size()));
        if (status >= 0 && (entry->Flags & RTL_QUERY_REGISTRY_DELETE) != 0) key->delete_value(name);
      }
    }
    if (status < 0) return status;
  }
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData,
                                     ULONG ValueLength) {
  Key* key;
  NTSTATUS status = find_key(RelativeTo, Path, Missing::IsCreated, &key);
  if (status < 0) return status;
  key->set_value(ob::view(ValueName), ValueType, {static_cast<const std::byte*>(ValueData), ValueLength});
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
  Key* key;
  NTSTATUS status = find_key(RelativeTo, Path, Missing::Fails, &key);
  if (status < 0) return status;
  return key->delete_value(ob::view(ValueName)) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
  Key* key;
  return find_key(RelativeTo, Path, Missing::Fails, &key);
}

NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
  Key* key;
  return find_key(RelativeTo, Path, Missing::IsCreated, &key);
}

}  // namespace drydock::ntos::cm
