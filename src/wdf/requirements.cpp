#include "wdf/requirements.h"

#include <algorithm>
#include <utility>

#include "wdf/callback.h"
#include "wdf/device.h"
#include "wdf/interrupt.h"
#include "wdf/io_resource_list.h"
#include "wdf/pnp_dispatch.h"
#include "wdf/send_irp.h"

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
  {
    const RunningCallback running(pdo, "ResourcesQuery");
    status = call_driver(query, pdo.handle_as<WDFDEVICE>(), list->handle_as<WDFCMRESLIST>());
  }
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

namespace {

/// A list of requirements for the time of one request; it goes with the scope.
class Requirements {
 public:
  explicit Requirements(Device& device) : list_(new IoRequirementsList(device.client(), device)) {
    status_ = list_->commit(nullptr, &device);
    if (!NT_SUCCESS(status_)) delete std::exchange(list_, nullptr);
  }
  ~Requirements() {
    if (list_) list_->delete_object();
  }
  Requirements(const Requirements&) = delete;
  NTSTATUS fill(const IO_RESOURCE_REQUIREMENTS_LIST* from) {
    if (NT_SUCCESS(status_)) status_ = list_->fill(from);
    return status_;
  }
  IoRequirementsList* operator->() { return list_; }
  IoRequirementsList& operator*() { return *list_; }

 private:
  IoRequirementsList* list_;
  NTSTATUS status_;
};

/// Puts the list, if it was changed, in the place of the one the request carries.
NTSTATUS replace_list(IRP* irp, const IoRequirementsList& list) {
  if (!list.changed) return STATUS_SUCCESS;
  IO_RESOURCE_REQUIREMENTS_LIST* made = list.build();
  if (!made) return STATUS_INSUFFICIENT_RESOURCES;
  auto* old = reinterpret_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(irp->IoStatus.Information);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(made);
  IoGetCurrentIrpStackLocation(irp)->Parameters.FilterResourceRequirements.IoResourceRequirementList = made;
  if (old) ExFreePoolWithTag(old, 0);
  return STATUS_SUCCESS;
}

bool has_policy(const Device& device) {
  return std::any_of(device.interrupts.begin(), device.interrupts.end(),
                     [](const Interrupt* each) { return each->policy.given; });
}

using Filter = NTSTATUS(NTAPI*)(WDFDEVICE, WDFIORESREQLIST);

NTSTATUS run_filter(Device& fdo, IRP* irp, Filter filter, bool adds) {
  Requirements list(fdo);
  NTSTATUS status = list.fill(reinterpret_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(irp->IoStatus.Information));
  if (!NT_SUCCESS(status)) return status;
  (adds ? list->may_add : list->may_remove) = true;
  if (filter) {
    const RunningCallback running(fdo, adds ? "FilterAdd" : "FilterRemove");
    status = call_driver(filter, fdo.handle_as<WDFDEVICE>(), list->handle_as<WDFIORESREQLIST>());
  }
  if (!NT_SUCCESS(status)) return status;
  if (!adds) apply_interrupt_policy(fdo, *list);
  return replace_list(irp, *list);
}

}  // namespace

NTSTATUS query_resource_requirements(Device& pdo, IRP* irp) {
  auto query = pdo.config().pdo.EvtDeviceResourceRequirementsQuery;
  if (!query) return complete_irp(irp, STATUS_SUCCESS);  // WDF-044
  Requirements list(pdo);
  NTSTATUS status = list.fill(nullptr);
  if (!NT_SUCCESS(status)) return complete_irp(irp, status);
  list->may_add = list->may_remove = true;
  {
    const RunningCallback running(pdo, "RequirementsQuery");
    status = call_driver(query, pdo.handle_as<WDFDEVICE>(), list->handle_as<WDFIORESREQLIST>());
  }
  if (!NT_SUCCESS(status)) return complete_irp(irp, status);
  if (list->count() == 0) return complete_irp(irp, irp->IoStatus.Status);
  IO_RESOURCE_REQUIREMENTS_LIST* block = list->build();
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(block);
  return complete_irp(irp, block ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

NTSTATUS filter_requirements(Device& fdo, IRP* irp) {
  const Filter remove = fdo.config().fdo.EvtDeviceFilterRemoveResourceRequirements;
  const Filter add = fdo.config().fdo.EvtDeviceFilterAddResourceRequirements;
  if (!remove && !add && !has_policy(fdo)) return pass_irp(fdo, irp);
  auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.FilterResourceRequirements;
  if (irp->IoStatus.Information == 0)
    irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(parameters.IoResourceRequirementList);
  NTSTATUS status = run_filter(fdo, irp, remove, false);
  if (!NT_SUCCESS(status)) return complete_irp(irp, status);
  irp->IoStatus.Status = STATUS_SUCCESS;
  IoCopyCurrentIrpStackLocationToNext(irp);
  status = send_and_wait(fdo.lower, irp);
  if (NT_SUCCESS(status)) status = run_filter(fdo, irp, add, true);
  return complete_irp(irp, status);
}

}  // namespace drydock::wdf
