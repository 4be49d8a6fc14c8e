#include "wdf/pnp_dispatch.h"

#include <algorithm>

#include "wdf/callback_log.h"
#include "wdf/child_list.h"
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/fdo_requests.h"
#include "wdf/pdo_requests.h"
#include "wdf/um/reflector.h"

namespace drydock::wdf {

NTSTATUS NTAPI framework_dispatch(DEVICE_OBJECT* device_object, IRP* irp) {
  Device* device = device_of(device_object);
  if (!device) return complete_irp(irp, STATUS_NO_SUCH_DEVICE);
  device->watch.forget_left(__builtin_frame_address(0));
  const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  if (const auto& hooks = device->config().preprocess; !hooks.empty()) {
    if (auto found = hooks.find(major); found != hooks.end()) {
      const UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
      const auto& minors = found->second.minors;
      if (minors.empty() || std::find(minors.begin(), minors.end(), minor) != minors.end()) {
        // The driver hands it back with WdfDeviceWdmDispatchPreprocessedIrp, from one stack location down.
        IoSetNextIrpStackLocation(irp);
        return call_driver(found->second.routine, device->handle_as<WDFDEVICE>(), irp);
      }
    }
  }
  return dispatch_irp(*device, irp);
}

namespace {

PnpEvent event_of(UCHAR minor) {
  switch (minor) {
    case IRP_MN_START_DEVICE:
      return PnpEvent::StartArrived;
    case IRP_MN_QUERY_STOP_DEVICE:
      return PnpEvent::QueryStopArrived;
    case IRP_MN_CANCEL_STOP_DEVICE:
      return PnpEvent::CancelStopArrived;
    case IRP_MN_STOP_DEVICE:
      return PnpEvent::StopArrived;
    case IRP_MN_QUERY_REMOVE_DEVICE:
      return PnpEvent::QueryRemoveArrived;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      return PnpEvent::CancelRemoveArrived;
    case IRP_MN_SURPRISE_REMOVAL:
      return PnpEvent::SurpriseArrived;
    default:
      return PnpEvent::RemoveArrived;
  }
}

std::string_view name_of(UCHAR minor) {
  constexpr std::string_view kNames[] = {"START",       "QUERY_REMOVE", "REMOVE",      "CANCEL_REMOVE",
                                         "STOP",        "QUERY_STOP",   "CANCEL_STOP"};
  return minor < std::size(kNames) ? kNames[minor] : "SURPRISE_REMOVAL";
}

}  // namespace

NTSTATUS dispatch_irp(Device& device, IRP* irp) {
  const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  if (device.client().host && (major == IRP_MJ_PNP || major == IRP_MJ_POWER)) um::expect_progress(device.client());
  switch (major) {
    case IRP_MJ_PNP:
      return device.is_control() ? complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST) : dispatch_pnp(device, irp);
    case IRP_MJ_POWER:
      return device.is_control() ? complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST) : dispatch_power(device, irp);
    case IRP_MJ_SYSTEM_CONTROL:
      return pass_irp(device, irp);
    case IRP_MJ_SHUTDOWN:
      if (device.config().shutdown) call_driver(device.config().shutdown, device.handle_as<WDFDEVICE>());
      return complete_irp(irp, STATUS_SUCCESS);
    default:
      return device.io->dispatch(irp);
  }
}

void take_over_dispatch(DRIVER_OBJECT* driver, bool non_pnp) {
  const PDRIVER_DISPATCH entry = ntos::io::guest_callable(&framework_dispatch, "FxDevice::Dispatch");
  for (PDRIVER_DISPATCH& each : driver->MajorFunction) each = entry;
  if (!non_pnp)
    driver->DriverExtension->AddDevice = ntos::io::guest_callable(&framework_add_device, "FxDriver::AddDevice");
}

NTSTATUS complete_irp(IRP* irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  IofCompleteRequest(irp, 0);
  return status;
}

NTSTATUS pass_irp(Device& device, IRP* irp) {
  if (!device.lower) return complete_irp(irp, irp->IoStatus.Status);
  IoSkipCurrentIrpStackLocation(irp);
  return IofCallDriver(device.lower, irp);
}

NTSTATUS dispatch_pnp(Device& device, IRP* irp) {
  const UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
  // WDF-481: the remove lock is drained.
  if (device.pnp.state() == PnpState::Leaving || device.pnp.state() == PnpState::Gone)
    return complete_irp(irp, STATUS_DELETE_PENDING);
  switch (minor) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE:
      note_request(device, name_of(minor));
      return device.pnp.take(irp, event_of(minor));
    default:
      return device.is_pdo() ? answer_as_pdo(device, irp) : answer_as_fdo(device, irp);
  }
}

}  // namespace drydock::wdf
