// Events, directories and symbolic links by name, and waiting by handle.

#include <cstring>

#include "machine/machine.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/ob/object_api.h"

namespace drydock::ntos::ob {

namespace {

constexpr unsigned kObjectsMax = MAXIMUM_WAIT_OBJECTS;

bool wants_kernel_handle(const OBJECT_ATTRIBUTES* attributes) {
  return attributes != nullptr && (attributes->Attributes & OBJ_KERNEL_HANDLE) != 0;
}

/// The path, empty for no name.
NTSTATUS wanted_path(const OBJECT_ATTRIBUTES* attributes, std::u16string* path) {
  path->clear();
  if (attributes == nullptr || attributes->ObjectName == nullptr) return STATUS_SUCCESS;
  return path_of(attributes, path);
}

NTSTATUS open_named(HANDLE* handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES* attributes, Type type) {
  std::u16string path, remaining;
  NTSTATUS status = path_of(attributes, &path);
  if (status < 0) return status;
  void* object = nullptr;
  if (type == Type::SymbolicLink) {  // the link itself, not what it leads to
    auto found = manager().names.find(upcase(canonical(path)));
    if (found == manager().names.end()) return STATUS_OBJECT_NAME_NOT_FOUND;
    object = found->second.object;
  } else {
    object = lookup(path, &remaining, &status);
    if (object == nullptr) return status;
    if (!remaining.empty()) return STATUS_OBJECT_PATH_NOT_FOUND;
  }
  if (type_of(object) != type) return STATUS_OBJECT_TYPE_MISMATCH;
  *handle = insert_handle(object, access, wants_kernel_handle(attributes));
  return STATUS_SUCCESS;
}

/// Creates, or with OBJ_OPENIF opens. `body` is null when an existing object was opened.
NTSTATUS create_named(HANDLE* handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES* attributes, Type type,
                      std::size_t bytes, void** body) {
  *body = nullptr;
  std::u16string path;
  NTSTATUS status = wanted_path(attributes, &path);
  if (status < 0) return status;
  void* object = create_object(type, bytes, path, &status);
  if (object == nullptr) {
    bool open_if = attributes != nullptr && (attributes->Attributes & OBJ_OPENIF) != 0;
    if (status != STATUS_OBJECT_NAME_COLLISION || !open_if) return status;
    status = open_named(handle, access, attributes, type);
    return status < 0 ? status : STATUS_OBJECT_NAME_EXISTS;
  }
  if (attributes != nullptr && (attributes->Attributes & OBJ_PERMANENT) != 0)
    header_of(object)->Flags |= OB_FLAG_PERMANENT_OBJECT;
  *body = object;
  *handle = insert_handle(object, access, wants_kernel_handle(attributes));
  dereference(object);  // the handle's reference keeps it; a permanent object keeps its name's
  if ((header_of(object)->Flags & OB_FLAG_PERMANENT_OBJECT) != 0) reference(object);
  return STATUS_SUCCESS;
}

KEVENT* event_of(HANDLE handle, NTSTATUS* status) {
  return static_cast<KEVENT*>(reference_by_handle(handle, Type::Event, status));
}

KEVENT* create_io_event(UNICODE_STRING* name, HANDLE* handle, EVENT_TYPE type) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, name, OBJ_OPENIF | OBJ_KERNEL_HANDLE, nullptr, nullptr);
  if (ZwCreateEvent(handle, EVENT_ALL_ACCESS, &attributes, type, TRUE) < 0) return nullptr;
  void* event = reference_by_handle(*handle, Type::Event);
  dereference(event);
  return static_cast<KEVENT*>(event);
}

}  // namespace

NTSTATUS NTAPI ZwCreateEvent(HANDLE* EventHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes,
                             EVENT_TYPE EventType, BOOLEAN InitialState) {
  if (machine::refused("ZwCreateEvent")) return STATUS_INSUFFICIENT_RESOURCES;
  void* event;
  NTSTATUS status = create_named(EventHandle, DesiredAccess, ObjectAttributes, Type::Event, sizeof(KEVENT), &event);
  if (event != nullptr) KeInitializeEvent(static_cast<KEVENT*>(event), EventType, InitialState);
  return status;
}

NTSTATUS NTAPI ZwOpenEvent(HANDLE* EventHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes) {
  return open_named(EventHandle, DesiredAccess, ObjectAttributes, Type::Event);
}

NTSTATUS NTAPI ZwSetEvent(HANDLE EventHandle, LONG* PreviousState) {
  NTSTATUS status;
  KEVENT* event = event_of(EventHandle, &status);
  if (event == nullptr) return status;
  LONG previous = KeSetEvent(event, EVENT_INCREMENT, FALSE);
  if (PreviousState != nullptr) *PreviousState = previous;
  dereference(event);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwResetEvent(HANDLE EventHandle, LONG* PreviousState) {
  NTSTATUS status;
  KEVENT* event = event_of(EventHandle, &status);
  if (event == nullptr) return status;
  LONG previous = KeResetEvent(event);
  if (PreviousState != nullptr) *PreviousState = previous;
  dereference(event);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwClearEvent(HANDLE EventHandle) {
  return ZwResetEvent(EventHandle, nullptr);
}

NTSTATUS NTAPI ZwQueryEvent(HANDLE EventHandle, LONG InformationClass, PVOID Information, ULONG Length,
                            ULONG* ReturnLength) {
  if (InformationClass != 0) return STATUS_INVALID_INFO_CLASS;
  if (Length != sizeof(EVENT_BASIC_INFORMATION)) return STATUS_INFO_LENGTH_MISMATCH;
  NTSTATUS status;
  KEVENT* event = event_of(EventHandle, &status);
  if (event == nullptr) return status;
  *static_cast<EVENT_BASIC_INFORMATION*>(Information) = {static_cast<EVENT_TYPE>(event->Header.Type),
                                                         KeReadStateEvent(event)};
  if (ReturnLength != nullptr) *ReturnLength = sizeof(EVENT_BASIC_INFORMATION);
  dereference(event);
  return STATUS_SUCCESS;
}

KEVENT* NTAPI IoCreateNotificationEvent(UNICODE_STRING* EventName, HANDLE* EventHandle) {
  return create_io_event(EventName, EventHandle, NotificationEvent);
}

KEVENT* NTAPI IoCreateSynchronizationEvent(UNICODE_STRING* EventName, HANDLE* EventHandle) {
  return create_io_event(EventName, EventHandle, SynchronizationEvent);
}

NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, LARGE_INTEGER* Timeout) {
  NTSTATUS status;
  void* object = reference_by_handle(Handle, Type::None, &status);
  if (object == nullptr) return status;
  DISPATCHER_HEADER* header = waitable(object);
  if (header == nullptr)
    status = STATUS_OBJECT_TYPE_MISMATCH;
  else
    status = KeWaitForSingleObject(header, UserRequest, KernelMode, Alertable, Timeout);
  dereference(object);
  return status;
}

NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG Count, HANDLE* Handles, WAIT_TYPE WaitType, BOOLEAN Alertable,
                                        LARGE_INTEGER* Timeout) {
  if (Count == 0 || Count > kObjectsMax) return STATUS_INVALID_PARAMETER_1;
  void* objects[kObjectsMax];
  void* headers[kObjectsMax];
  KWAIT_BLOCK blocks[kObjectsMax];
  NTSTATUS status = STATUS_SUCCESS;
  ULONG held = 0;
  for (; held < Count; ++held) {
    objects[held] = reference_by_handle(Handles[held], Type::None, &status);
    if (objects[held] == nullptr) break;
    headers[held] = waitable(objects[held]);
    if (headers[held] == nullptr) {
      status = STATUS_OBJECT_TYPE_MISMATCH;
      dereference(objects[held]);
      break;
    }
  }
  if (held == Count)
    status = KeWaitForMultipleObjects(Count, headers, WaitType, UserRequest, KernelMode, Alertable, Timeout, blocks);
  while (held > 0) dereference(objects[--held]);
  return status;
}

NTSTATUS NTAPI ZwCreateDirectoryObject(HANDLE* DirectoryHandle, ACCESS_MASK DesiredAccess,
                                       OBJECT_ATTRIBUTES* ObjectAttributes) {
  void* body;
  return create_named(DirectoryHandle, DesiredAccess, ObjectAttributes, Type::Directory, 0x10, &body);
}

NTSTATUS NTAPI ZwOpenDirectoryObject(HANDLE* DirectoryHandle, ACCESS_MASK DesiredAccess,
                                     OBJECT_ATTRIBUTES* ObjectAttributes) {
  return open_named(DirectoryHandle, DesiredAccess, ObjectAttributes, Type::Directory);
}

NTSTATUS NTAPI ZwCreateSymbolicLinkObject(HANDLE* LinkHandle, ACCESS_MASK DesiredAccess,
                                          OBJECT_ATTRIBUTES* ObjectAttributes, UNICODE_STRING* LinkTarget) {
  void* body;
  NTSTATUS status = create_named(LinkHandle, DesiredAccess, ObjectAttributes, Type::SymbolicLink, 0x20, &body);
  if (body != nullptr) manager().link_targets[number_of(body)] = view(LinkTarget);
  return status;
}

NTSTATUS NTAPI ZwOpenSymbolicLinkObject(HANDLE* LinkHandle, ACCESS_MASK DesiredAccess,
                                        OBJECT_ATTRIBUTES* ObjectAttributes) {
  return open_named(LinkHandle, DesiredAccess, ObjectAttributes, Type::SymbolicLink);
}

NTSTATUS NTAPI ZwQuerySymbolicLinkObject(HANDLE LinkHandle, UNICODE_STRING* LinkTarget, ULONG* ReturnedLength) {
  NTSTATUS status;
  void* link = reference_by_handle(LinkHandle, Type::SymbolicLink, &status);
  if (link == nullptr) return status;
  const std::u16string& target = manager().link_targets[number_of(link)];
  auto bytes = static_cast<USHORT>(target.size() * sizeof(WCHAR));
  if (ReturnedLength != nullptr) *ReturnedLength = bytes + sizeof(WCHAR);
  if (LinkTarget->MaximumLength < bytes) {
    status = STATUS_BUFFER_TOO_SMALL;
  } else {
    std::memcpy(LinkTarget->Buffer, target.data(), bytes);
    if (LinkTarget->MaximumLength >= bytes + sizeof(WCHAR)) LinkTarget->Buffer[target.size()] = UNICODE_NULL;
    LinkTarget->Length = bytes;
  }
  dereference(link);
  return status;
}

}  // namespace drydock::ntos::ob
