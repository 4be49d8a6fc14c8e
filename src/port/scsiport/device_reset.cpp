#include "port/scsiport/device_reset.h"

#include "ntos/io/driver.h"
#include "port/scsiport/kernel.h"

namespace drydock::port::scsiport {

namespace {

/// By the context that the bus gave out.
ResetRoutines* routines_of(PVOID context) {
  for (ResetRoutines& routines : port().reset_routines)
    if (routines.context == context) return &routines;
  return nullptr;
}

bool can_be_restarted_now(const Adapter* adapter) {
  return adapter && adapter->lifecycle == Lifecycle::Started && adapter->device_power == PowerDeviceD0 &&
         adapter->ready_to_run && can_be_stopped(*adapter);
}

template <class Reset>
NTSTATUS stop_reset_restart(Adapter& adapter, Reset reset) {
  ChangeOfAdapter change(adapter);
  if (!can_be_restarted_now(&adapter)) return reset();
  silence_adapter(adapter, false);
  const NTSTATUS status = reset();
  const NTSTATUS restarted = restart_adapter(adapter);
  if (!NT_SUCCESS(restarted)) fail_waiting(adapter, SRB_STATUS_NO_HBA, STATUS_DEVICE_DOES_NOT_EXIST);
  return NT_SUCCESS(status) ? restarted : status;
}

/// Calls `reset` with the adapter at rest. What the bus would refuse for the caller's mistake, it refuses at once.
template <class Reset>
NTSTATUS around(const ResetRoutines& routines, Reset reset) {
  Adapter* adapter = routines.adapter;
  if (KeGetCurrentIrql() != PASSIVE_LEVEL || !can_be_restarted_now(adapter)) return reset();
  ++adapter->device_resets;
  const NTSTATUS status = stop_reset_restart(*adapter, reset);
  --adapter->device_resets;
  return status;
}

NTSTATUS NTAPI ScsiPortDeviceReset(PVOID InterfaceContext, DEVICE_RESET_TYPE ResetType, ULONG Flags,
                                   PVOID ResetParameters) {
  const ResetRoutines* routines = routines_of(InterfaceContext);
  if (!routines) return STATUS_NO_SUCH_DEVICE;
  const auto reset = [&] {
    return machine::call_driver(routines->device_reset, InterfaceContext, ResetType, Flags, ResetParameters);
  };
  return ResetType == FunctionLevelDeviceReset ? around(*routines, reset) : reset();
}

NTSTATUS NTAPI ScsiPortBusSpecificReset(PVOID InterfaceContext, const GUID* BusType,
                                        DEVICE_BUS_SPECIFIC_RESET_TYPE ResetTypeSelected,
                                        BUS_SPECIFIC_RESET_FLAGS* Flags, PVOID ResetParameters) {
  const ResetRoutines* routines = routines_of(InterfaceContext);
  if (!routines) return STATUS_NO_SUCH_DEVICE;
  const auto reset = [&] {
    return machine::call_driver(routines->bus_specific_reset, InterfaceContext, BusType, ResetTypeSelected, Flags,
                                ResetParameters);
  };
  return ResetTypeSelected.Pci.FunctionLevelDeviceReset ? around(*routines, reset) : reset();
}

}  // namespace

NTSTATUS query_interface(Adapter& adapter, IRP* irp) {
  const auto& asked = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
  if (!(*asked.InterfaceType == GUID_DEVICE_RESET_INTERFACE_STANDARD)) {
    IoSkipCurrentIrpStackLocation(irp);
    return IofCallDriver(adapter.lower, irp);
  }
  IoForwardIrpSynchronously(adapter.lower, irp);
  const NTSTATUS status = irp->IoStatus.Status;
  auto& answer = *reinterpret_cast<DEVICE_RESET_INTERFACE_STANDARD*>(asked.Interface);
  if (NT_SUCCESS(status) && answer.DeviceReset) {
    ResetRoutines* routines = routines_of(answer.Context);
    if (!routines) routines = &port().reset_routines.emplace_back();
    *routines = {.context = answer.Context, .adapter = &adapter, .device_reset = answer.DeviceReset};
    answer.DeviceReset = ntos::io::guest_callable(ScsiPortDeviceReset, "ScsiPortDeviceReset");
    if (answer.Size > kDeviceResetInterfaceSizeOriginal && answer.DeviceBusSpecificReset) {
      routines->bus_specific_reset = answer.DeviceBusSpecificReset;
      answer.DeviceBusSpecificReset = ntos::io::guest_callable(ScsiPortBusSpecificReset, "ScsiPortBusSpecificReset");
    }
  }
  return complete_irp(irp, status);
}

void forget_reset_routines(Adapter& adapter) {
  for (ResetRoutines& routines : port().reset_routines)
    if (routines.adapter == &adapter) routines.adapter = nullptr;
  LARGE_INTEGER millisecond;
  millisecond.QuadPart = -10'000;
  while (adapter.device_resets != 0) KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
}

ChangeOfAdapter::ChangeOfAdapter(Adapter& adapter) : adapter_(adapter) {
  KeWaitForSingleObject(&adapter_.kernel->change, Executive, KernelMode, FALSE, nullptr);
}

ChangeOfAdapter::~ChangeOfAdapter() {
  KeSetEvent(&adapter_.kernel->change, IO_NO_INCREMENT, FALSE);
}

}  // namespace drydock::port::scsiport
