#include "ntos/cm/registry.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "ntos/ke/clock.h"
#include "ntos/kernel.h"

namespace drydock::ntos::cm {

namespace {

/// Takes the first component off "\A\B" or "A\B".
std::u16string_view first_component(std::u16string_view* path) {
  while (!path->empty() && path->front() == u'\\') path->remove_prefix(1);
  std::u16string_view component = path->substr(0, path->find(u'\\'));
  path->remove_prefix(component.size());
  while (!path->empty() && path->front() == u'\\') path->remove_prefix(1);
  return component;
}

std::span<const std::byte> bytes_of(const void* data, std::size_t bytes) {
  return {static_cast<const std::byte*>(data), bytes};
}

constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
constexpr std::u16string_view kEnum = u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\";
constexpr std::u16string_view kClass = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\";
constexpr std::u16string_view kCurrentControlSet = u"CurrentControlSet";
constexpr std::u16string_view kControlSet001 = u"ControlSet001";

}  // namespace

void Key::touch() {
  if (machine::Machine::running()) last_write_100ns_ = ke::system_time_100ns();
}

std::u16string Key::path() const {
  if (parent_ == nullptr) return u"\\" + name_;
  return parent_->path() + u"\\" + name_;
}

Key* Key::child(std::u16string_view name) {
  auto found = children_.find(name);
  return found == children_.end() ? nullptr : found->second.get();
}

Key& Key::child_or_create(std::u16string_view name, bool is_volatile) {
  if (Key* existing = child(name)) return *existing;
  auto made = std::make_unique<Key>(this, std::u16string(name), is_volatile);
  Key& key = *made;
  children_.emplace(std::u16string(name), std::move(made));
  key.touch();
  touch();
  return key;
}

Key* Key::child_at(std::size_t index) {
  if (index >= children_.size()) return nullptr;
  return std::next(children_.begin(), static_cast<std::ptrdiff_t>(index))->second.get();
}

Key& Key::create(std::u16string_view path, bool is_volatile) {
  Key* key = this;
  for (auto component = first_component(&path); !component.empty(); component = first_component(&path))
    key = &key->child_or_create(component, is_volatile);
  return *key;
}

Key* Key::open(std::u16string_view path) {
  Key* key = this;
  for (auto component = first_component(&path); key != nullptr && !component.empty();
       component = first_component(&path))
    key = key->child(component);
  return key;
}

const Value* Key::value(std::u16string_view name) const {
  for (const Value& value : values_)
    if (ob::same_name(value.name, name)) return &value;
  return nullptr;
}

void Key::set_value(std::u16string_view name, nt::ULONG type, std::span<const std::byte> data) {
  touch();
  for (Value& value : values_) {
    if (!ob::same_name(value.name, name)) continue;
    value.type = type;
    value.data.assign(data.begin(), data.end());
    return;
  }
  values_.push_back({std::u16string(name), type, {data.begin(), data.end()}});
}

bool Key::delete_value(std::u16string_view name) {
  auto found =
      std::find_if(values_.begin(), values_.end(), [&](const Value& v) { return ob::same_name(v.name, name); });
  if (found == values_.end()) return false;
  values_.erase(found);
  touch();
  return true;
}

void Key::set_dword(std::u16string_view name, std::uint32_t value) {
  set_value(name, nt::REG_DWORD, bytes_of(&value, 4));
}
void Key::set_qword(std::u16string_view name, std::uint64_t value) {
  set_value(name, nt::REG_QWORD, bytes_of(&value, 8));
}
void Key::set_binary(std::u16string_view name, std::span<const std::byte> value) {
  set_value(name, nt::REG_BINARY, value);
}

void Key::set_string(std::u16string_view name, std::u16string_view value, nt::ULONG type) {
  std::u16string terminated(value);
  set_value(name, type, bytes_of(terminated.c_str(), (terminated.size() + 1) * sizeof(char16_t)));
}

void Key::set_multi_string(std::u16string_view name, const std::vector<std::u16string>& values) {
  std::u16string joined;
  for (const std::u16string& value : values) joined.append(value).push_back(u'\0');
  joined.push_back(u'\0');
  set_value(name, nt::REG_MULTI_SZ, bytes_of(joined.data(), joined.size() * sizeof(char16_t)));
}

std::optional<std::uint32_t> Key::dword(std::u16string_view name) const {
  const Value* found = value(name);
  if (found == nullptr || found->type != nt::REG_DWORD || found->data.size() != 4) return std::nullopt;
  std::uint32_t result;
  std::memcpy(&result, found->data.data(), 4);
  return result;
}

std::optional<std::u16string> Key::string(std::u16string_view name) const {
  const Value* found = value(name);
  if (found == nullptr || (found->type != nt::REG_SZ && found->type != nt::REG_EXPAND_SZ)) return std::nullopt;
  std::u16string result(found->data.size() / sizeof(char16_t), u'\0');
  std::memcpy(result.data(), found->data.data(), result.size() * sizeof(char16_t));
  if (!result.empty() && result.back() == u'\0') result.pop_back();
  return result;
}

std::vector<std::u16string> Key::multi_string(std::u16string_view name) const {
  std::vector<std::u16string> result;
  const Value* found = value(name);
  if (found == nullptr || found->type != nt::REG_MULTI_SZ) return result;
  std::u16string_view rest{reinterpret_cast<const char16_t*>(found->data.data()),
                           found->data.size() / sizeof(char16_t)};
  while (!rest.empty() && rest.front() != u'\0') {
    std::u16string_view one = rest.substr(0, rest.find(u'\0'));
    result.emplace_back(one);
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  return result;
}

Registry::Registry() : root_(std::make_unique<Key>(nullptr, u"REGISTRY", true)) {
  Key& machine_key = root_->child_or_create(u"MACHINE");
  Key& system = machine_key.child_or_create(u"SYSTEM");
  Key& control_set = system.child_or_create(kControlSet001);
  for (std::u16string_view name : {u"Control", u"Enum", u"Hardware Profiles", u"Services"})
    control_set.child_or_create(name);
  control_set.create(u"Control\\Class");
  control_set.create(u"Control\\DeviceClasses");
  Key& select = system.child_or_create(u"Select");
  for (std::u16string_view name : {u"Current", u"Default", u"LastKnownGood"}) select.set_dword(name, 1);
  select.set_dword(u"Failed", 0);
  Key& hardware = machine_key.child_or_create(u"HARDWARE", true);
  // The buses that firmware finds in every computer of this kind.
  Key& buses = hardware.create(u"DESCRIPTION\\System\\MultifunctionAdapter", true);
  buses.child_or_create(u"0", true).set_string(u"Identifier", u"PCI");
  buses.child_or_create(u"1", true).set_string(u"Identifier", u"ISA");
  for (std::u16string_view name : {u"DESCRIPTION", u"DEVICEMAP", u"RESOURCEMAP"}) hardware.child_or_create(name, true);
  machine_key.create(u"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion");
  root_->create(u"USER\\.DEFAULT");
}

Key* Registry::step(Key& key, std::u16string_view component) {
  Key* next = key.child(component);
  if (next == nullptr && ob::same_name(component, kCurrentControlSet)) next = key.child(kControlSet001);
  return next;
}

Key* Registry::open(std::u16string_view path) {
  if (!ob::same_name(first_component(&path), root_->name())) return nullptr;
  Key* key = root_.get();
  for (auto component = first_component(&path); key != nullptr && !component.empty();
       component = first_component(&path))
    key = step(*key, component);
  return key;
}

Key& Registry::create(std::u16string_view path, bool is_volatile) {
  first_component(&path);
  Key* key = root_.get();
  for (auto component = first_component(&path); !component.empty(); component = first_component(&path)) {
    Key* next = step(*key, component);
    key = next != nullptr ? next : &key->child_or_create(component, is_volatile);
  }
  return *key;
}

bool Registry::remove(Key& key) {
  if (!key.children_.empty() || key.parent_ == nullptr) return false;
  Key* parent = key.parent_;
  auto place = parent->children_.find(key.name_);
  if (place == parent->children_.end() || place->second.get() != &key) return true;
  key.deleted_ = true;
  key.values_.clear();
  graveyard_.push_back(std::move(place->second));
  parent->children_.erase(place);
  parent->touch();
  return true;
}

void Registry::remove_tree(Key& key) {
  while (key.child_count() != 0) remove_tree(*key.child_at(0));
  remove(key);
}

Key& Registry::service(std::u16string_view service) {
  return create(std::u16string(kServices).append(service));
}

Key& Registry::service_parameters(std::u16string_view service) {
  return this->service(service).child_or_create(u"Parameters");
}

Key& Registry::device_hardware_key(std::u16string_view instance_path) {
  return create(std::u16string(kEnum).append(instance_path).append(u"\\Device Parameters"));
}

Key& Registry::device_software_key(std::u16string_view class_guid, unsigned instance) {
  return create(
      std::u16string(kClass).append(class_guid).append(u"\\").append(ob::widen(fmt::format("{:04}", instance))));
}

Key& Registry::device_map() {
  return create(u"\\Registry\\Machine\\HARDWARE\\DEVICEMAP", true);
}

Registry& registry() {
  return *kernel().cm;
}

}  // namespace drydock::ntos::cm
