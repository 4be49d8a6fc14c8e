#include "wdf/requirements.h"

#include "wdf/callback.h"
#include "wdf/device.h"
#include "wdf/pnp_dispatch.h"

namespace drydock::wdf {

NTSTATUS query_resources(Device& pdo, IRP* irp) {
  auto query = pdo.config().pdo.EvtDeviceResourcesQuery;
  if (!query) return complete_irp(irp, irp->IoStatus.Status);
  auto* list = new CmResourceList(pdo.client(), pdo);
  NTSTATUS status = list->commit(nullptr, &pdo);
  if (!NT_SUCCESS(status)) {
    delete list;
    return complete_irp(irp, status);
  }
  list->may_add = list->may_remove = true;
  status = call_driver(query, pdo.handle_as<WDFDEVICE>(), list->handle_as<WDFCMRESLIST>());
  if (NT_SUCCESS(status)) {
    status = irp->IoStatus.Status;  // WDF-044: an empty list leaves it as it came
    if (list->count() != 0) {
      CM_RESOURCE_LIST* block = list->build(nullptr);
      irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(block);
      status = block ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
  }
  list->delete_object();
  return complete_irp(irp, status);
}

NTSTATUS query_resource_requirements(Device& pdo, IRP* irp) {
  if (pdo.config().pdo.EvtDeviceResourceRequirementsQuery)
    machine::Machine::current().not_implemented("EvtDeviceResourceRequirementsQuery",
                                                "requirement lists of the framework are not built");
  return complete_irp(irp, STATUS_SUCCESS);  // WDF-044
}

NTSTATUS filter_requirements(Device& fdo, IRP* irp) {
  if (fdo.config().fdo.EvtDeviceFilterAddResourceRequirements ||
      fdo.config().fdo.EvtDeviceFilterRemoveResourceRequirements)
    machine::Machine::current().not_implemented("EvtDeviceFilterAddResourceRequirements",
                                                "requirement lists of the framework are not built");
  return pass_irp(fdo, irp);
}

}  // namespace drydock::wdf
