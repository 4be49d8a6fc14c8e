#include "ntos/exports.h"

#include "image/export_table.h"
#include "ntos/ob/object.h"
#include "ntos/ob/object_api.h"

namespace drydock::ntos::ob {

namespace {

using image::any_irql, image::at_most, image::DataExport, image::exactly, image::ExportFamily, image::not_built;
constexpr NTSTATUS kShort = STATUS_INSUFFICIENT_RESOURCES;

/// "POBJECT_TYPE *IoFileObjectType": the variable holds the type's address.
template <Type type>
constexpr DataExport type_variable() {
  return {sizeof(OBJECT_TYPE*), [](void* guest) { *static_cast<OBJECT_TYPE**>(guest) = type_object(type); }};
}

// clang-format off
const ExportFamily kReferences{"ntoskrnl.exe", {
  // name                                 entry                             caller's IRQL            may be refused with
  {"ObReferenceObjectByHandle",           ObReferenceObjectByHandle,        exactly(PASSIVE_LEVEL)},
  {"ObReferenceObjectByHandleWithTag",    ObReferenceObjectByHandleWithTag, exactly(PASSIVE_LEVEL)},
  {"ObReferenceObjectByPointer",          ObReferenceObjectByPointer,       at_most(DISPATCH_LEVEL)},
  {"ObReferenceObjectByPointerWithTag",   ObReferenceObjectByPointerWithTag, at_most(DISPATCH_LEVEL)},
  {"ObReferenceObjectByName",             ObReferenceObjectByName,          exactly(PASSIVE_LEVEL)},
  {"ObfReferenceObject",                  ObfReferenceObject,               at_most(DISPATCH_LEVEL)},
  {"ObfReferenceObjectWithTag",           ObfReferenceObjectWithTag,        at_most(DISPATCH_LEVEL)},
  {"ObfDereferenceObject",                ObfDereferenceObject,             at_most(DISPATCH_LEVEL)},
  {"ObfDereferenceObjectWithTag",         ObfDereferenceObjectWithTag,      at_most(DISPATCH_LEVEL)},
  {"ObDereferenceObjectDeferDelete",      ObDereferenceObjectDeferDelete,   at_most(DISPATCH_LEVEL)},
  {"ObDereferenceObjectDeferDeleteWithTag", ObDereferenceObjectDeferDeleteWithTag, at_most(DISPATCH_LEVEL)},
  {"ObOpenObjectByPointer",               ObOpenObjectByPointer,            exactly(PASSIVE_LEVEL)},
  {"ObQueryNameString",                   ObQueryNameString,                exactly(PASSIVE_LEVEL)},
  {"ObMakeTemporaryObject",               ObMakeTemporaryObject,            at_most(APC_LEVEL)},
  {"ObGetObjectType",                     ObGetObjectType,                  any_irql()},
  {"ObIsKernelHandle",                    ObIsKernelHandle,                 at_most(DISPATCH_LEVEL)},
  {"ObCloseHandle",                       ObCloseHandle,                    exactly(PASSIVE_LEVEL)},
  {"ObGetObjectSecurity",                 not_built("objects carry no security descriptors"), exactly(PASSIVE_LEVEL)},
  {"ObReleaseObjectSecurity",             not_built("objects carry no security descriptors"), exactly(PASSIVE_LEVEL)},
  {"ObRegisterCallbacks",                 not_built("no process opens handles"), exactly(PASSIVE_LEVEL)},
  {"ObUnRegisterCallbacks",               not_built("no process opens handles"), exactly(PASSIVE_LEVEL)},
}, "ob/reference"};

const ExportFamily kHandles{"ntoskrnl.exe", {
  {"ZwClose",                             ZwClose,                          exactly(PASSIVE_LEVEL)},
  {"NtClose",                             ZwClose,                          exactly(PASSIVE_LEVEL)},
  {"ZwDuplicateObject",                   ZwDuplicateObject,                exactly(PASSIVE_LEVEL)},
  {"ZwMakeTemporaryObject",               ZwMakeTemporaryObject,            exactly(PASSIVE_LEVEL)},
  {"ZwWaitForSingleObject",               ZwWaitForSingleObject,            exactly(PASSIVE_LEVEL)},
  {"NtWaitForSingleObject",               ZwWaitForSingleObject,            exactly(PASSIVE_LEVEL)},
  {"ZwWaitForMultipleObjects",            ZwWaitForMultipleObjects,         exactly(PASSIVE_LEVEL)},
  {"ZwCreateEvent",                       ZwCreateEvent,                    exactly(PASSIVE_LEVEL),  {kShort}},
  {"ZwOpenEvent",                         ZwOpenEvent,                      exactly(PASSIVE_LEVEL)},
  {"ZwSetEvent",                          ZwSetEvent,                       exactly(PASSIVE_LEVEL)},
  {"ZwResetEvent",                        ZwResetEvent,                     exactly(PASSIVE_LEVEL)},
  {"ZwClearEvent",                        ZwClearEvent,                     exactly(PASSIVE_LEVEL)},
  {"ZwQueryEvent",                        ZwQueryEvent,                     exactly(PASSIVE_LEVEL)},
  {"IoCreateNotificationEvent",           IoCreateNotificationEvent,        exactly(PASSIVE_LEVEL),  {kShort}},
  {"IoCreateSynchronizationEvent",        IoCreateSynchronizationEvent,     exactly(PASSIVE_LEVEL),  {kShort}},
  {"ZwCreateDirectoryObject",             ZwCreateDirectoryObject,          exactly(PASSIVE_LEVEL)},
  {"ZwOpenDirectoryObject",               ZwOpenDirectoryObject,            exactly(PASSIVE_LEVEL)},
  {"ZwCreateSymbolicLinkObject",          ZwCreateSymbolicLinkObject,       exactly(PASSIVE_LEVEL)},
  {"ZwOpenSymbolicLinkObject",            ZwOpenSymbolicLinkObject,         exactly(PASSIVE_LEVEL)},
  {"ZwQuerySymbolicLinkObject",           ZwQuerySymbolicLinkObject,        exactly(PASSIVE_LEVEL)},
}, "ob/handle"};

const ExportFamily kTypes{"ntoskrnl.exe", {
  {"ExEventObjectType",                   type_variable<Type::Event>()},
  {"ExSemaphoreObjectType",               type_variable<Type::Semaphore>()},
  {"ExMutantObjectType",                  type_variable<Type::Mutant>()},
  {"ExTimerObjectType",                   type_variable<Type::Timer>()},
  {"PsThreadType",                        type_variable<Type::Thread>()},
  {"PsProcessType",                       type_variable<Type::Process>()},
  {"IoDriverObjectType",                  type_variable<Type::Driver>()},
  {"IoDeviceObjectType",                  type_variable<Type::Device>()},
  {"IoFileObjectType",                    type_variable<Type::File>()},
  {"IoAdapterObjectType",                 type_variable<Type::Adapter>()},
  {"IoControllerObjectType",              type_variable<Type::Controller>()},
  {"CmKeyObjectType",                     type_variable<Type::Key>()},
  {"MmSectionObjectType",                 type_variable<Type::Section>()},
  {"ExCallbackObjectType",                type_variable<Type::Callback>()},
}, "ob/type"};
// clang-format on

}  // namespace

void add_exports(image::ExportIndex& index) {
  index.add(kReferences);
  index.add(kHandles);
  index.add(kTypes);
}

}  // namespace drydock::ntos::ob
