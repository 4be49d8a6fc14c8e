#pragma once
// Objects and handles as drivers use them. Zw... calls come from kernel mode.

#include "nt/access.h"
#include "nt/dispatcher.h"
#include "nt/object.h"
#include "nt/string.h"

namespace drydock::ntos::ob {
using namespace nt;

struct OBJECT_NAME_INFORMATION {
  UNICODE_STRING Name;
};
struct EVENT_BASIC_INFORMATION {
  EVENT_TYPE EventType;
  LONG EventState;
};

/// IRQL: PASSIVE_LEVEL. On success the object has one more reference, the caller's.
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID* Object,
                                         OBJECT_HANDLE_INFORMATION* HandleInformation);
NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                                KPROCESSOR_MODE AccessMode, ULONG Tag, PVOID* Object,
                                                OBJECT_HANDLE_INFORMATION* HandleInformation);
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                          KPROCESSOR_MODE AccessMode);
NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType,
                                                 KPROCESSOR_MODE AccessMode, ULONG Tag);
NTSTATUS NTAPI ObReferenceObjectByName(UNICODE_STRING* ObjectName, ULONG Attributes, PVOID AccessState,
                                       ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType, KPROCESSOR_MODE AccessMode,
                                       PVOID ParseContext, PVOID* Object);
/// IRQL: at most DISPATCH_LEVEL. Both return the new count; REFERENCE_BY_POINTER for an object without references.
LONG_PTR NTAPI ObfReferenceObject(PVOID Object);
LONG_PTR NTAPI ObfReferenceObjectWithTag(PVOID Object, ULONG Tag);
LONG_PTR NTAPI ObfDereferenceObject(PVOID Object);
LONG_PTR NTAPI ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag);
void NTAPI ObDereferenceObjectDeferDelete(PVOID Object);
void NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag);
NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PVOID PassedAccessState,
                                     ACCESS_MASK DesiredAccess, OBJECT_TYPE* ObjectType, KPROCESSOR_MODE AccessMode,
                                     HANDLE* Handle);
NTSTATUS NTAPI ObQueryNameString(PVOID Object, OBJECT_NAME_INFORMATION* ObjectNameInfo, ULONG Length,
                                 ULONG* ReturnLength);
void NTAPI ObMakeTemporaryObject(PVOID Object);
OBJECT_TYPE* NTAPI ObGetObjectType(PVOID Object);
BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle);

/// INVALID_KERNEL_HANDLE for a kernel handle that is not open.
NTSTATUS NTAPI ZwClose(HANDLE Handle);
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode);
NTSTATUS NTAPI ZwMakeTemporaryObject(HANDLE Handle);
NTSTATUS NTAPI ZwDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
                                 HANDLE* TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                                 ULONG Options);
NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, LARGE_INTEGER* Timeout);
NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG Count, HANDLE* Handles, WAIT_TYPE WaitType, BOOLEAN Alertable,
                                        LARGE_INTEGER* Timeout);

NTSTATUS NTAPI ZwCreateEvent(HANDLE* EventHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes,
                             EVENT_TYPE EventType, BOOLEAN InitialState);
NTSTATUS NTAPI ZwOpenEvent(HANDLE* EventHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes);
NTSTATUS NTAPI ZwSetEvent(HANDLE EventHandle, LONG* PreviousState);
NTSTATUS NTAPI ZwResetEvent(HANDLE EventHandle, LONG* PreviousState);
NTSTATUS NTAPI ZwClearEvent(HANDLE EventHandle);
NTSTATUS NTAPI ZwQueryEvent(HANDLE EventHandle, LONG InformationClass, PVOID Information, ULONG Length,
                            ULONG* ReturnLength);
/// Existing or new; the handle is the caller's, the event stays as long as it is open. IRQL: PASSIVE_LEVEL.
KEVENT* NTAPI IoCreateNotificationEvent(UNICODE_STRING* EventName, HANDLE* EventHandle);
KEVENT* NTAPI IoCreateSynchronizationEvent(UNICODE_STRING* EventName, HANDLE* EventHandle);

NTSTATUS NTAPI ZwCreateDirectoryObject(HANDLE* DirectoryHandle, ACCESS_MASK DesiredAccess,
                                       OBJECT_ATTRIBUTES* ObjectAttributes);
NTSTATUS NTAPI ZwOpenDirectoryObject(HANDLE* DirectoryHandle, ACCESS_MASK DesiredAccess,
                                     OBJECT_ATTRIBUTES* ObjectAttributes);
NTSTATUS NTAPI ZwCreateSymbolicLinkObject(HANDLE* LinkHandle, ACCESS_MASK DesiredAccess,
                                          OBJECT_ATTRIBUTES* ObjectAttributes, UNICODE_STRING* LinkTarget);
NTSTATUS NTAPI ZwOpenSymbolicLinkObject(HANDLE* LinkHandle, ACCESS_MASK DesiredAccess,
                                        OBJECT_ATTRIBUTES* ObjectAttributes);
NTSTATUS NTAPI ZwQuerySymbolicLinkObject(HANDLE LinkHandle, UNICODE_STRING* LinkTarget, ULONG* ReturnedLength);

}  // namespace drydock::ntos::ob
