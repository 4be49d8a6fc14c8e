#include "ntos/ob/object_api.h"

#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"

namespace drydock::ntos::ob {

namespace {

constexpr ULONG kDuplicateCloseSource = 1;

// Slow ways out of the two hottest calls; NTAPI, so that the calls need not save vector registers for them.
[[gnu::cold, gnu::noinline]] LONG_PTR NTAPI reference_slowly(PVOID object) {
  reference(object);
  return static_cast<LONG_PTR>(header_of(object)->PointerCount);
}

[[gnu::cold, gnu::noinline]] LONG_PTR NTAPI dereference_slowly(PVOID object) {
  LONG_PTR left = static_cast<LONG_PTR>(header_of(object)->PointerCount) - 1;
  dereference(object);
  return left;
}

[[gnu::always_inline]] inline bool is_live(const OBJECT_HEADER* header) {
  return static_cast<unsigned char>(header->TypeIndex) - 1u < static_cast<unsigned>(Type::Count) - 1u;
}

bool is_of_type(const void* object, const OBJECT_TYPE* type) {
  return type == nullptr || type_object(type_of(object)) == type;
}

}  // namespace

LONG_PTR NTAPI ObfReferenceObject(PVOID Object) {
  OBJECT_HEADER* header = header_of(Object);
  if (!is_live(header) || header->PointerCount <= 0) [[unlikely]]
    return reference_slowly(Object);
  return static_cast<LONG_PTR>(++header->PointerCount);
}

LONG_PTR NTAPI ObfReferenceObjectWithTag(PVOID Object, ULONG) {
  return ObfReferenceObject(Object);
}

LONG_PTR NTAPI ObfDereferenceObject(PVOID Object) {
  OBJECT_HEADER* header = header_of(Object);
  if (!is_live(header) || header->PointerCount <= 1) [[unlikely]]
    return dereference_slowly(Object);
  return static_cast<LONG_PTR>(--header->PointerCount);
}

LONG_PTR NTAPI ObfDereferenceObjectWithTag(PVOID Object, ULONG) {
  return ObfDereferenceObject(Object);
}
void NTAPI ObDereferenceObjectDeferDelete(PVOID Object) {
  dereference_deferred(Object);
}
void NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG) {
  dereference_deferred(Object);
}

NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID* Object,
                                         OBJECT_HANDLE_INFORMATION* HandleInformation) {
  *Object = nullptr;
  if (AccessMode != KernelMode && is_kernel_handle(Handle)) return STATUS_INVALID_HANDLE;
  NTSTATUS status;
  void* object = reference_by_handle(Handle, Type::None, &status);
  if (object == nullptr) return status;
  if (!is_of_type(object, ObjectType)) {
    dereference(object);
    return STATUS_OBJECT_TYPE_MISMATCH;
  }
  ACCESS_MASK granted = granted_access(Handle);
  if (AccessMode != KernelMode && (DesiredAccess & ~granted) != 0) {
    dereference(object);
    return STATUS_ACCESS_DENIED;
  }
  if (HandleInformation != nullptr) *HandleInformation = {0, granted};
  *Object = object;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                                KPROCESSOR_MODE AccessMode, ULONG, PVOID* Object,
                                                OBJECT_HANDLE_INFORMATION* HandleInformation) {
  return ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);
}

NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK, OBJECT_TYPE* ObjectType,
                                          KPROCESSOR_MODE AccessMode) {
  bool checks_type = AccessMode != KernelMode || type_of(Object) == Type::SymbolicLink || ObjectType != nullptr;
  if (checks_type && !is_of_type(Object, ObjectType)) return STATUS_OBJECT_TYPE_MISMATCH;
  reference(Object);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                                 KPROCESSOR_MODE AccessMode, ULONG) {
  return ObReferenceObjectByPointer(Object, DesiredAccess, ObjectType, AccessMode);
}

NTSTATUS NTAPI ObReferenceObjectByName(UNICODE_STRING* ObjectName, ULONG, PVOID, ACCESS_MASK, OBJECT_TYPE* ObjectType,
                                       KPROCESSOR_MODE, PVOID, PVOID* Object) {
  *Object = nullptr;
  NTSTATUS status;
  std::u16string remaining;
  void* object = lookup(view(ObjectName), &remaining, &status);
  if (object == nullptr) return status;
  if (!remaining.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (!is_of_type(object, ObjectType)) return STATUS_OBJECT_TYPE_MISMATCH;
  reference(object);
  *Object = object;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PVOID, ACCESS_MASK DesiredAccess,
                                     OBJECT_TYPE* ObjectType, KPROCESSOR_MODE, HANDLE* Handle) {
  if (!is_of_type(Object, ObjectType)) return STATUS_OBJECT_TYPE_MISMATCH;
  *Handle = insert_handle(Object, DesiredAccess, (HandleAttributes & OBJ_KERNEL_HANDLE) != 0);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObQueryNameString(PVOID Object, OBJECT_NAME_INFORMATION* ObjectNameInfo, ULONG Length,
                                 ULONG* ReturnLength) {
  std::u16string name = name_of(Object);
  auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  ULONG needed = static_cast<ULONG>(sizeof(OBJECT_NAME_INFORMATION) + (name.empty() ? 0 : bytes + sizeof(WCHAR)));
  *ReturnLength = needed;
  if (ObjectNameInfo == nullptr || Length < needed) return STATUS_INFO_LENGTH_MISMATCH;
  ObjectNameInfo->Name = {};
  if (name.empty()) return STATUS_SUCCESS;
  auto* buffer = reinterpret_cast<PWCH>(ObjectNameInfo + 1);
  std::memcpy(buffer, name.c_str(), bytes + sizeof(WCHAR));
  ObjectNameInfo->Name = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), buffer};
  return STATUS_SUCCESS;
}

void NTAPI ObMakeTemporaryObject(PVOID Object) {
  header_of(Object)->Flags &= static_cast<UCHAR>(~OB_FLAG_PERMANENT_OBJECT);
  if (header_of(Object)->HandleCount == 0) remove_name(Object);
}

OBJECT_TYPE* NTAPI ObGetObjectType(PVOID Object) {
  return type_object(type_of(Object));
}

BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle) {
  return is_kernel_handle(Handle) ? TRUE : FALSE;
}

NTSTATUS NTAPI ZwClose(HANDLE Handle) {
  NTSTATUS status = close_handle(Handle);
  if (status == STATUS_INVALID_HANDLE && is_kernel_handle(Handle))
    machine::Machine::current().bug_check(INVALID_KERNEL_HANDLE, reinterpret_cast<std::uint64_t>(Handle), 1, 0, 0,
                                          "ZwClose of a kernel handle that is not open");
  return status;
}

NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE) {
  return ZwClose(Handle);
}

NTSTATUS NTAPI ZwMakeTemporaryObject(HANDLE Handle) {
  NTSTATUS status;
  void* object = reference_by_handle(Handle, Type::None, &status);
  if (object == nullptr) return status;
  header_of(object)->Flags &= static_cast<UCHAR>(~OB_FLAG_PERMANENT_OBJECT);
  dereference(object);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwDuplicateObject(HANDLE, HANDLE SourceHandle, HANDLE, HANDLE* TargetHandle, ACCESS_MASK DesiredAccess,
                                 ULONG HandleAttributes, ULONG Options) {
  NTSTATUS status;
  void* object = reference_by_handle(SourceHandle, Type::None, &status);
  if (object == nullptr) return status;
  ACCESS_MASK access = DesiredAccess != 0 ? DesiredAccess : granted_access(SourceHandle);
  if (TargetHandle != nullptr)
    *TargetHandle = insert_handle(object, access, (HandleAttributes & OBJ_KERNEL_HANDLE) != 0);
  dereference(object);
  return (Options & kDuplicateCloseSource) != 0 ? close_handle(SourceHandle) : STATUS_SUCCESS;
}

}  // namespace drydock::ntos::ob
