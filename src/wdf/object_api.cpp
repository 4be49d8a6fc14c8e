// WdfObject...: contexts, references, locks and deletion of any object.

#include <fmt/format.h>

#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/framework.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;

namespace {

class GeneralObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::General;
  explicit GeneralObject(Client& client) : Object(kType, client) {}
};

}  // namespace

PVOID NTAPI WdfObjectGetTypedContextWorker(PWDF_DRIVER_GLOBALS, WDFOBJECT Handle,
                                           PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo) {
  require_pointer(TypeInfo, "WdfObjectGetTypedContextWorker's TypeInfo");
  return object_from(Handle).context(TypeInfo->UniqueType);
}

NTSTATUS NTAPI WdfObjectAllocateContext(PWDF_DRIVER_GLOBALS, WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES Attributes,
                                        PVOID* Context) {
  Object& object = object_from(Handle);
  require_pointer(Attributes, "WdfObjectAllocateContext's ContextAttributes");
  const NTSTATUS status = check_attributes(Attributes, {.parent_allowed = false});
  if (!NT_SUCCESS(status)) return status;
  if (!Attributes->ContextTypeInfo || context_size(*Attributes) == 0) return STATUS_OBJECT_NAME_INVALID;
  return object.add_context(*Attributes, Context);
}

WDFOBJECT NTAPI WdfObjectContextGetObject(PWDF_DRIVER_GLOBALS, PVOID ContextPointer) {
  require_pointer(ContextPointer, "WdfObjectContextGetObject's ContextPointer");
  return object_from((static_cast<ContextHeader*>(ContextPointer) - 1)->object).handle();
}

VOID NTAPI WdfObjectReferenceActual(PWDF_DRIVER_GLOBALS, WDFOBJECT Handle, PVOID Tag, LONG, PCCH) {
  Object& object = object_from(Handle);
  object.reference();
  object.add_tag(Tag);
}

VOID NTAPI WdfObjectDereferenceActual(PWDF_DRIVER_GLOBALS, WDFOBJECT Handle, PVOID Tag, LONG, PCCH) {
  Object& object = object_from(Handle);
  const std::size_t held = object.tags().size();
  if (!object.remove_tag(Tag) && held != 0)
    record("WDF-355", "reference-tag-mismatch",
           fmt::format("{} is dereferenced with tag {}, which no reference was taken with", object.name(), Tag));
  if (held == 0)
    stop(Violation::ObjectError, "object-destroyed-by-dereference",
         fmt::format("{} is dereferenced more often than it was referenced", object.name()),
         reinterpret_cast<std::uint64_t>(Handle));
  object.dereference();
}

NTSTATUS NTAPI WdfObjectCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                               WDFOBJECT* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Handle, "WdfObjectCreate's Object");
  *Handle = nullptr;
  NTSTATUS status = check_attributes(Attributes);
  if (!NT_SUCCESS(status)) return status;
  auto* object = new GeneralObject(client);
  status = object->commit(Attributes, parent_from(Attributes, client.driver));
  if (!NT_SUCCESS(status)) {
    delete object;
    return status;
  }
  *Handle = object->handle();
  return status;
}

VOID NTAPI WdfObjectDelete(PWDF_DRIVER_GLOBALS, WDFOBJECT Handle) {
  Object& object = object_from(Handle);
  if (object.driver_may_delete) {
    // WDF-354: these two alone are not deleted by a worker on Windows.
    const bool only_passive = object.type() == ObjectType::CommonBuffer ||
                              (object.type() == ObjectType::Device && static_cast<Device&>(object).is_control());
    if (only_passive && KeGetCurrentIrql() != PASSIVE_LEVEL)
      record("WDF-438", "wrong-irql", fmt::format("WdfObjectDelete of {} above PASSIVE_LEVEL", object.name()));
    return object.delete_by_driver();
  }
  record("WDF-463", "delete-of-framework-owned-object",
         fmt::format("WdfObjectDelete of {}, which only the framework deletes (STATUS_CANNOT_DELETE)", object.name()));
}

NTSTATUS NTAPI WdfObjectQuery(PWDF_DRIVER_GLOBALS, WDFOBJECT Handle, const GUID*, ULONG, PVOID) {
  object_from(Handle);
  return STATUS_NOT_FOUND;
}

namespace {

CallbackLock& lock_of(WDFOBJECT handle, const char* function) {
  Object& object = object_from(handle);
  if (CallbackLock* lock = object.callback_lock()) return *lock;
  stop(Violation::InvalidLockOperation, "lock-misuse",
       fmt::format("{} on {}, which has no callback lock", function, object.name()),
       reinterpret_cast<std::uint64_t>(handle));
}

}  // namespace

VOID NTAPI WdfObjectAcquireLock(PWDF_DRIVER_GLOBALS, WDFOBJECT Object) {
  lock_of(Object, "WdfObjectAcquireLock").acquire();
}

VOID NTAPI WdfObjectReleaseLock(PWDF_DRIVER_GLOBALS, WDFOBJECT Object) {
  lock_of(Object, "WdfObjectReleaseLock").release();
}

// clang-format off
const image::ExportFamily kObjectApi{kFrameworkModule, {
    // name                             entry                           caller's IRQL
    {"WdfObjectGetTypedContextWorker",  WdfObjectGetTypedContextWorker, image::any_irql()},
    {"WdfObjectAllocateContext",        WdfObjectAllocateContext,       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfObjectContextGetObject",       WdfObjectContextGetObject,      image::any_irql()},
    {"WdfObjectReferenceActual",        WdfObjectReferenceActual,       image::any_irql()},
    {"WdfObjectDereferenceActual",      WdfObjectDereferenceActual,     image::any_irql()},
    {"WdfObjectCreate",                 WdfObjectCreate,                at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfObjectDelete",                 WdfObjectDelete,                at_most(DISPATCH_LEVEL)},
    {"WdfObjectQuery",                  WdfObjectQuery,                 at_most(DISPATCH_LEVEL)},
    {"WdfObjectAcquireLock",            WdfObjectAcquireLock,           at_most(DISPATCH_LEVEL)},
    {"WdfObjectReleaseLock",            WdfObjectReleaseLock,           at_most(DISPATCH_LEVEL)},
}, "wdf/object"};
// clang-format on

}  // namespace drydock::wdf
