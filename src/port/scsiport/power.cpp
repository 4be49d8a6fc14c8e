// Power of adapters and units (contract, section 10).

#include "port/scsiport/device_reset.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/start_io.h"

namespace drydock::port::scsiport {

namespace {

NTSTATUS pass_power_down(Adapter& adapter, IRP* irp) {
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(adapter.lower, irp);
}

/// Sends the power IRP down and waits for it; its stack location stays the port's. IRQL: PASSIVE_LEVEL.
NTSTATUS send_power_down_and_wait(Adapter& adapter, IRP* irp) {
  IoForwardIrpSynchronously(adapter.lower, irp);
  return irp->IoStatus.Status;
}

NTSTATUS set_device_power(Adapter& adapter, IRP* irp, DEVICE_POWER_STATE state) {
  const DEVICE_POWER_STATE before = adapter.device_power;
  adapter.device_power = state;
  POWER_STATE power;
  power.DeviceState = state;
  if (state != PowerDeviceD0 || before == PowerDeviceD0) {
    if (before == PowerDeviceD0 && state != PowerDeviceD0 && adapter.lifecycle == Lifecycle::Started) {
      ChangeOfAdapter change(adapter);
      silence_adapter(adapter, false);
    }
    PoSetPowerState(adapter.fdo, DevicePowerState, power);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return pass_power_down(adapter, irp);
  }
  NTSTATUS status = send_power_down_and_wait(adapter, irp);
  if (NT_SUCCESS(status) && adapter.lifecycle == Lifecycle::Started) status = restart_adapter(adapter);
  PoSetPowerState(adapter.fdo, DevicePowerState, power);
  PoStartNextPowerIrp(irp);
  return complete_irp(irp, status);
}

/// The device IRP that a system IRP asked for has ended: the system IRP goes on.
VOID NTAPI ScsiPortDevicePowerDone(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID Context, IO_STATUS_BLOCK* IoStatus) {
  auto* irp = static_cast<IRP*>(Context);
  auto* common = static_cast<CommonExtension*>(IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension);
  if (!NT_SUCCESS(IoStatus->Status)) {
    PoStartNextPowerIrp(irp);
    complete_irp(irp, IoStatus->Status);
    return;
  }
  irp->IoStatus.Status = STATUS_SUCCESS;
  pass_power_down(*common->adapter, irp);
}

NTSTATUS set_system_power(Adapter& adapter, IRP* irp, SYSTEM_POWER_STATE state) {
  adapter.system_power = state;
  POWER_STATE power;
  power.DeviceState = state == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
  IoMarkIrpPending(irp);
  const NTSTATUS asked =
      PoRequestPowerIrp(adapter.pdo, IRP_MN_SET_POWER, power, ScsiPortDevicePowerDone, irp, nullptr);
  if (!NT_SUCCESS(asked)) {  // there was no memory: nobody will call
    PoStartNextPowerIrp(irp);
    complete_irp(irp, asked);
  }
  return STATUS_PENDING;
}

NTSTATUS complete_power(IRP* irp, NTSTATUS status) {
  PoStartNextPowerIrp(irp);
  return complete_irp(irp, status);
}

}  // namespace

NTSTATUS fdo_power(Adapter& adapter, DEVICE_OBJECT*, IRP* irp) {
  const IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(irp);
  const auto& power = stack->Parameters.Power;
  if (stack->MinorFunction == IRP_MN_QUERY_POWER && power.Type == DevicePowerState &&
      power.State.DeviceState != PowerDeviceD0 && !can_be_stopped(adapter))
    return complete_power(irp, STATUS_UNSUCCESSFUL);  // SP-263
  if (stack->MinorFunction != IRP_MN_SET_POWER) {
    if (stack->MinorFunction == IRP_MN_QUERY_POWER) irp->IoStatus.Status = STATUS_SUCCESS;
    return pass_power_down(adapter, irp);
  }
  return power.Type == SystemPowerState ? set_system_power(adapter, irp, power.State.SystemState)
                                        : set_device_power(adapter, irp, power.State.DeviceState);
}

NTSTATUS pdo_power(LogicalUnit& unit, DEVICE_OBJECT* device, IRP* irp) {
  const IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(irp);
  const auto& power = stack->Parameters.Power;
  if (stack->MinorFunction == IRP_MN_SET_POWER) {
    if (power.Type == DevicePowerState) {
      PoSetPowerState(device, DevicePowerState, power.State);
      PortLock lock(*unit.adapter);
      unit.device_power = power.State.DeviceState;
      unit.powered = unit.device_power == PowerDeviceD0;  // SP-066
      consider(unit);
      start_requests(*unit.adapter);
    } else {
      unit.system_power = power.State.SystemState;
    }
  }
  const bool known = stack->MinorFunction == IRP_MN_SET_POWER || stack->MinorFunction == IRP_MN_QUERY_POWER;
  return complete_power(irp, known ? STATUS_SUCCESS : irp->IoStatus.Status);
}

}  // namespace drydock::port::scsiport
