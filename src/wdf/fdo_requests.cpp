#include "wdf/fdo_requests.h"

#include <algorithm>
#include <cstring>

#include "wdf/callback.h"
#include "wdf/child_list.h"
#include "wdf/device.h"
#include "wdf/pnp_dispatch.h"
#include "wdf/requirements.h"
#include "wdf/send_irp.h"

namespace drydock::wdf {

namespace {

void apply(WDF_TRI_STATE said, ULONG flag, ULONG_PTR& flags) {
  if (said == WdfTrue)
    flags |= flag;
  else if (said == WdfFalse)
    flags &= ~static_cast<ULONG_PTR>(flag);
}

NTSTATUS send_down_and_wait(Device& device, IRP* irp) {
  IoCopyCurrentIrpStackLocationToNext(irp);
  return send_and_wait(device.lower, irp);
}

NTSTATUS query_relations(Device& device, IRP* irp) {
  const DEVICE_RELATION_TYPE type = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceRelations.Type;
  if (auto query = device.config().pnp.EvtDeviceRelationsQuery) {
    const RunningCallback running(device, "RelationsQuery");
    call_driver(query, device.handle_as<WDFDEVICE>(), type);
  }
  if (type == BusRelations && !device.child_lists.empty()) {
    const NTSTATUS status = report_children(device, irp);
    if (!NT_SUCCESS(status)) return complete_irp(irp, status);
  }
  return pass_irp(device, irp);
}

WDF_SPECIAL_FILE_TYPE special_file(DEVICE_USAGE_NOTIFICATION_TYPE type) {
  return static_cast<WDF_SPECIAL_FILE_TYPE>(type);
}

NTSTATUS usage_notification(Device& device, IRP* irp) {
  const auto& usage = IoGetCurrentIrpStackLocation(irp)->Parameters.UsageNotification;
  const DEVICE_USAGE_NOTIFICATION_TYPE type = usage.Type;
  const bool in_path = usage.InPath;
  irp->IoStatus.Status = STATUS_SUCCESS;
  NTSTATUS status = send_down_and_wait(device, irp);
  if (!NT_SUCCESS(status)) return complete_irp(irp, status);
  const auto& callbacks = device.config().pnp;
  const WDFDEVICE handle = device.handle_as<WDFDEVICE>();
  const RunningCallback running(device, "Usage");
  if (callbacks.EvtDeviceUsageNotificationEx) {
    status =
        call_driver(callbacks.EvtDeviceUsageNotificationEx, handle, special_file(type), static_cast<BOOLEAN>(in_path));
    if (!NT_SUCCESS(status)) {
      // WDF-226: those below are told that it is off again.
      send_pnp_query(
          device.lower, IRP_MN_DEVICE_USAGE_NOTIFICATION,
          [&](IO_STACK_LOCATION& location) {
            location.Parameters.UsageNotification.Type = type;
            location.Parameters.UsageNotification.InPath = !in_path;
          },
          false);
      return complete_irp(irp, status);
    }
  } else if (callbacks.EvtDeviceUsageNotification) {
    call_driver(callbacks.EvtDeviceUsageNotification, handle, special_file(type), static_cast<BOOLEAN>(in_path));
  }
  count_usage(device, type, in_path);
  return complete_irp(irp, STATUS_SUCCESS);
}

}  // namespace

void count_usage(Device& device, DEVICE_USAGE_NOTIFICATION_TYPE type, bool in_path) {
  const WDF_SPECIAL_FILE_TYPE file = special_file(type);
  if (file <= WdfSpecialFileUndefined || file >= WdfSpecialFileMax) return;
  LONG& count = device.special_files[file];
  count += in_path ? 1 : -1;
  IoInvalidateDeviceState(device.pdo);
}

void add_state_flags(const Device& device, IRP* irp) {
  ULONG_PTR& flags = irp->IoStatus.Information;
  const WDF_DEVICE_STATE& said = device.state_flags;
  apply(said.Disabled, PNP_DEVICE_DISABLED, flags);
  apply(said.DontDisplayInUI, PNP_DEVICE_DONT_DISPLAY_IN_UI, flags);
  apply(said.Failed, PNP_DEVICE_FAILED, flags);
  apply(said.NotDisableable, PNP_DEVICE_NOT_DISABLEABLE, flags);
  apply(said.Removed, PNP_DEVICE_REMOVED, flags);
  apply(said.ResourcesChanged, PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED, flags);
  apply(said.AssignedToGuest, PNP_DEVICE_ASSIGNED_TO_GUEST, flags);
  for (LONG count : device.special_files)
    if (count != 0) flags |= PNP_DEVICE_NOT_DISABLEABLE;
  if (device.state_failed || device.internally_failed) flags |= PNP_DEVICE_FAILED;
  irp->IoStatus.Status = STATUS_SUCCESS;
}

void apply_capabilities(const Device& device, DEVICE_CAPABILITIES& to) {
  const WDF_DEVICE_PNP_CAPABILITIES& said = device.pnp_capabilities;
  const auto set = [](WDF_TRI_STATE value, auto assign) {
    if (value != WdfUseDefault) assign(value == WdfTrue);
  };
  set(said.LockSupported, [&](bool v) { to.LockSupported = v; });
  set(said.EjectSupported, [&](bool v) { to.EjectSupported = v; });
  set(said.Removable, [&](bool v) { to.Removable = v; });
  set(said.DockDevice, [&](bool v) { to.DockDevice = v; });
  set(said.UniqueID, [&](bool v) { to.UniqueID = v; });
  set(said.SilentInstall, [&](bool v) { to.SilentInstall = v; });
  set(said.SurpriseRemovalOK, [&](bool v) { to.SurpriseRemovalOK = v; });
  set(said.HardwareDisabled, [&](bool v) { to.HardwareDisabled = v; });
  set(said.NoDisplayInUI, [&](bool v) { to.NoDisplayInUI = v; });
  if (said.Address != ~0u) to.Address = said.Address;
  if (said.UINumber != ~0u) to.UINumber = said.UINumber;
  const WDF_DEVICE_POWER_CAPABILITIES& power = device.power_capabilities;
  set(power.DeviceD1, [&](bool v) { to.DeviceD1 = v; });
  set(power.DeviceD2, [&](bool v) { to.DeviceD2 = v; });
  set(power.WakeFromD0, [&](bool v) { to.WakeFromD0 = v; });
  set(power.WakeFromD1, [&](bool v) { to.WakeFromD1 = v; });
  set(power.WakeFromD2, [&](bool v) { to.WakeFromD2 = v; });
  set(power.WakeFromD3, [&](bool v) { to.WakeFromD3 = v; });
  for (ULONG i = 0; i < POWER_SYSTEM_MAXIMUM; ++i)
    if (power.DeviceState[i] != PowerDeviceUnspecified && power.DeviceState[i] != PowerDeviceMaximum)
      to.DeviceState[i] = power.DeviceState[i];
  if (power.DeviceWake != PowerDeviceUnspecified && power.DeviceWake != PowerDeviceMaximum)
    to.DeviceWake = power.DeviceWake;
  if (power.SystemWake != PowerSystemUnspecified && power.SystemWake != PowerSystemMaximum)
    to.SystemWake = power.SystemWake;
  if (power.D1Latency != ~0u && power.D1Latency) to.D1Latency = power.D1Latency;
  if (power.D2Latency != ~0u && power.D2Latency) to.D2Latency = power.D2Latency;
  if (power.D3Latency != ~0u && power.D3Latency) to.D3Latency = power.D3Latency;
}

NTSTATUS query_power_capabilities(Device& device) {
  if (machine::refused("wdf.capabilities")) return STATUS_INSUFFICIENT_RESOURCES;
  DEVICE_CAPABILITIES said{};
  said.Size = sizeof said;
  said.Version = 1;
  said.Address = said.UINumber = ~0u;
  const NTSTATUS status = send_pnp_query(device.pdo, IRP_MN_QUERY_CAPABILITIES, [&](IO_STACK_LOCATION& location) {
    location.Parameters.DeviceCapabilities.Capabilities = &said;
  });
  if (!NT_SUCCESS(status)) return status;
  for (ULONG i = 0; i < POWER_SYSTEM_MAXIMUM; ++i) device.policy.state_for_sx[i] = said.DeviceState[i];
  if (said.DeviceWake != PowerDeviceUnspecified) device.policy.deepest_wake = said.DeviceWake;
  device.policy.wakes_from_d0 = said.WakeFromD0 || said.WakeFromD1 || said.WakeFromD2 || said.WakeFromD3;
  return STATUS_SUCCESS;
}

namespace {

/// Whether a one-way interface fits what was asked for.
bool is_enough_for(const ExportedInterface& exported, USHORT size, USHORT version) {
  INTERFACE header{};
  std::memcpy(static_cast<void*>(&header), exported.interface.data(),
              std::min(sizeof header, exported.interface.size()));
  return exported.interface.size() <= size && header.Version <= version;
}

}  // namespace

bool answer_interface_query(Device& device, IRP* irp, NTSTATUS& status) {
  const auto& query = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
  for (const ExportedInterface& each : device.exported_interfaces) {
    if (!(each.guid == *query.InterfaceType)) continue;
    if (!each.import) {
      if (!is_enough_for(each, query.Size, query.Version)) {  // RST-012
        if (!device.is_pdo()) return false;
        status = STATUS_INVALID_BUFFER_SIZE;
        return true;
      }
      std::memcpy(static_cast<void*>(query.Interface), each.interface.data(), each.interface.size());
    }
    status = STATUS_SUCCESS;
    if (each.process)
      status = call_driver(each.process, device.handle_as<WDFDEVICE>(), const_cast<GUID*>(query.InterfaceType),
                           query.Interface, query.InterfaceSpecificData);
    if (NT_SUCCESS(status) && query.Interface->InterfaceReference)
      call_driver(query.Interface->InterfaceReference, query.Interface->Context);
    return true;
  }
  return false;
}

NTSTATUS answer_as_fdo(Device& device, IRP* irp) {
  IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  switch (location->MinorFunction) {
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      return query_relations(device, irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      add_state_flags(device, irp);
      return pass_irp(device, irp);
    case IRP_MN_QUERY_CAPABILITIES: {
      DEVICE_CAPABILITIES* capabilities = location->Parameters.DeviceCapabilities.Capabilities;
      const NTSTATUS status = send_down_and_wait(device, irp);
      if (NT_SUCCESS(status) && capabilities) apply_capabilities(device, *capabilities);
      return complete_irp(irp, status);
    }
    case IRP_MN_QUERY_INTERFACE: {
      NTSTATUS status;
      if (answer_interface_query(device, irp, status) && status != STATUS_NOT_SUPPORTED) {
        if (!NT_SUCCESS(status)) return complete_irp(irp, status);
        irp->IoStatus.Status = status;
      }
      return pass_irp(device, irp);
    }
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
      return filter_requirements(device, irp);
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
      return usage_notification(device, irp);
    default:
      return pass_irp(device, irp);
  }
}

}  // namespace drydock::wdf
