#include "ntos/cm/key_object.h"

#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"

namespace drydock::ntos::cm {

namespace {

/// The body of a Key object.
struct KeyBody {
  Key* key;
};

std::u16string_view next_component(std::u16string_view* path) {
  while (!path->empty() && path->front() == u'\\') path->remove_prefix(1);
  std::u16string_view component = path->substr(0, path->find(u'\\'));
  path->remove_prefix(component.size());
  return component;
}

}  // namespace

void install(Kernel& kernel) {
  kernel.cm = new Registry;
}

nt::HANDLE open_handle(Key& key, nt::ACCESS_MASK access, bool kernel) {
  void* body = ob::create_object(ob::Type::Key, sizeof(KeyBody));
  if (body == nullptr) return nullptr;
  static_cast<KeyBody*>(body)->key = &key;
  nt::HANDLE handle = ob::insert_handle(body, access, kernel);
  ob::dereference(body);
  return handle;
}

nt::NTSTATUS key_of(nt::HANDLE handle, Key** key) {
  nt::NTSTATUS status;
  void* body = ob::reference_by_handle(handle, ob::Type::Key, &status);
  if (body == nullptr) return status;
  *key = static_cast<KeyBody*>(body)->key;
  ob::dereference(body);
  return (*key)->deleted() ? nt::STATUS_KEY_DELETED : nt::STATUS_SUCCESS;
}

Key* key_of(nt::HANDLE handle) {
  Key* key = nullptr;
  return key_of(handle, &key) >= 0 ? key : nullptr;
}

nt::NTSTATUS locate(const nt::OBJECT_ATTRIBUTES* attributes, Key** deepest, std::u16string* missing) {
  missing->clear();
  if (attributes == nullptr) return nt::STATUS_INVALID_PARAMETER;
  std::u16string_view path = ob::view(attributes->ObjectName);
  Key* key = nullptr;
  if (attributes->RootDirectory != nullptr) {
    nt::NTSTATUS status = key_of(attributes->RootDirectory, &key);
    if (status < 0) return status;
    if (!path.empty() && path.front() == u'\\') return nt::STATUS_OBJECT_PATH_SYNTAX_BAD;
  } else {
    if (path.empty() || path.front() != u'\\') return nt::STATUS_OBJECT_PATH_SYNTAX_BAD;
    key = &registry().root();
    if (!ob::same_name(next_component(&path), key->name())) return nt::STATUS_OBJECT_NAME_NOT_FOUND;
  }
  for (;;) {
    std::u16string_view rest = path;
    std::u16string_view component = next_component(&rest);
    if (component.empty()) break;
    Key* next = registry().step(*key, component);
    if (next == nullptr) {
      while (!path.empty() && path.front() == u'\\') path.remove_prefix(1);
      *missing = path;
      break;
    }
    key = next;
    path = rest;
  }
  *deepest = key;
  return nt::STATUS_SUCCESS;
}

}  // namespace drydock::ntos::cm
