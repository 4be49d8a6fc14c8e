// WdfDevice...Idle and ...Settings: what a power policy owner says of idleness and wake (contract, section 5).

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "wdf/device.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/old_structures.h"
#include "wdf/wake.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

NTSTATUS stop_idle(Device& device, bool wait) {
  if (!device.is_policy_owner()) return STATUS_INVALID_DEVICE_STATE;
  PolicyMachine& policy = device.policy;
  if (policy.failed()) return STATUS_POWER_STATE_INVALID;
  if (wait && std::find(device.delivering.begin(), device.delivering.end(), &machine::current_thread()) !=
                  device.delivering.end())
    record("WDF-091", "waiting-for-d0-in-queue-callback",
           fmt::format("{} waits in WdfDeviceStopIdle while it is handed a request of a power-managed queue: a deadlock "
                       "if it is just leaving D0",
                       describe(device)));
  ++policy.driver_references;
  const bool timeout_runs = policy.idle.enabled && policy.idle.system_managed && policy.power_references() == 0;
  // WDF-089: before 1.33 the answer is not SUCCESS while the system's timeout is running.
  if (policy.reference_power())
    return timeout_runs && !wait && !device.client().built_for(33) ? STATUS_PENDING : STATUS_SUCCESS;
  if (!wait) return STATUS_PENDING;
  if (device.power.walked_by_me())
    stop(Violation::PowerRoutineTimedOut, "waiting-for-d0-inside-power-callback",
         fmt::format("{} waits in WdfDeviceStopIdle for D0 inside a power callback, which D0 waits for",
                     describe(device)),
         reinterpret_cast<std::uint64_t>(device.handle()));
  const NTSTATUS status = policy.wait_for_d0();
  if (!NT_SUCCESS(status)) {
    --policy.driver_references;
    policy.dereference_power();
  }
  return status;
}

void resume_idle(Device& device) {
  if (!device.is_policy_owner()) return;
  if (device.policy.driver_references == 0) {
    record("WDF-462", "power-reference-underflow",
           fmt::format("WdfDeviceResumeIdle of {} without a WdfDeviceStopIdle that succeeded", describe(device)));
    return;
  }
  --device.policy.driver_references;
  device.policy.dereference_power();
}

bool on(WDF_TRI_STATE state, bool otherwise) {
  return state == WdfUseDefault ? otherwise : state == WdfTrue;
}

}  // namespace

NTSTATUS NTAPI WdfDeviceStopIdleNoTrack(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, BOOLEAN WaitForD0) {
  return stop_idle(object_as<Device>(Handle), WaitForD0);
}
NTSTATUS NTAPI WdfDeviceStopIdleActual(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, BOOLEAN WaitForD0, PVOID, LONG, PCCH) {
  return stop_idle(object_as<Device>(Handle), WaitForD0);
}
VOID NTAPI WdfDeviceResumeIdleNoTrack(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  resume_idle(object_as<Device>(Handle));
}
VOID NTAPI WdfDeviceResumeIdleActual(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PVOID, LONG, PCCH) {
  resume_idle(object_as<Device>(Handle));
}

NTSTATUS NTAPI WdfDeviceAssignS0IdleSettings(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                             PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings) {
  Device& device = object_as<Device>(Handle);
  require_pointer(Settings, "WdfDeviceAssignS0IdleSettings' Settings");
  if (!device.is_policy_owner()) return STATUS_INVALID_DEVICE_REQUEST;
  const ULONG size = Settings->Size;
  if (size != sizeof(WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS) && size != kIdleSettingsSize17 &&
      size != kIdleSettingsSize19)
    return STATUS_INFO_LENGTH_MISMATCH;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS given{};
  given.PowerUpIdleDeviceOnSystemWake = WdfUseDefault;
  std::memcpy(static_cast<void*>(&given), Settings, size);
  if (given.DxState < PowerDeviceD1 || given.DxState > PowerDeviceMaximum || given.Enabled > WdfUseDefault ||
      given.IdleCaps < IdleCannotWakeFromS0 || given.IdleCaps > IdleUsbSelectiveSuspend)
    return STATUS_INVALID_PARAMETER;
  IdleSettings& idle = device.policy.idle;
  if (given.IdleCaps == IdleCanWakeFromS0) {
    if (!device.policy.wakes_from_d0) return STATUS_POWER_STATE_INVALID;
    if (given.DxState != PowerDeviceMaximum && given.DxState > device.policy.deepest_wake)
      return STATUS_POWER_STATE_INVALID;
  }
  if (given.IdleCaps == IdleUsbSelectiveSuspend) return STATUS_INVALID_DEVICE_REQUEST;
  idle.assigned = true;
  idle.enabled = on(given.Enabled, true);
  idle.caps = given.IdleCaps;
  idle.dx = given.DxState;
  idle.timeout_ms = given.IdleTimeout ? given.IdleTimeout : kIdleTimeoutDefault_ms;
  idle.power_up_on_system_wake = on(given.PowerUpIdleDeviceOnSystemWake, false);
  idle.system_managed = given.IdleTimeoutType != DriverManagedIdleTimeout;
  device.policy.settings_changed();
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfDeviceAssignSxWakeSettings(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                             PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings) {
  Device& device = object_as<Device>(Handle);
  require_pointer(Settings, "WdfDeviceAssignSxWakeSettings' Settings");
  if (!device.is_policy_owner()) return STATUS_INVALID_DEVICE_REQUEST;
  const ULONG size = Settings->Size;
  if (size != sizeof(WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS) && size != kWakeSettingsSize15)
    return STATUS_INFO_LENGTH_MISMATCH;
  WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS given{};
  std::memcpy(static_cast<void*>(&given), Settings, size);
  if (given.DxState < PowerDeviceD1 || given.DxState > PowerDeviceMaximum || given.Enabled > WdfUseDefault)
    return STATUS_INVALID_PARAMETER;
  if (!device.policy.wakes_from_d0) return STATUS_POWER_STATE_INVALID;
  WakeSettings& wake = device.policy.wake;
  wake.assigned = true;
  wake.enabled = on(given.Enabled, true);
  wake.dx = given.DxState;
  wake.arm_for_children = given.ArmForWakeIfChildrenAreArmedForWake;
  wake.indicate_child_wake = given.IndicateChildWakeOnParentWake;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfDeviceIndicateWakeStatus(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, NTSTATUS WaitWakeStatus) {
  Device& device = object_as<Device>(Handle);
  if (WaitWakeStatus == STATUS_PENDING || WaitWakeStatus == STATUS_CANCELLED) return STATUS_INVALID_PARAMETER;
  if (!device.wake_irp) return STATUS_INVALID_DEVICE_REQUEST;
  complete_wake_request(device, WaitWakeStatus);
  return STATUS_SUCCESS;
}

POWER_ACTION NTAPI WdfDeviceGetSystemPowerAction(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return object_as<Device>(Handle).policy.system_action();
}

// clang-format off
const image::ExportFamily kPowerPolicyApi{kFrameworkModule, {
    // name                             entry                           caller's IRQL
    {"WdfDeviceStopIdleNoTrack",        WdfDeviceStopIdleNoTrack,       at_most(DISPATCH_LEVEL)},
    {"WdfDeviceStopIdleActual",         WdfDeviceStopIdleActual,        at_most(DISPATCH_LEVEL)},
    {"WdfDeviceResumeIdleNoTrack",      WdfDeviceResumeIdleNoTrack,     at_most(DISPATCH_LEVEL)},
    {"WdfDeviceResumeIdleActual",       WdfDeviceResumeIdleActual,      at_most(DISPATCH_LEVEL)},
    {"WdfDeviceAssignS0IdleSettings",   WdfDeviceAssignS0IdleSettings,  exactly(PASSIVE_LEVEL)},
    {"WdfDeviceAssignSxWakeSettings",   WdfDeviceAssignSxWakeSettings,  exactly(PASSIVE_LEVEL)},
    {"WdfDeviceIndicateWakeStatus",     WdfDeviceIndicateWakeStatus,    at_most(DISPATCH_LEVEL)},
    {"WdfDeviceGetSystemPowerAction",   WdfDeviceGetSystemPowerAction,  at_most(DISPATCH_LEVEL)},
}, "wdf/power_policy"};
// clang-format on

}  // namespace drydock::wdf
