#include "wdf/wake.h"

#include "wdf/callback_log.h"
#include "wdf/deferred.h"
#include "wdf/device.h"

namespace drydock::wdf {

namespace {

/// The callback needs PASSIVE_LEVEL; a cancel routine may run above.
void disable_wake_at_bus_elsewhere(Device& pdo) {
  if (KeGetCurrentIrql() == PASSIVE_LEVEL) return disable_wake_at_bus(pdo);
  pdo.reference();
  at_passive_level([&pdo] {
    disable_wake_at_bus(pdo);
    pdo.dereference();
  });
}

VOID NTAPI wake_request_ended(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID context, IO_STATUS_BLOCK* status) {
  auto* device = static_cast<Device*>(context);
  device->policy.wake_request_ended(status->Status);
  device->dereference();
}

/// The cancelled request's PDO: completes it, and the bus forgets the wake.
VOID NTAPI cancel_kept_wake_request(DEVICE_OBJECT* device_object, IRP* irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  Device* pdo = device_of(device_object);
  if (pdo && pdo->wake_irp == irp) {
    pdo->wake_irp = nullptr;
    if (pdo->power.in_d0()) disable_wake_at_bus_elsewhere(*pdo);
  }
  PoStartNextPowerIrp(irp);
  irp->IoStatus.Status = STATUS_CANCELLED;
  IofCompleteRequest(irp, 0);
}

}  // namespace

void send_wake_request(Device& device, SYSTEM_POWER_STATE from, IRP** irp) {
  POWER_STATE state{};
  state.SystemState = from;
  device.reference();
  *irp = nullptr;
  const NTSTATUS status =
      PoRequestPowerIrp(device.device_object, IRP_MN_WAIT_WAKE, state, wake_request_ended, &device, irp);
  if (NT_SUCCESS(status)) return;
  device.policy.wake_request_ended(status);
  device.dereference();
}

NTSTATUS take_wake_request(Device& pdo, IRP* irp) {
  NTSTATUS status = STATUS_SUCCESS;
  const SYSTEM_POWER_STATE from = IoGetCurrentIrpStackLocation(irp)->Parameters.WaitWake.PowerState;
  if (pdo.wake_irp)
    status = STATUS_DEVICE_BUSY;
  else if (auto enable = pdo.config().pdo.EvtDeviceEnableWakeAtBus)
    status = call_noted(pdo, "EnableWakeAtBus", enable, pdo.handle_as<WDFDEVICE>(), from);
  if (!NT_SUCCESS(status)) {
    PoStartNextPowerIrp(irp);
    irp->IoStatus.Status = status;
    IofCompleteRequest(irp, 0);
    return status;
  }
  pdo.wake_enabled_at_bus = true;
  IoMarkIrpPending(irp);
  pdo.wake_irp = irp;
  IoSetCancelRoutine(irp, ntos::io::guest_callable(&cancel_kept_wake_request, "FxPkgPdo::WaitWakeCancel"));
  return STATUS_PENDING;
}

void complete_wake_request(Device& pdo, NTSTATUS status) {
  IRP* irp = pdo.wake_irp;
  if (!irp || !IoSetCancelRoutine(irp, nullptr)) return;
  pdo.wake_irp = nullptr;
  PoStartNextPowerIrp(irp);
  irp->IoStatus.Status = status;
  IofCompleteRequest(irp, 0);
}

void disable_wake_at_bus(Device& pdo) {
  if (!pdo.wake_enabled_at_bus) return;
  pdo.wake_enabled_at_bus = false;
  if (auto disable = pdo.config().pdo.EvtDeviceDisableWakeAtBus)
    call_noted(pdo, "DisableWakeAtBus", disable, pdo.handle_as<WDFDEVICE>());
}

}  // namespace drydock::wdf
