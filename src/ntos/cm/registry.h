#pragma once
// The registry: a tree of keys for host code. What drivers see of it is cm/key_api.h and rtl registry calls.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nt/base.h"
#include "nt/registry.h"
#include "ntos/ob/names.h"

namespace drydock::ntos::cm {

struct Value {
  std::u16string name;  ///< empty: the key's default value
  nt::ULONG type = 0;   ///< REG_SZ, ...
  std::vector<std::byte> data;
};

/// One key. Subkeys are enumerated in order of name, values in the order they were first set, as Windows does.
class Key {
 public:
  Key(Key* parent, std::u16string name, bool is_volatile) : parent_(parent), name_(std::move(name)), volatile_(is_volatile) {}
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  const std::u16string& name() const { return name_; }
  Key* parent() const { return parent_; }
  bool is_volatile() const { return volatile_; }
  bool deleted() const { return deleted_; }
  /// "\REGISTRY\MACHINE\SYSTEM\..."
  std::u16string path() const;
  const std::u16string& key_class() const { return class_; }
  void set_class(std::u16string_view text) { class_ = text; }
  std::int64_t last_write_100ns() const { return last_write_100ns_; }

  /// Null if there is none.
  Key* child(std::u16string_view name);
  /// Opens or creates. `name` is one component.
  Key& child_or_create(std::u16string_view name, bool is_volatile = false);
  Key* child_at(std::size_t index);
  std::size_t child_count() const { return children_.size(); }
  /// Opens or creates a relative path "A\B\C".
  Key& create(std::u16string_view path, bool is_volatile = false);
  /// Null if any component is missing. An empty path is the key itself.
  Key* open(std::u16string_view path);

  const Value* value(std::u16string_view name) const;
  const std::vector<Value>& values() const { return values_; }
  void set_value(std::u16string_view name, nt::ULONG type, std::span<const std::byte> data);
  bool delete_value(std::u16string_view name);

  // The types scenario code writes.
  void set_dword(std::u16string_view name, std::uint32_t value);
  void set_qword(std::u16string_view name, std::uint64_t value);
  void set_string(std::u16string_view name, std::u16string_view value, nt::ULONG type = nt::REG_SZ);
  void set_multi_string(std::u16string_view name, const std::vector<std::u16string>& values);
  void set_binary(std::u16string_view name, std::span<const std::byte> value);
  std::optional<std::uint32_t> dword(std::u16string_view name) const;
  std::optional<std::u16string> string(std::u16string_view name) const;
  std::vector<std::u16string> multi_string(std::u16string_view name) const;

 private:
  friend class Registry;
  Key* parent_;
  std::u16string name_;
  std::u16string class_;
  bool volatile_ = false;
  bool deleted_ = false;
  std::int64_t last_write_100ns_ = 0;
  std::map<std::u16string, std::unique_ptr<Key>, ob::NameLess> children_;
  std::vector<Value> values_;
  void touch();
};

class Registry {
 public:
  /// \Registry with MACHINE (SYSTEM\CurrentControlSet\..., HARDWARE, SOFTWARE) and USER.
  Registry();

  Key& root() { return *root_; }
  /// Absolute paths, "\Registry\Machine\System\CurrentControlSet\Services\x"; CurrentControlSet is ControlSet001.
  Key* open(std::u16string_view absolute_path);
  Key& create(std::u16string_view absolute_path, bool is_volatile = false);
  /// One component down, through the link CurrentControlSet. Null if it is not there.
  Key* step(Key& key, std::u16string_view component);
  /// Unlinks a key without subkeys; open handles keep the (deleted) key. False if it has subkeys.
  bool remove(Key& key);
  /// With everything below.
  void remove_tree(Key& key);

  /// HKLM\SYSTEM\CurrentControlSet\Services\<service>, created on demand, and its Parameters.
  Key& service(std::u16string_view service);
  Key& service_parameters(std::u16string_view service);
  /// HKLM\SYSTEM\CurrentControlSet\Enum\<instance path>\Device Parameters: a device's hardware key.
  Key& device_hardware_key(std::u16string_view instance_path);
  /// HKLM\SYSTEM\CurrentControlSet\Control\Class\<class guid>\<nnnn>: a device's software (driver) key.
  Key& device_software_key(std::u16string_view class_guid, unsigned instance);
  /// HKLM\HARDWARE\DeviceMap.
  Key& device_map();

 private:
  std::unique_ptr<Key> root_;
  std::vector<std::unique_ptr<Key>> graveyard_;  ///< deleted keys that handles may still name
};

/// This machine's.
Registry& registry();

/// A handle to `key`, as ZwOpenKey gives. Null when pool is exhausted.
nt::HANDLE open_handle(Key& key, nt::ACCESS_MASK access, bool kernel = true);
/// The key behind a handle; null if it is no key handle.
Key* key_of(nt::HANDLE handle);

}  // namespace drydock::ntos::cm
