// WdfCmResourceList...: the resources a device was given.

#include <fmt/format.h>

#include "wdf/device.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

/// WDF-447: the list is good from PrepareHardware's call to ReleaseHardware's return.
CmResourceList& list_to_read(WDFCMRESLIST handle, const char* function) {
  CmResourceList& list = object_as<CmResourceList>(handle);
  if (list.stale)
    record("WDF-447", "stale-resource-list",
           fmt::format("{} reads the resources of {} after EvtDeviceReleaseHardware returned", function,
                       describe(*list.device())));
  return list;
}

/// WDF-050, WDF-448
bool may_change(const CmResourceList& list, bool allowed, const char* what) {
  if (allowed) return true;
  record("WDF-448", "resource-list-changed-in-prepare",
         fmt::format("a driver {} a resource of {}, which no callback of this moment may do", what, list.name()));
  return false;
}

}  // namespace

ULONG NTAPI WdfCmResourceListGetCount(PWDF_DRIVER_GLOBALS, WDFCMRESLIST List) {
  return list_to_read(List, "WdfCmResourceListGetCount").count();
}

PCM_PARTIAL_RESOURCE_DESCRIPTOR NTAPI WdfCmResourceListGetDescriptor(PWDF_DRIVER_GLOBALS, WDFCMRESLIST List,
                                                                     ULONG Index) {
  return list_to_read(List, "WdfCmResourceListGetDescriptor").copy_for_driver(Index);
}

NTSTATUS NTAPI WdfCmResourceListInsertDescriptor(PWDF_DRIVER_GLOBALS, WDFCMRESLIST List,
                                                 PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, ULONG Index) {
  CmResourceList& list = object_as<CmResourceList>(List);
  require_pointer(Descriptor, "WdfCmResourceListInsertDescriptor's Descriptor");
  return may_change(list, list.may_add, "adds") ? list.insert(*Descriptor, Index) : STATUS_ACCESS_DENIED;
}

NTSTATUS NTAPI WdfCmResourceListAppendDescriptor(PWDF_DRIVER_GLOBALS, WDFCMRESLIST List,
                                                 PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor) {
  CmResourceList& list = object_as<CmResourceList>(List);
  require_pointer(Descriptor, "WdfCmResourceListAppendDescriptor's Descriptor");
  return may_change(list, list.may_add, "adds") ? list.insert(*Descriptor, list.count()) : STATUS_ACCESS_DENIED;
}

VOID NTAPI WdfCmResourceListRemove(PWDF_DRIVER_GLOBALS, WDFCMRESLIST List, ULONG Index) {
  CmResourceList& list = object_as<CmResourceList>(List);
  if (may_change(list, list.may_remove, "removes")) list.remove(Index);
}

VOID NTAPI WdfCmResourceListRemoveByDescriptor(PWDF_DRIVER_GLOBALS, WDFCMRESLIST List,
                                               PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor) {
  CmResourceList& list = object_as<CmResourceList>(List);
  if (!may_change(list, list.may_remove, "removes")) return;
  const int index = list.index_of_copy(Descriptor);
  if (index >= 0) list.remove(static_cast<ULONG>(index));
}

// clang-format off
const image::ExportFamily kResourceApi{kFrameworkModule, {
    // name                                 entry                               caller's IRQL
    {"WdfCmResourceListGetCount",           WdfCmResourceListGetCount,          at_most(DISPATCH_LEVEL)},
    {"WdfCmResourceListGetDescriptor",      WdfCmResourceListGetDescriptor,     at_most(DISPATCH_LEVEL)},
    {"WdfCmResourceListInsertDescriptor",   WdfCmResourceListInsertDescriptor,  exactly(PASSIVE_LEVEL)},
    {"WdfCmResourceListAppendDescriptor",   WdfCmResourceListAppendDescriptor,  exactly(PASSIVE_LEVEL)},
    {"WdfCmResourceListRemove",             WdfCmResourceListRemove,            exactly(PASSIVE_LEVEL)},
    {"WdfCmResourceListRemoveByDescriptor", WdfCmResourceListRemoveByDescriptor, exactly(PASSIVE_LEVEL)},
}, "wdf/resource"};
// clang-format on

}  // namespace drydock::wdf
