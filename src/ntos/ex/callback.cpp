#include "ntos/ex/callback.h"

#include "machine/guest_call.h"
#include "ntos/ex/pool.h"
#include "ntos/ex/state.h"
#include "ntos/ke/shared_data.h"
#include "ntos/kernel.h"
#include "ntos/ob/object.h"

namespace drydock::nt {

/// In pool, as every object; drivers only pass it around.
struct CALLBACK_OBJECT {
  ULONG Signature;
  LIST_ENTRY RegisteredCallbacks;
  BOOLEAN AllowMultipleCallbacks;
};

}  // namespace drydock::nt

namespace drydock::ntos {

namespace {

constexpr ULONG kSignature = 0x6C6C6143;  // 'Call'
constexpr ULONG kRegistrationTag = 0x52624343;

struct Registration {
  LIST_ENTRY Link;
  CALLBACK_OBJECT* Object;
  PCALLBACK_FUNCTION Function;
  PVOID Context;
  ULONG Busy;
  BOOLEAN Removed;
};

Registration* registration_at(LIST_ENTRY* link) {
  return NT_CONTAINING_RECORD(link, Registration, Link);
}

void let_go(Registration* registration) {
  CALLBACK_OBJECT* object = registration->Object;
  RemoveEntryList(&registration->Link);
  ExFreePool(registration);
  ob::dereference(object);
}

}  // namespace

NTSTATUS NTAPI ExCreateCallback(CALLBACK_OBJECT** callback, OBJECT_ATTRIBUTES* attributes, BOOLEAN create,
                                BOOLEAN allow_multiple) {
  std::u16string path;
  NTSTATUS status = STATUS_SUCCESS;
  if (attributes->ObjectName != nullptr && attributes->ObjectName->Length != 0) {
    status = ob::path_of(attributes, &path);
    if (!NT_SUCCESS(status)) return status;
    void* found = ob::lookup(path, nullptr, &status);
    if (found != nullptr) {
      if (ob::type_of(found) != ob::Type::Callback) return STATUS_OBJECT_TYPE_MISMATCH;
      ob::reference(found);
      *callback = static_cast<CALLBACK_OBJECT*>(found);
      return STATUS_SUCCESS;
    }
    if (create == FALSE) return status;
    status = STATUS_SUCCESS;
  } else if (create == FALSE) {
    return STATUS_UNSUCCESSFUL;
  }
  auto* object =
      static_cast<CALLBACK_OBJECT*>(ob::create_object(ob::Type::Callback, sizeof(CALLBACK_OBJECT), path, &status));
  if (object == nullptr) return NT_SUCCESS(status) ? STATUS_INSUFFICIENT_RESOURCES : status;
  object->Signature = kSignature;
  InitializeListHead(&object->RegisteredCallbacks);
  object->AllowMultipleCallbacks = allow_multiple;
  *callback = object;
  return STATUS_SUCCESS;
}

PVOID NTAPI ExRegisterCallback(CALLBACK_OBJECT* callback, PCALLBACK_FUNCTION function, PVOID context) {
  if (callback->AllowMultipleCallbacks == FALSE && !IsListEmpty(&callback->RegisteredCallbacks)) return nullptr;
  auto* registration =
      static_cast<Registration*>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(Registration), kRegistrationTag));
  if (registration == nullptr) return nullptr;
  *registration = {{}, callback, function, context, 0, FALSE};
  InsertTailList(&callback->RegisteredCallbacks, &registration->Link);
  ob::reference(callback);
  return registration;
}

VOID NTAPI ExUnregisterCallback(PVOID handle) {
  auto* registration = static_cast<Registration*>(handle);
  registration->Removed = TRUE;
  if (registration->Busy == 0) let_go(registration);
}

VOID NTAPI ExNotifyCallback(PVOID object, PVOID argument1, PVOID argument2) {
  auto* callback = static_cast<CALLBACK_OBJECT*>(object);
  for (LIST_ENTRY* link = callback->RegisteredCallbacks.Flink; link != &callback->RegisteredCallbacks;) {
    Registration* registration = registration_at(link);
    if (registration->Removed == FALSE) {
      ++registration->Busy;
      machine::call_driver(registration->Function, registration->Context, argument1, argument2);
      --registration->Busy;
    }
    link = link->Flink;
    if (registration->Removed != FALSE && registration->Busy == 0) let_go(registration);
  }
}

NTSTATUS NTAPI ExUuidCreate(GUID* uuid) {
  std::uint64_t serial = ++kernel().ex->uuids;
  *uuid = {static_cast<ULONG>(serial),
           static_cast<USHORT>(serial >> 32),
           0x11EF,
           {0x80, 0x00, 0x02, 0x00, 0x00, 0xD4, 0x1D, 0x0C}};
  return STATUS_SUCCESS;
}

BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG feature) {
  constexpr unsigned kFeatures = 0x274;  // KUSER_SHARED_DATA.ProcessorFeatures
  return feature < 64 && ke::shared_data_read(kFeatures + feature, 1) != 0;
}

BOOLEAN NTAPI ExVerifySuite(LONG suite) {
  return suite == 8;
}  // terminal server, single user

}  // namespace drydock::ntos
