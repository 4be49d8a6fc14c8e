// Resources and IRP_MN_START_DEVICE.

#include "nt/pnp.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/pnp_irp.h"
#include "ntos/pnp/pool.h"
#include "ntos/pnp/resource_lists.h"

namespace drydock::ntos::pnp {

using namespace nt;

namespace {

/// The status of a driver that failed the request; STATUS_NOT_SUPPORTED only says that nobody filters.
NTSTATUS filter(Manager& manager, Devnode& node) {
  IO_RESOURCE_REQUIREMENTS_LIST* list = make_requirements_list(node.requirements);
  PnpReply reply = send_pnp(
      manager, node, IRP_MN_FILTER_RESOURCE_REQUIREMENTS,
      [list](IO_STACK_LOCATION& location) {
        location.Parameters.FilterResourceRequirements.IoResourceRequirementList = list;
      },
      reinterpret_cast<ULONG_PTR>(list));
  // A driver that puts another list in its place has freed the first.
  auto* result = reinterpret_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(reply.information);
  if (reply.ok()) {
    node.filtered = read_requirements(result);
    free_pool(result);
  } else {
    node.filtered = node.requirements;
    free_pool(reply.information ? result : list);
  }
  return reply.ok() || reply.status == STATUS_NOT_SUPPORTED ? STATUS_SUCCESS : reply.status;
}

}  // namespace

void Manager::filter_requirements(Devnode& node) {
  filter(*this, node);
}

/// What its drivers left of its requirements, placed; without requirements, what it has from the beginning.
DevnodeEvent Manager::place_resources(Devnode& node, const std::vector<Resource>& avoid) {
  node.assigned.clear();
  if (node.filtered.empty()) {
    node.assigned = node.boot;
    if (translate(node.assigned)) {
      arbiter_->reserve(node.id, node.assigned);
      return DevnodeEvent::ResourcesFound;
    }
    node.assigned.clear();
    set_problem(node, Problem::NormalConflict, STATUS_INSUFFICIENT_RESOURCES);
    return DevnodeEvent::ResourcesRefused;
  }
  if (!machine::refused("pnp.resources") && arbiter_->assign(node.id, node.filtered, avoid, node.assigned))
    return DevnodeEvent::ResourcesFound;
  set_problem(node, Problem::NormalConflict, STATUS_CONFLICTING_ADDRESSES);
  return DevnodeEvent::ResourcesRefused;
}

std::optional<DevnodeEvent> Manager::assign_resources_to(Devnode& node) {
  // WDF-047: going on with the list as it was would hide the driver's fault.
  if (const NTSTATUS status = filter(*this, node); !NT_SUCCESS(status)) {
    set_problem(node, Problem::NormalConflict, status);
    return DevnodeEvent::ResourcesRefused;
  }
  return place_resources(node, {});
}

std::optional<DevnodeEvent> Manager::start_stack(Devnode& node) {
  PoolPointer<CM_RESOURCE_LIST> raw(
      make_resource_list(node.assigned, ListForm::Raw, node.interface_type, node.bus_number));
  PoolPointer<CM_RESOURCE_LIST> translated(
      make_resource_list(node.assigned, ListForm::Translated, node.interface_type, node.bus_number));
  if (!node.assigned.empty() && (!raw || !translated)) {
    set_problem(node, Problem::FailedStart, STATUS_INSUFFICIENT_RESOURCES);
    return DevnodeEvent::StartFailed;
  }
  const PnpReply reply = send_pnp(*this, node, IRP_MN_START_DEVICE, [&](IO_STACK_LOCATION& location) {
    location.Parameters.StartDevice.AllocatedResources = raw.get();
    location.Parameters.StartDevice.AllocatedResourcesTranslated = translated.get();
  });
  if (reply.ok()) {
    node.device_power = PowerDeviceD0;
    return DevnodeEvent::StartSucceeded;
  }
  set_problem(node, Problem::FailedStart, reply.status);
  return DevnodeEvent::StartFailed;
}

}  // namespace drydock::ntos::pnp
