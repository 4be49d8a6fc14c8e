// Handles: one table a machine.

#include "ntos/ke/current.h"
#include "ntos/ob/object.h"

namespace drydock::ntos::ob {

namespace {

constexpr nt::ULONG_PTR kKernelHandleBits = 0xFFFF'FFFF'8000'0000;
constexpr nt::LONG_PTR kCurrentProcess = -1;
constexpr nt::LONG_PTR kCurrentThread = -2;

/// Null if `handle` names no entry.
HandleEntry* entry_of(nt::HANDLE handle) {
  auto value = reinterpret_cast<nt::ULONG_PTR>(handle);
  bool kernel = (value & kKernelHandleBits) == kKernelHandleBits;
  if (kernel) value &= ~kKernelHandleBits;
  std::size_t index = value / 4;  // the two low bits are the application's
  ObjectManager& m = manager();
  if (index == 0 || index > m.handles.size()) return nullptr;
  HandleEntry& entry = m.handles[index - 1];
  return entry.object != nullptr && entry.kernel == kernel ? &entry : nullptr;
}

}  // namespace

bool is_kernel_handle(nt::HANDLE handle) {
  auto value = reinterpret_cast<nt::LONG_PTR>(handle);
  return value < 0 && value != kCurrentProcess && value != kCurrentThread;
}

nt::HANDLE insert_handle(void* body, nt::ACCESS_MASK access, bool kernel) {
  ObjectManager& m = manager();
  std::uint32_t index;
  if (!m.free_handles.empty()) {
    index = m.free_handles.back();
    m.free_handles.pop_back();
  } else {
    m.handles.emplace_back();
    index = static_cast<std::uint32_t>(m.handles.size());
  }
  reference(body);
  ++header_of(body)->HandleCount;
  m.handles[index - 1] = {body, access, kernel};
  nt::ULONG_PTR value = static_cast<nt::ULONG_PTR>(index) * 4;
  return reinterpret_cast<nt::HANDLE>(kernel ? value | kKernelHandleBits : value);
}

void* reference_by_handle(nt::HANDLE handle, Type type, nt::NTSTATUS* status) {
  nt::NTSTATUS result = nt::STATUS_SUCCESS;
  void* object = nullptr;
  auto value = reinterpret_cast<nt::LONG_PTR>(handle);
  if (value == kCurrentProcess) {
    object = ke::current_process_object();
  } else if (value == kCurrentThread) {
    object = ke::current_thread_object();
  } else if (const HandleEntry* entry = entry_of(handle)) {
    object = entry->object;
  }
  if (object == nullptr) {
    result = nt::STATUS_INVALID_HANDLE;
  } else if (type != Type::None && type_of(object) != type) {
    result = nt::STATUS_OBJECT_TYPE_MISMATCH;
    object = nullptr;
  } else {
    reference(object);
  }
  if (status != nullptr) *status = result;
  return object;
}

nt::ACCESS_MASK granted_access(nt::HANDLE handle) {
  const HandleEntry* entry = entry_of(handle);
  return entry == nullptr ? 0 : entry->access;
}

nt::NTSTATUS close_handle(nt::HANDLE handle) {
  HandleEntry* entry = entry_of(handle);
  if (entry == nullptr) return nt::STATUS_INVALID_HANDLE;
  ObjectManager& m = manager();
  void* object = entry->object;
  auto index = static_cast<std::uint32_t>(entry - m.handles.data()) + 1;
  *entry = {};
  m.free_handles.push_back(index);

  OBJECT_HEADER* header = header_of(object);
  if (--header->HandleCount == 0) {
    const auto& type = m.types[static_cast<unsigned>(header->TypeIndex)];
    if (type.close != nullptr) type.close(object);
    // A name without handles goes, as for any object that is not permanent.
    bool keeps_name = (header->Flags & OB_FLAG_PERMANENT_OBJECT) != 0 || header->TypeIndex == Type::Device ||
                      header->TypeIndex == Type::Driver;
    if ((header->Flags & OB_FLAG_NAMED) != 0 && !keeps_name) remove_name(object);
  }
  dereference(object);
  return nt::STATUS_SUCCESS;
}

std::vector<OpenHandle> open_handles() {
  std::vector<OpenHandle> result;
  const ObjectManager& m = manager();
  for (std::size_t i = 0; i < m.handles.size(); ++i) {
    const HandleEntry& entry = m.handles[i];
    if (entry.object == nullptr) continue;
    nt::ULONG_PTR value = (i + 1) * 4;
    result.push_back({reinterpret_cast<nt::HANDLE>(entry.kernel ? value | kKernelHandleBits : value), entry.object});
  }
  return result;
}

}  // namespace drydock::ntos::ob
