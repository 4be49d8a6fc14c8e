// WdfChildList..., WdfFdo...StaticChild, WdfPdo...: children as drivers see them.

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/child_list.h"
#include "wdf/device.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

ChildList& list_from(WDFCHILDLIST handle) {
  return object_as<ChildList>(handle);
}

bool sized(const ChildList& list, const WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* id) {
  return id && id->IdentificationDescriptionSize == list.config.IdentificationDescriptionSize;
}

Device& pdo_from(WDFDEVICE handle, const char* function) {
  Device& device = object_as<Device>(handle);
  if (!device.is_pdo())
    stop(Violation::InvalidHandle, "invalid-handle", fmt::format("{} of {}, which is no PDO", function, device.name()),
         reinterpret_cast<std::uint64_t>(handle));
  return device;
}

Device& fdo_from(WDFDEVICE handle, const char* function) {
  Device& device = object_as<Device>(handle);
  if (!device.is_fdo())
    stop(Violation::InvalidHandle, "invalid-handle", fmt::format("{} of {}, which is no FDO", function, device.name()),
         reinterpret_cast<std::uint64_t>(handle));
  return device;
}

bool matches(const Child& child, ULONG flags) {
  switch (child.state) {
    case Child::State::Wanted:
      return flags & WdfRetrievePendingChildren;
    case Child::State::Present:
      return flags & WdfRetrievePresentChildren;
    default:
      return flags & WdfRetrieveMissingChildren;
  }
}

}  // namespace

NTSTATUS NTAPI WdfChildListCreate(PWDF_DRIVER_GLOBALS, WDFDEVICE DeviceHandle, PWDF_CHILD_LIST_CONFIG Config,
                                  PWDF_OBJECT_ATTRIBUTES ChildListAttributes, WDFCHILDLIST* Handle) {
  Device& device = fdo_from(DeviceHandle, "WdfChildListCreate");
  require_pointer(Config, "WdfChildListCreate's Config");
  require_pointer(Handle, "WdfChildListCreate's ChildList");
  *Handle = nullptr;
  if (Config->Size != sizeof(WDF_CHILD_LIST_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!Config->EvtChildListCreateDevice ||
      Config->IdentificationDescriptionSize < sizeof(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER))
    return STATUS_INVALID_PARAMETER;
  NTSTATUS status = check_attributes(ChildListAttributes, {.parent_allowed = false});
  if (!NT_SUCCESS(status)) return status;
  auto* list = new ChildList(device, *Config, false);
  status = list->commit(ChildListAttributes, &device);
  if (!NT_SUCCESS(status)) {
    delete list;
    return status;
  }
  device.child_lists.push_back(list);
  if (list->config.EvtChildListScanForChildren) note_has(device, "Scan");
  *Handle = list->handle_as<WDFCHILDLIST>();
  return STATUS_SUCCESS;
}

WDFDEVICE NTAPI WdfChildListGetDevice(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle) {
  return list_from(Handle).device()->handle_as<WDFDEVICE>();
}

WDFDEVICE NTAPI WdfChildListRetrievePdo(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle, PWDF_CHILD_RETRIEVE_INFO Info) {
  ChildList& list = list_from(Handle);
  require_pointer(Info, "WdfChildListRetrievePdo's RetrieveInfo");
  Info->Status = WdfChildListRetrieveDeviceUndefined;
  if (!sized(list, Info->IdentificationDescription)) return nullptr;
  Child* child = list.find(Info->IdentificationDescription, Info->EvtChildListIdentificationDescriptionCompare);
  if (!child) {
    Info->Status = WdfChildListRetrieveDeviceNoSuchDevice;
    return nullptr;
  }
  if (Info->AddressDescription) list.copy_address(child->address, Info->AddressDescription);
  Info->Status = child->device ? WdfChildListRetrieveDeviceSuccess : WdfChildListRetrieveDeviceNotYetCreated;
  return child->device ? child->device->handle_as<WDFDEVICE>() : nullptr;
}

NTSTATUS NTAPI WdfChildListRetrieveAddressDescription(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle,
                                                      PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id,
                                                      PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address) {
  ChildList& list = list_from(Handle);
  require_pointer(Address, "WdfChildListRetrieveAddressDescription's AddressDescription");
  if (!sized(list, Id)) return STATUS_INFO_LENGTH_MISMATCH;
  Child* child = list.find(Id);
  if (!child) return STATUS_NO_SUCH_DEVICE;
  list.copy_address(child->address, Address);
  return STATUS_SUCCESS;
}

VOID NTAPI WdfChildListBeginScan(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle) {
  list_from(Handle).begin_scan();
}
VOID NTAPI WdfChildListEndScan(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle) {
  list_from(Handle).end_scan();
}

VOID NTAPI WdfChildListBeginIteration(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle, PWDF_CHILD_LIST_ITERATOR Iterator) {
  require_pointer(Iterator, "WdfChildListBeginIteration's Iterator");
  list_from(Handle).begin_iteration();
  Iterator->Reserved[0] = nullptr;
}

NTSTATUS NTAPI WdfChildListRetrieveNextDevice(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle,
                                              PWDF_CHILD_LIST_ITERATOR Iterator, WDFDEVICE* DeviceHandle,
                                              PWDF_CHILD_RETRIEVE_INFO Info) {
  ChildList& list = list_from(Handle);
  require_pointer(Iterator, "WdfChildListRetrieveNextDevice's Iterator");
  require_pointer(DeviceHandle, "WdfChildListRetrieveNextDevice's Device");
  auto at = reinterpret_cast<std::size_t>(Iterator->Reserved[0]);
  *DeviceHandle = nullptr;
  for (; at < list.children().size(); ++at) {
    const Child& child = *list.children()[at];
    if (!matches(child, Iterator->Flags)) continue;
    Iterator->Reserved[0] = reinterpret_cast<PVOID>(at + 1);
    if (child.device) *DeviceHandle = child.device->handle_as<WDFDEVICE>();
    if (Info) {
      if (Info->IdentificationDescription && child.id) list.copy_id(child, Info->IdentificationDescription);
      if (Info->AddressDescription) list.copy_address(child.address, Info->AddressDescription);
      Info->Status = child.device ? WdfChildListRetrieveDeviceSuccess : WdfChildListRetrieveDeviceNotYetCreated;
    }
    return STATUS_SUCCESS;
  }
  return STATUS_NO_MORE_ENTRIES;
}

VOID NTAPI WdfChildListEndIteration(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle, PWDF_CHILD_LIST_ITERATOR) {
  list_from(Handle).end_scan();
}

NTSTATUS NTAPI WdfChildListAddOrUpdateChildDescriptionAsPresent(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle,
                                                                PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id,
                                                                PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address) {
  ChildList& list = list_from(Handle);
  require_pointer(Id, "WdfChildListAddOrUpdateChildDescriptionAsPresent's IdentificationDescription");
  if (!sized(list, Id)) return STATUS_INFO_LENGTH_MISMATCH;
  if (Address && Address->AddressDescriptionSize != list.config.AddressDescriptionSize)
    return STATUS_INFO_LENGTH_MISMATCH;
  return list.add_or_update(Id, Address);
}

NTSTATUS NTAPI WdfChildListUpdateChildDescriptionAsMissing(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle,
                                                           PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id) {
  ChildList& list = list_from(Handle);
  require_pointer(Id, "WdfChildListUpdateChildDescriptionAsMissing's IdentificationDescription");
  return sized(list, Id) ? list.mark_missing(Id) : STATUS_INFO_LENGTH_MISMATCH;
}

VOID NTAPI WdfChildListUpdateAllChildDescriptionsAsPresent(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle) {
  list_from(Handle).name_all();
}

BOOLEAN NTAPI WdfChildListRequestChildEject(PWDF_DRIVER_GLOBALS, WDFCHILDLIST Handle,
                                            PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id) {
  ChildList& list = list_from(Handle);
  Child* child = sized(list, Id) ? list.find(Id) : nullptr;
  if (!child || !child->device) return FALSE;
  IoRequestDeviceEject(child->device->pdo);
  return TRUE;
}

WDFCHILDLIST NTAPI WdfFdoGetDefaultChildList(PWDF_DRIVER_GLOBALS, WDFDEVICE Fdo) {
  Device& device = fdo_from(Fdo, "WdfFdoGetDefaultChildList");
  return device.default_child_list ? device.default_child_list->handle_as<WDFCHILDLIST>() : nullptr;
}

NTSTATUS NTAPI WdfFdoAddStaticChild(PWDF_DRIVER_GLOBALS, WDFDEVICE Fdo, WDFDEVICE ChildHandle) {
  Device& device = fdo_from(Fdo, "WdfFdoAddStaticChild");
  Device& pdo = pdo_from(ChildHandle, "WdfFdoAddStaticChild");
  if (pdo.child || pdo.parent_device != &device) return STATUS_INVALID_DEVICE_REQUEST;
  return device.static_children->add_static(pdo);
}

VOID NTAPI WdfFdoLockStaticChildListForIteration(PWDF_DRIVER_GLOBALS, WDFDEVICE Fdo) {
  fdo_from(Fdo, "WdfFdoLockStaticChildListForIteration").static_children->begin_iteration();
}

WDFDEVICE NTAPI WdfFdoRetrieveNextStaticChild(PWDF_DRIVER_GLOBALS, WDFDEVICE Fdo, WDFDEVICE PreviousChild,
                                              ULONG Flags) {
  ChildList& list = *fdo_from(Fdo, "WdfFdoRetrieveNextStaticChild").static_children;
  bool passed = PreviousChild == nullptr;
  for (const Child* child : list.children()) {
    const WDFDEVICE handle = child->device->handle_as<WDFDEVICE>();
    if (passed && matches(*child, Flags)) return handle;
    passed = passed || handle == PreviousChild;
  }
  return nullptr;
}

VOID NTAPI WdfFdoUnlockStaticChildListFromIteration(PWDF_DRIVER_GLOBALS, WDFDEVICE Fdo) {
  fdo_from(Fdo, "WdfFdoUnlockStaticChildListFromIteration").static_children->end_scan();
}

PWDFDEVICE_INIT NTAPI WdfPdoInitAllocate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE ParentDevice) {
  Device& parent = fdo_from(ParentDevice, "WdfPdoInitAllocate");
  WDFDEVICE_INIT* init = new_init(framework().client(DriverGlobals));
  init->config.kind = DeviceKind::Pdo;
  init->config.characteristics = FILE_AUTOGENERATED_DEVICE_NAME;
  init->parent = &parent;
  init->made_by_framework = false;
  return init;
}

NTSTATUS NTAPI WdfPdoMarkMissing(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  Device& pdo = pdo_from(Handle, "WdfPdoMarkMissing");
  if (!pdo.child || pdo.child->state != Child::State::Present) return STATUS_INVALID_DEVICE_REQUEST;
  pdo.child->list->mark_missing(*pdo.child);
  return STATUS_SUCCESS;
}

VOID NTAPI WdfPdoRequestEject(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  IoRequestDeviceEject(pdo_from(Handle, "WdfPdoRequestEject").pdo);
}

WDFDEVICE NTAPI WdfPdoGetParent(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return pdo_from(Handle, "WdfPdoGetParent").parent_device->handle_as<WDFDEVICE>();
}

NTSTATUS NTAPI WdfPdoRetrieveIdentificationDescription(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                                       PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id) {
  Device& pdo = pdo_from(Handle, "WdfPdoRetrieveIdentificationDescription");
  require_pointer(Id, "WdfPdoRetrieveIdentificationDescription's IdentificationDescription");
  if (!pdo.child || !pdo.child->id) return STATUS_INVALID_DEVICE_REQUEST;
  if (!sized(*pdo.child->list, Id)) return STATUS_INFO_LENGTH_MISMATCH;
  pdo.child->list->copy_id(*pdo.child, Id);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfPdoRetrieveAddressDescription(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                                PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address) {
  Device& pdo = pdo_from(Handle, "WdfPdoRetrieveAddressDescription");
  require_pointer(Address, "WdfPdoRetrieveAddressDescription's AddressDescription");
  if (!pdo.child || !pdo.child->address) return STATUS_INVALID_DEVICE_REQUEST;
  pdo.child->list->copy_address(pdo.child->address, Address);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfPdoUpdateAddressDescription(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                              PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address) {
  Device& pdo = pdo_from(Handle, "WdfPdoUpdateAddressDescription");
  require_pointer(Address, "WdfPdoUpdateAddressDescription's AddressDescription");
  if (!pdo.child || !pdo.child->address) return STATUS_INVALID_DEVICE_REQUEST;
  pdo.child->list->copy_address(Address, pdo.child->address);
  return STATUS_SUCCESS;
}

// clang-format off
const image::ExportFamily kChildListApi{kFrameworkModule, {
    // name                                             entry                                            caller's IRQL
    {"WdfChildListCreate",                              WdfChildListCreate,                              exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfChildListGetDevice",                           WdfChildListGetDevice,                           at_most(DISPATCH_LEVEL)},
    {"WdfChildListRetrievePdo",                         WdfChildListRetrievePdo,                         at_most(DISPATCH_LEVEL)},
    {"WdfChildListRetrieveAddressDescription",          WdfChildListRetrieveAddressDescription,          at_most(DISPATCH_LEVEL)},
    {"WdfChildListBeginScan",                           WdfChildListBeginScan,                           at_most(DISPATCH_LEVEL)},
    {"WdfChildListEndScan",                             WdfChildListEndScan,                             at_most(DISPATCH_LEVEL)},
    {"WdfChildListBeginIteration",                      WdfChildListBeginIteration,                      at_most(DISPATCH_LEVEL)},
    {"WdfChildListRetrieveNextDevice",                  WdfChildListRetrieveNextDevice,                  at_most(DISPATCH_LEVEL)},
    {"WdfChildListEndIteration",                        WdfChildListEndIteration,                        at_most(DISPATCH_LEVEL)},
    {"WdfChildListAddOrUpdateChildDescriptionAsPresent", WdfChildListAddOrUpdateChildDescriptionAsPresent, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfChildListUpdateChildDescriptionAsMissing",     WdfChildListUpdateChildDescriptionAsMissing,     at_most(DISPATCH_LEVEL)},
    {"WdfChildListUpdateAllChildDescriptionsAsPresent", WdfChildListUpdateAllChildDescriptionsAsPresent, at_most(DISPATCH_LEVEL)},
    {"WdfChildListRequestChildEject",                   WdfChildListRequestChildEject,                   at_most(DISPATCH_LEVEL)},
    {"WdfFdoGetDefaultChildList",                       WdfFdoGetDefaultChildList,                       at_most(DISPATCH_LEVEL)},
    {"WdfFdoAddStaticChild",                            WdfFdoAddStaticChild,                            exactly(PASSIVE_LEVEL)},
    {"WdfFdoLockStaticChildListForIteration",           WdfFdoLockStaticChildListForIteration,           at_most(DISPATCH_LEVEL)},
    {"WdfFdoRetrieveNextStaticChild",                   WdfFdoRetrieveNextStaticChild,                   at_most(DISPATCH_LEVEL)},
    {"WdfFdoUnlockStaticChildListFromIteration",        WdfFdoUnlockStaticChildListFromIteration,        at_most(DISPATCH_LEVEL)},
    {"WdfPdoInitAllocate",                              WdfPdoInitAllocate,                              at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfPdoMarkMissing",                               WdfPdoMarkMissing,                               at_most(DISPATCH_LEVEL)},
    {"WdfPdoRequestEject",                              WdfPdoRequestEject,                              at_most(DISPATCH_LEVEL)},
    {"WdfPdoGetParent",                                 WdfPdoGetParent,                                 image::any_irql()},
    {"WdfPdoRetrieveIdentificationDescription",         WdfPdoRetrieveIdentificationDescription,         at_most(DISPATCH_LEVEL)},
    {"WdfPdoRetrieveAddressDescription",                WdfPdoRetrieveAddressDescription,                at_most(DISPATCH_LEVEL)},
    {"WdfPdoUpdateAddressDescription",                  WdfPdoUpdateAddressDescription,                  at_most(DISPATCH_LEVEL)},
}, "wdf/child_list"};
// clang-format on

}  // namespace drydock::wdf
