// Power requests: device states for the power machine, system states and wait-wake for the power policy.

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/device.h"
#include "wdf/misuse.h"
#include "wdf/pnp_dispatch.h"
#include "wdf/wake.h"

namespace drydock::wdf {

namespace {

NTSTATUS pass_power_irp(Device& device, IRP* irp) {
  PoStartNextPowerIrp(irp);
  if (!device.lower) return complete_irp(irp, STATUS_SUCCESS);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(device.lower, irp);
}

/// The D0 request has come back from below.
NTSTATUS NTAPI lower_is_in_d0(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  auto* device = static_cast<Device*>(context);
  if (!NT_SUCCESS(irp->IoStatus.Status)) {
    // The device below did not come up, nor do we.
    PoStartNextPowerIrp(irp);
    device->dereference();
    return STATUS_SUCCESS;
  }
  device->power.take(irp, PowerEvent::PowerUp, WdfPowerDeviceD0);
  device->dereference();
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS set_device_power(Device& device, IRP* irp) {
  const DEVICE_POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState;
  // WDF-012, WDF-460
  if (device.is_policy_owner() && !device.policy.asked_for_request() &&
      (device.is_fdo() || framework().settings.verifier))
    stop(Violation::PowerMultiplePowerPolicyOwners, "two-policy-owners",
         fmt::format("{} owns the power policy of its stack and gets a device power request it did not ask for",
                     describe(device)),
         reinterpret_cast<std::uint64_t>(device.handle()), reinterpret_cast<std::uint64_t>(irp));
  const bool idle = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.ShutdownType == PowerActionNone;
  note_request(device, state == PowerDeviceD0 ? "SET_POWER D0" : idle ? "SET_POWER Dx, idle" : "SET_POWER Dx");
  IoMarkIrpPending(irp);
  if (state != PowerDeviceD0) {
    device.power.take(irp, PowerEvent::PowerDown, device.policy.target_of(state));
  } else if (device.lower) {
    device.reference();
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, lower_is_in_d0, &device, true, true, true);
    PoCallDriver(device.lower, irp);
  } else {
    device.power.take(irp, PowerEvent::PowerUp, WdfPowerDeviceD0);
  }
  return STATUS_PENDING;
}

NTSTATUS set_system_power(Device& device, IRP* irp) {
  const auto& power = IoGetCurrentIrpStackLocation(irp)->Parameters.Power;
  const SYSTEM_POWER_STATE target = power.State.SystemState;
  device.policy.note_system_power(target, power.ShutdownType);
  if (!device.is_policy_owner()) return pass_power_irp(device, irp);
  device.policy.take_system_irp(irp, target == PowerSystemWorking);
  return STATUS_PENDING;
}

NTSTATUS wait_wake(Device& device, IRP* irp) {
  if (device.is_policy_owner() && !device.policy.wake_request_expected())
    stop(Violation::PowerMultiplePowerPolicyOwners, "two-policy-owners",
         fmt::format("{} owns the power policy of its stack and gets a wait-wake request it did not ask for",
                     describe(device)),
         reinterpret_cast<std::uint64_t>(device.handle()), reinterpret_cast<std::uint64_t>(irp));
  return device.is_pdo() ? take_wake_request(device, irp) : pass_power_irp(device, irp);
}

}  // namespace

NTSTATUS dispatch_power(Device& device, IRP* irp) {
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  switch (location->MinorFunction) {
    case IRP_MN_WAIT_WAKE:
      return wait_wake(device, irp);
    case IRP_MN_SET_POWER:
      return location->Parameters.Power.Type == SystemPowerState ? set_system_power(device, irp)
                                                                 : set_device_power(device, irp);
    case IRP_MN_QUERY_POWER:
      return pass_power_irp(device, irp);
    default:
      PoStartNextPowerIrp(irp);
      return pass_irp(device, irp);
  }
}

}  // namespace drydock::wdf
