// WdfIoResourceRequirementsList... and WdfIoResourceList...: what a device needs.

#include <memory>

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/functions.h"
#include "wdf/io_resource_list.h"
#include "wdf/misuse.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::exactly;

namespace {

/// WDF-050
bool may(const Object& list, bool allowed, const char* what) {
  if (allowed) return true;
  record("WDF-050", "requirements-changed-out-of-place",
         fmt::format("a driver {} a requirement of {}, which no callback of this moment may do", what, list.name()));
  return false;
}

NTSTATUS insert_list(WDFIORESREQLIST handle, WDFIORESLIST list, ULONG index) {
  auto& requirements = object_as<IoRequirementsList>(handle);
  if (!may(requirements, requirements.may_add, "adds")) return STATUS_ACCESS_DENIED;
  return requirements.insert(object_as<IoResourceList>(list), index);
}

NTSTATUS insert_descriptor(IoResourceList& list, PIO_RESOURCE_DESCRIPTOR descriptor, ULONG index) {
  require_pointer(descriptor, "an IO_RESOURCE_DESCRIPTOR");
  return may(list, list.owner().may_add, "adds") ? list.insert(*descriptor, index) : STATUS_ACCESS_DENIED;
}

}  // namespace

VOID NTAPI WdfIoResourceRequirementsListSetSlotNumber(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList,
                                                      ULONG SlotNumber) {
  auto& list = object_as<IoRequirementsList>(RequirementsList);
  list.slot = SlotNumber;
  list.changed = true;
}
VOID NTAPI WdfIoResourceRequirementsListSetInterfaceType(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList,
                                                         INTERFACE_TYPE InterfaceType) {
  auto& list = object_as<IoRequirementsList>(RequirementsList);
  list.interface_type = InterfaceType;
  list.changed = true;
}
NTSTATUS NTAPI WdfIoResourceRequirementsListAppendIoResList(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList,
                                                            WDFIORESLIST IoResList) {
  return insert_list(RequirementsList, IoResList, object_as<IoRequirementsList>(RequirementsList).count());
}
NTSTATUS NTAPI WdfIoResourceRequirementsListInsertIoResList(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList,
                                                            WDFIORESLIST IoResList, ULONG Index) {
  return insert_list(RequirementsList, IoResList, Index);
}
ULONG NTAPI WdfIoResourceRequirementsListGetCount(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList) {
  return object_as<IoRequirementsList>(RequirementsList).count();
}
WDFIORESLIST NTAPI WdfIoResourceRequirementsListGetIoResList(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList,
                                                             ULONG Index) {
  IoResourceList* list = object_as<IoRequirementsList>(RequirementsList).at(Index);
  return list ? list->handle_as<WDFIORESLIST>() : nullptr;
}
VOID NTAPI WdfIoResourceRequirementsListRemove(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList, ULONG Index) {
  auto& list = object_as<IoRequirementsList>(RequirementsList);
  if (may(list, list.may_remove, "removes")) list.remove(Index);
}
VOID NTAPI WdfIoResourceRequirementsListRemoveByIoResList(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList,
                                                          WDFIORESLIST IoResList) {
  auto& list = object_as<IoRequirementsList>(RequirementsList);
  if (!may(list, list.may_remove, "removes")) return;
  const int index = list.index_of(object_as<IoResourceList>(IoResList));
  if (index >= 0) list.remove(static_cast<ULONG>(index));
}

NTSTATUS NTAPI WdfIoResourceListCreate(PWDF_DRIVER_GLOBALS, WDFIORESREQLIST RequirementsList,
                                       PWDF_OBJECT_ATTRIBUTES Attributes, WDFIORESLIST* ResourceList) {
  auto& requirements = object_as<IoRequirementsList>(RequirementsList);
  require_pointer(ResourceList, "WdfIoResourceListCreate's ResourceList");
  *ResourceList = nullptr;
  if (const NTSTATUS status = check_attributes(Attributes, {.parent_allowed = false}); !NT_SUCCESS(status))
    return status;
  return commit_new(std::make_unique<IoResourceList>(requirements.client(), requirements), Attributes, &requirements,
                    ResourceList);
}
NTSTATUS NTAPI WdfIoResourceListAppendDescriptor(PWDF_DRIVER_GLOBALS, WDFIORESLIST ResourceList,
                                                 PIO_RESOURCE_DESCRIPTOR Descriptor) {
  auto& list = object_as<IoResourceList>(ResourceList);
  return insert_descriptor(list, Descriptor, list.count());
}
NTSTATUS NTAPI WdfIoResourceListInsertDescriptor(PWDF_DRIVER_GLOBALS, WDFIORESLIST ResourceList,
                                                 PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Index) {
  return insert_descriptor(object_as<IoResourceList>(ResourceList), Descriptor, Index);
}
VOID NTAPI WdfIoResourceListUpdateDescriptor(PWDF_DRIVER_GLOBALS, WDFIORESLIST ResourceList,
                                             PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Index) {
  require_pointer(Descriptor, "WdfIoResourceListUpdateDescriptor's Descriptor");
  object_as<IoResourceList>(ResourceList).update(*Descriptor, Index);
}
ULONG NTAPI WdfIoResourceListGetCount(PWDF_DRIVER_GLOBALS, WDFIORESLIST ResourceList) {
  return object_as<IoResourceList>(ResourceList).count();
}
PIO_RESOURCE_DESCRIPTOR NTAPI WdfIoResourceListGetDescriptor(PWDF_DRIVER_GLOBALS, WDFIORESLIST ResourceList,
                                                             ULONG Index) {
  return object_as<IoResourceList>(ResourceList).copy_for_driver(Index);
}
VOID NTAPI WdfIoResourceListRemove(PWDF_DRIVER_GLOBALS, WDFIORESLIST ResourceList, ULONG Index) {
  auto& list = object_as<IoResourceList>(ResourceList);
  if (may(list, list.owner().may_remove, "removes")) list.remove(Index);
}
VOID NTAPI WdfIoResourceListRemoveByDescriptor(PWDF_DRIVER_GLOBALS, WDFIORESLIST ResourceList,
                                               PIO_RESOURCE_DESCRIPTOR Descriptor) {
  auto& list = object_as<IoResourceList>(ResourceList);
  if (!may(list, list.owner().may_remove, "removes")) return;
  const int index = list.index_of_copy(Descriptor);
  if (index >= 0) list.remove(static_cast<ULONG>(index));
}

// clang-format off
const image::ExportFamily kIoResourceApi{kFrameworkModule, {
    // name                                            entry                                           caller's IRQL
    {"WdfIoResourceRequirementsListSetSlotNumber",     WdfIoResourceRequirementsListSetSlotNumber,     exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceRequirementsListSetInterfaceType",  WdfIoResourceRequirementsListSetInterfaceType,  exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceRequirementsListAppendIoResList",   WdfIoResourceRequirementsListAppendIoResList,   exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceRequirementsListInsertIoResList",   WdfIoResourceRequirementsListInsertIoResList,   exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceRequirementsListGetCount",          WdfIoResourceRequirementsListGetCount,          exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceRequirementsListGetIoResList",      WdfIoResourceRequirementsListGetIoResList,      exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceRequirementsListRemove",            WdfIoResourceRequirementsListRemove,            exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceRequirementsListRemoveByIoResList", WdfIoResourceRequirementsListRemoveByIoResList, exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceListCreate",                        WdfIoResourceListCreate,                        exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoResourceListAppendDescriptor",              WdfIoResourceListAppendDescriptor,              exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceListInsertDescriptor",              WdfIoResourceListInsertDescriptor,              exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceListUpdateDescriptor",              WdfIoResourceListUpdateDescriptor,              exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceListGetCount",                      WdfIoResourceListGetCount,                      exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceListGetDescriptor",                 WdfIoResourceListGetDescriptor,                 exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceListRemove",                        WdfIoResourceListRemove,                        exactly(PASSIVE_LEVEL)},
    {"WdfIoResourceListRemoveByDescriptor",            WdfIoResourceListRemoveByDescriptor,            exactly(PASSIVE_LEVEL)},
}, "wdf/io_resource"};
// clang-format on

}  // namespace drydock::wdf
