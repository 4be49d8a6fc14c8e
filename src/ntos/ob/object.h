#pragma once
// Kernel objects: a header of 0x30 bytes in guest memory, then the body that drivers hold pointers to. References,
// names, handles.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nt/base.h"
#include "nt/dispatcher.h"
#include "nt/status.h"
#include "nt/string.h"
#include "nt/work_item.h"

namespace drydock::ntos::ob {

enum class Type : nt::UCHAR {
  None,  // a freed header
  Directory,
  SymbolicLink,
  Event,
  Semaphore,
  Mutant,
  Timer,
  Thread,
  Process,
  Driver,
  Device,
  File,
  Key,
  Section,
  Callback,
  Adapter,
  Controller,
  Count,
};

/// What lies before every body, in Windows' order.
struct OBJECT_HEADER {
  nt::LONG64 PointerCount;
  nt::LONG64 HandleCount;
  nt::ULONG_PTR Lock;
  Type TypeIndex;
  nt::UCHAR TraceFlags;
  nt::UCHAR InfoMask;
  nt::UCHAR Flags;
  nt::ULONG Number;  ///< ours, in a reserved field: 1, 2, ... within its type; traces name objects by it
  nt::PVOID ObjectCreateInfo;
  nt::PVOID SecurityDescriptor;
};
static_assert(sizeof(OBJECT_HEADER) == 0x30);

inline constexpr nt::UCHAR OB_FLAG_KERNEL_OBJECT = 0x02;
inline constexpr nt::UCHAR OB_FLAG_NAMED = 0x04;  ///< ours: in the namespace
inline constexpr nt::UCHAR OB_FLAG_PERMANENT_OBJECT = 0x10;

inline OBJECT_HEADER* header_of(const void* body) {
  return reinterpret_cast<OBJECT_HEADER*>(reinterpret_cast<nt::ULONG_PTR>(body) - sizeof(OBJECT_HEADER));
}
inline nt::ULONG number_of(const void* body) { return header_of(body)->Number; }

/// Creates an object with one reference, its body zeroed, in nonpaged pool. Null if pool is exhausted.
/// With a name (an absolute path) it enters the namespace, which needs `status` to say why not: STATUS_OBJECT_NAME_COLLISION,
/// STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_INVALID; then nothing was created.
void* create_object(Type type, std::size_t body_bytes, std::u16string_view name = {}, nt::NTSTATUS* status = nullptr);

/// Takes the name out of the namespace; references and handles stay.
void remove_name(void* body);
/// The path an object was created under, empty if it has none (any more).
std::u16string name_of(const void* body);

/// Called at PASSIVE_LEVEL when the last reference has gone, and when the last handle is closed. Set once per type by the room that owns it.
using Procedure = void (*)(void* body);
void set_delete_procedure(Type type, Procedure remove);
void set_close_procedure(Type type, Procedure last_handle_closed);
/// Offset of the DISPATCHER_HEADER to wait on; -1 (the default) means objects of the type cannot be waited on.
void set_wait_offset(Type type, int offset_bytes);
nt::DISPATCHER_HEADER* waitable(void* body);

/// The OBJECT_TYPE a driver knows ("*IoFileObjectType"), and back.
nt::OBJECT_TYPE* type_object(Type type);
Type type_of(const void* body);
const char* type_name(Type type);

/// REFERENCE_BY_POINTER if `body` is not a live object or its count would become impossible.
void reference(void* body);
/// Deletes the object when the count reaches zero; above PASSIVE_LEVEL a system worker does it.
void dereference(void* body);
/// A worker deletes it in any case.
void dereference_deferred(void* body);

// ---- handles: one table a machine, all of the System process ----
/// Takes one reference. `kernel` handles have the high bit set, as OBJ_KERNEL_HANDLE gives.
nt::HANDLE insert_handle(void* body, nt::ACCESS_MASK access, bool kernel);
/// The object with one more reference, or null and STATUS_INVALID_HANDLE / STATUS_OBJECT_TYPE_MISMATCH.
/// `type` None accepts any. Knows the pseudo handles of current process and thread.
void* reference_by_handle(nt::HANDLE handle, Type type, nt::NTSTATUS* status = nullptr);
/// The access the handle was opened with; 0 for a handle that does not exist.
nt::ACCESS_MASK granted_access(nt::HANDLE handle);
nt::NTSTATUS close_handle(nt::HANDLE handle);
bool is_kernel_handle(nt::HANDLE handle);
struct OpenHandle {
  nt::HANDLE handle;
  void* object;
};
/// In order of handle value, for reports of what was left open.
std::vector<OpenHandle> open_handles();

// ---- names ----
/// Finds the object at `path`, following symbolic links. If the path goes on below a device (or a key), that object is
/// returned and `remaining` gets the rest, with its backslash. Not referenced.
void* lookup(std::u16string_view path, std::u16string* remaining, nt::NTSTATUS* status);
nt::NTSTATUS create_symbolic_link(std::u16string_view path, std::u16string_view target);
nt::NTSTATUS delete_symbolic_link(std::u16string_view path);
nt::NTSTATUS create_directory(std::u16string_view path, void** body);
/// "\??\x" and "\DosDevices\x" become "\GLOBAL??\x".
std::u16string canonical(std::u16string_view path);
/// ObjectName below RootDirectory, as an absolute path.
nt::NTSTATUS path_of(const nt::OBJECT_ATTRIBUTES* attributes, std::u16string* path);

/// Every named object in order of path.
std::vector<std::pair<std::u16string, void*>> named_objects();

/// What the object manager keeps in a machine; reached through ob::manager().
struct HandleEntry {
  void* object = nullptr;
  nt::ACCESS_MASK access = 0;
  bool kernel = false;
};
struct NamedObject {
  std::u16string path;  ///< as it was created
  void* object;
};
class ObjectManager {
 public:
  struct TypeState {
    nt::OBJECT_TYPE* object = nullptr;
    Procedure remove = nullptr;
    Procedure close = nullptr;
    int wait_offset = -1;
    nt::ULONG created = 0;
    nt::ULONG alive = 0;
  };
  TypeState types[static_cast<unsigned>(Type::Count)];
  std::vector<HandleEntry> handles;                 ///< handle / 4 - 1
  std::vector<std::uint32_t> free_handles;          ///< reused last in, first out
  std::map<std::u16string, NamedObject> names;      ///< by upcased path
  std::map<nt::ULONG64, std::u16string> path_of_object;  ///< by type << 32 | number
  std::map<nt::ULONG, std::u16string> link_targets; ///< by number of the symbolic link
  std::vector<void*> to_delete;                     ///< objects whose last reference went above PASSIVE_LEVEL
  nt::WORK_QUEUE_ITEM delete_work{};
};

ObjectManager& manager();

}  // namespace drydock::ntos::ob
