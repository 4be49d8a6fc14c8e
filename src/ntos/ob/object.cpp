#include "ntos/ob/object.h"

#include <cstring>

#include <fmt/format.h>

#include "host/check.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/ex/work_queue.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object_type.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::ob {

namespace {

constexpr nt::ULONG kTagObject = 0x6A624F44;  // "DObj"

constexpr const char* kTypeNames[] = {
    "(freed)", "Directory", "SymbolicLink", "Event", "Semaphore", "Mutant",   "Timer",   "Thread",     "Process",
    "Driver",  "Device",    "File",         "Key",   "Section",   "Callback", "Adapter", "Controller",
};
static_assert(std::size(kTypeNames) == static_cast<unsigned>(Type::Count));

ObjectManager::TypeState& state_of(Type type) {
  return manager().types[static_cast<unsigned>(type)];
}

nt::ULONG64 id_of(const void* body) {
  const OBJECT_HEADER* header = header_of(body);
  return static_cast<nt::ULONG64>(header->TypeIndex) << 32 | header->Number;
}

bool is_sound(const OBJECT_HEADER* header) {
  return header->TypeIndex > Type::None && header->TypeIndex < Type::Count && header->PointerCount > 0;
}

[[noreturn, gnu::cold, gnu::noinline]] void bad_reference(void* body, const char* what) {
  const OBJECT_HEADER* header = header_of(body);
  bool known = header->TypeIndex > Type::None && header->TypeIndex < Type::Count;
  const void* type = known ? type_object(header->TypeIndex) : nullptr;
  machine::Machine::current().bug_check(nt::REFERENCE_BY_POINTER, reinterpret_cast<std::uint64_t>(type),
                                        reinterpret_cast<std::uint64_t>(body), 1,
                                        static_cast<std::uint64_t>(header->PointerCount),
                                        known ? fmt::format("{} of {} object {} that has no reference left", what,
                                                            type_name(header->TypeIndex), header->Number)
                                              : fmt::format("{} of memory that is no object (any more)", what));
}

[[gnu::cold, gnu::noinline]] void delete_object(void* body) {
  OBJECT_HEADER* header = header_of(body);
  ObjectManager::TypeState& type = state_of(header->TypeIndex);
  if ((header->Flags & OB_FLAG_NAMED) != 0) remove_name(body);
  if (type.remove != nullptr) type.remove(body);
  --type.alive;
  header->TypeIndex = Type::None;
  kernel_free(header);
}

void NTAPI delete_waiting(nt::PVOID) {
  std::vector<void*> bodies = std::move(manager().to_delete);
  manager().to_delete.clear();
  for (void* body : bodies) delete_object(body);
}

void defer_delete(void* body) {
  ObjectManager& m = manager();
  m.to_delete.push_back(body);
  if (m.to_delete.size() > 1) return;
  nt::ExInitializeWorkItem(&m.delete_work, delete_waiting, nullptr);
  ExQueueWorkItem(&m.delete_work, nt::CriticalWorkQueue);
}

/// Only a type with a procedure has anything to do that needs PASSIVE_LEVEL.
bool must_wait(const void* body) {
  return state_of(type_of(body)).remove != nullptr && machine::current_irql() > nt::PASSIVE_LEVEL;
}

}  // namespace

ObjectManager& manager() {
  return *kernel().ob;
}

const char* type_name(Type type) {
  return type < Type::Count ? kTypeNames[static_cast<unsigned>(type)] : "?";
}

Type type_of(const void* body) {
  return header_of(body)->TypeIndex;
}

nt::OBJECT_TYPE* make_type_object(Type type) {
  std::u16string name = rtl::to_utf16(type_name(type));
  auto bytes = static_cast<nt::USHORT>(name.size() * sizeof(char16_t));
  auto* memory =
      static_cast<std::byte*>(kernel_allocate(sizeof(nt::OBJECT_TYPE) + bytes + sizeof(char16_t), kTagObject));
  HOST_CHECK(memory != nullptr);
  auto* object = reinterpret_cast<nt::OBJECT_TYPE*>(memory);
  *object = {};
  nt::InitializeListHead(&object->TypeList);
  auto* text = reinterpret_cast<char16_t*>(object + 1);
  std::memcpy(text, name.c_str(), bytes + sizeof(char16_t));
  object->Name = {bytes, static_cast<nt::USHORT>(bytes + sizeof(char16_t)), text};
  object->Index = static_cast<nt::UCHAR>(type);
  return object;
}

nt::OBJECT_TYPE* type_object(Type type) {
  return state_of(type).object;
}

void* create_object(Type type, std::size_t body_bytes, std::u16string_view name, nt::NTSTATUS* status) {
  nt::NTSTATUS result = nt::STATUS_SUCCESS;
  std::u16string path;
  if (!name.empty()) {
    path = canonical(name);
    result = check_new_name(path);
  }
  void* memory = nullptr;
  if (result >= 0) {
    memory = kernel_allocate(sizeof(OBJECT_HEADER) + body_bytes, kTagObject);
    if (memory == nullptr) result = nt::STATUS_INSUFFICIENT_RESOURCES;
  }
  if (status != nullptr) *status = result;
  if (memory == nullptr) return nullptr;

  std::memset(memory, 0, sizeof(OBJECT_HEADER) + body_bytes);
  ObjectManager::TypeState& state = state_of(type);
  auto* header = static_cast<OBJECT_HEADER*>(memory);
  header->PointerCount = 1;
  header->TypeIndex = type;
  header->Flags = OB_FLAG_KERNEL_OBJECT;
  header->Number = ++state.created;
  ++state.alive;
  void* body = header + 1;
  if (!path.empty()) insert_name(path, body);
  return body;
}

void reference(void* body) {
  OBJECT_HEADER* header = header_of(body);
  if (!is_sound(header)) bad_reference(body, "reference");
  ++header->PointerCount;
}

void dereference(void* body) {
  OBJECT_HEADER* header = header_of(body);
  if (!is_sound(header)) bad_reference(body, "dereference");
  if (--header->PointerCount != 0) return;
  if (must_wait(body))
    defer_delete(body);
  else
    delete_object(body);
}

void dereference_deferred(void* body) {
  OBJECT_HEADER* header = header_of(body);
  if (!is_sound(header)) bad_reference(body, "dereference");
  if (--header->PointerCount == 0) defer_delete(body);
}

void set_delete_procedure(Type type, Procedure remove) {
  state_of(type).remove = remove;
}
void set_close_procedure(Type type, Procedure last_handle_closed) {
  state_of(type).close = last_handle_closed;
}
void set_wait_offset(Type type, int offset_bytes) {
  state_of(type).wait_offset = offset_bytes;
}

nt::DISPATCHER_HEADER* waitable(void* body) {
  int offset = state_of(type_of(body)).wait_offset;
  return offset < 0 ? nullptr : reinterpret_cast<nt::DISPATCHER_HEADER*>(static_cast<std::byte*>(body) + offset);
}

// ---- names ----

namespace {

constexpr unsigned kLinksMax = 32;

/// Splits the first component off "\A\B": "A", leaving "\B".
std::u16string_view first_component(std::u16string_view* path) {
  if (!path->empty() && path->front() == u'\\') path->remove_prefix(1);
  std::size_t end = path->find(u'\\');
  std::u16string_view component = path->substr(0, end);
  path->remove_prefix(component.size());
  return component;
}

}  // namespace

std::u16string canonical(std::u16string_view path) {
  auto replaced = [&](std::u16string_view prefix) -> bool {
    return path.size() >= prefix.size() && same_name(path.substr(0, prefix.size()), prefix) &&
           (path.size() == prefix.size() || path[prefix.size()] == u'\\');
  };
  for (std::u16string_view prefix : {u"\\??", u"\\DosDevices"})
    if (replaced(prefix)) return std::u16string(u"\\GLOBAL??").append(path.substr(prefix.size()));
  return std::u16string(path);
}

nt::NTSTATUS check_new_name(std::u16string_view path) {
  if (path.size() < 2 || path.front() != u'\\') return nt::STATUS_OBJECT_PATH_SYNTAX_BAD;
  std::size_t last = path.rfind(u'\\');
  if (last + 1 == path.size()) return nt::STATUS_OBJECT_NAME_INVALID;
  ObjectManager& m = manager();
  if (last != 0) {
    auto parent = m.names.find(upcase(path.substr(0, last)));
    if (parent == m.names.end()) return nt::STATUS_OBJECT_PATH_NOT_FOUND;
    if (type_of(parent->second.object) != Type::Directory) return nt::STATUS_OBJECT_TYPE_MISMATCH;
  }
  return m.names.contains(upcase(path)) ? nt::STATUS_OBJECT_NAME_COLLISION : nt::STATUS_SUCCESS;
}

void insert_name(std::u16string_view path, void* body) {
  manager().names[upcase(path)] = {std::u16string(path), body};
  manager().path_of_object[id_of(body)] = path;
  header_of(body)->Flags |= OB_FLAG_NAMED;
}

void remove_name(void* body) {
  ObjectManager& m = manager();
  auto path = m.path_of_object.find(id_of(body));
  if (path == m.path_of_object.end()) return;
  m.names.erase(upcase(path->second));
  m.path_of_object.erase(path);
  header_of(body)->Flags &= static_cast<nt::UCHAR>(~OB_FLAG_NAMED);
}

std::u16string name_of(const void* body) {
  ObjectManager& m = manager();
  auto path = m.path_of_object.find(id_of(body));
  return path == m.path_of_object.end() ? std::u16string{} : path->second;
}

void* lookup(std::u16string_view wanted, std::u16string* remaining, nt::NTSTATUS* status) {
  ObjectManager& m = manager();
  if (remaining != nullptr) remaining->clear();
  auto fail = [&](nt::NTSTATUS why) -> void* {
    if (status != nullptr) *status = why;
    return nullptr;
  };
  if (wanted.empty() || wanted.front() != u'\\') return fail(nt::STATUS_OBJECT_PATH_SYNTAX_BAD);

  std::u16string path = canonical(wanted);
  for (unsigned links = 0; links < kLinksMax; ++links) {
    std::u16string at;
    std::u16string_view rest = path;
    bool followed = false;
    while (!rest.empty()) {
      std::u16string_view component = first_component(&rest);
      if (component.empty()) return fail(nt::STATUS_OBJECT_NAME_INVALID);
      at.append(u"\\").append(upcase(component));
      auto found = m.names.find(at);
      if (found == m.names.end()) {
        bool last = rest.empty();
        return fail(last ? nt::STATUS_OBJECT_NAME_NOT_FOUND : nt::STATUS_OBJECT_PATH_NOT_FOUND);
      }
      void* object = found->second.object;
      Type type = type_of(object);
      if (type == Type::SymbolicLink) {
        path = canonical(m.link_targets[number_of(object)] + std::u16string(rest));
        followed = true;
        break;
      }
      if (type != Type::Directory || rest.empty()) {
        if (!rest.empty() && type != Type::Device && type != Type::Key) return fail(nt::STATUS_OBJECT_TYPE_MISMATCH);
        if (remaining != nullptr) *remaining = rest;
        if (status != nullptr) *status = nt::STATUS_SUCCESS;
        return object;
      }
    }
    if (!followed) return fail(nt::STATUS_OBJECT_NAME_NOT_FOUND);
  }
  return fail(nt::STATUS_OBJECT_NAME_NOT_FOUND);
}

nt::NTSTATUS create_directory(std::u16string_view path, void** body) {
  nt::NTSTATUS status;
  void* directory = create_object(Type::Directory, 0x10, path, &status);
  if (body != nullptr) *body = directory;
  return status;
}

nt::NTSTATUS create_symbolic_link(std::u16string_view path, std::u16string_view target) {
  nt::NTSTATUS status;
  void* link = create_object(Type::SymbolicLink, 0x20, path, &status);
  if (link == nullptr) return status;
  header_of(link)->Flags |= OB_FLAG_PERMANENT_OBJECT;
  manager().link_targets[number_of(link)] = target;
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS delete_symbolic_link(std::u16string_view path) {
  ObjectManager& m = manager();
  auto found = m.names.find(upcase(canonical(path)));
  if (found == m.names.end()) return nt::STATUS_OBJECT_NAME_NOT_FOUND;
  void* link = found->second.object;
  if (type_of(link) != Type::SymbolicLink) return nt::STATUS_OBJECT_TYPE_MISMATCH;
  remove_name(link);
  dereference(link);
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS path_of(const nt::OBJECT_ATTRIBUTES* attributes, std::u16string* path) {
  path->clear();
  if (attributes == nullptr) return nt::STATUS_INVALID_PARAMETER;
  std::u16string_view name = view(attributes->ObjectName);
  if (attributes->RootDirectory == nullptr) {
    *path = name;
    return name.empty() || name.front() == u'\\' ? nt::STATUS_SUCCESS : nt::STATUS_OBJECT_PATH_SYNTAX_BAD;
  }
  nt::NTSTATUS status;
  void* root = reference_by_handle(attributes->RootDirectory, Type::None, &status);
  if (root == nullptr) return status;
  *path = name_of(root);
  bool is_directory = type_of(root) == Type::Directory;
  dereference(root);
  if (!is_directory) return nt::STATUS_OBJECT_TYPE_MISMATCH;
  if (!name.empty() && name.front() == u'\\') return nt::STATUS_OBJECT_PATH_SYNTAX_BAD;
  if (!name.empty()) path->append(u"\\").append(name);
  return nt::STATUS_SUCCESS;
}

std::vector<std::pair<std::u16string, void*>> named_objects() {
  std::vector<std::pair<std::u16string, void*>> result;
  for (const auto& [key, named] : manager().names) result.emplace_back(named.path, named.object);
  return result;
}

// ---- set-up ----

void install(Kernel& kernel) {
  kernel.ob = new ObjectManager;
  ObjectManager& m = *kernel.ob;
  for (unsigned i = 1; i < static_cast<unsigned>(Type::Count); ++i)
    m.types[i].object = make_type_object(static_cast<Type>(i));
  m.types[static_cast<unsigned>(Type::SymbolicLink)].remove = [](void* body) {
    manager().link_targets.erase(number_of(body));
  };
  for (Type type : {Type::Event, Type::Semaphore, Type::Mutant, Type::Timer, Type::Thread, Type::Process})
    m.types[static_cast<unsigned>(type)].wait_offset = 0;
  m.types[static_cast<unsigned>(Type::File)].wait_offset = offsetof(nt::FILE_OBJECT, Event);

  for (std::u16string_view path : {u"\\Device", u"\\Driver", u"\\FileSystem", u"\\GLOBAL??", u"\\BaseNamedObjects",
                                   u"\\Callback", u"\\ObjectTypes", u"\\KernelObjects"}) {
    void* directory;
    nt::NTSTATUS status = create_directory(path, &directory);
    HOST_CHECK(status >= 0);
    header_of(directory)->Flags |= OB_FLAG_PERMANENT_OBJECT;
  }
}

}  // namespace drydock::ntos::ob
