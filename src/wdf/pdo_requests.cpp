#include "wdf/pdo_requests.h"

#include <algorithm>
#include <cstring>

#include "wdf/callback_log.h"
#include "wdf/child_list.h"
#include "wdf/device.h"
#include "wdf/fdo_requests.h"
#include "wdf/pnp_dispatch.h"
#include "wdf/requirements.h"
#include "wdf/send_irp.h"

namespace drydock::wdf {

namespace {

/// One or more texts, each ended by a zero, in paged pool for the PnP manager to free; a list ends with one more.
PVOID pool_text(const std::vector<std::u16string>& texts, bool list) {
  SIZE_T characters = list ? 1 : 0;
  for (const std::u16string& text : texts) characters += text.size() + 1;
  auto* block = static_cast<WCHAR*>(ExAllocatePoolWithTag(PagedPool, characters * sizeof(WCHAR), 0x78466470));
  if (!block) return nullptr;
  std::memset(block, 0, characters * sizeof(WCHAR));
  WCHAR* at = block;
  for (const std::u16string& text : texts) {
    std::memcpy(at, text.data(), text.size() * sizeof(WCHAR));
    at += text.size() + 1;
  }
  return block;
}

NTSTATUS answer_text(IRP* irp, const std::vector<std::u16string>& texts, bool list) {
  PVOID block = pool_text(texts, list);
  if (!block) return complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(block);
  return complete_irp(irp, STATUS_SUCCESS);
}

NTSTATUS query_id(Device& pdo, IRP* irp) {
  const DeviceConfig& config = pdo.config();
  switch (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryId.IdType) {
    case BusQueryDeviceID:
      return answer_text(irp, {config.device_id}, false);
    case BusQueryInstanceID:
      if (config.instance_id.empty()) break;
      return answer_text(irp, {config.instance_id}, false);
    case BusQueryHardwareIDs:
      if (config.hardware_ids.empty()) break;
      return answer_text(irp, config.hardware_ids, true);
    case BusQueryCompatibleIDs:
      if (config.compatible_ids.empty()) break;
      return answer_text(irp, config.compatible_ids, true);
    case BusQueryContainerID:
      if (config.container_id.empty()) break;
      return answer_text(irp, {config.container_id}, false);
    default:
      break;
  }
  return complete_irp(irp, irp->IoStatus.Status);
}

NTSTATUS query_text(Device& pdo, IRP* irp) {
  const auto& query = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceText;
  const DeviceConfig::Text* found = nullptr;
  for (const DeviceConfig::Text& text : pdo.config().texts) {
    if (text.locale == query.LocaleId) {
      found = &text;
      break;
    }
    if (text.locale == pdo.config().default_locale) found = &text;
  }
  if (!found) return complete_irp(irp, irp->IoStatus.Status);
  return answer_text(irp, {query.DeviceTextType == DeviceTextDescription ? found->description : found->location},
                     false);
}

NTSTATUS query_capabilities(Device& pdo, IRP* irp) {
  DEVICE_CAPABILITIES* to = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities;
  if (!to || to->Version != 1 || to->Size < sizeof(DEVICE_CAPABILITIES)) return complete_irp(irp, STATUS_NOT_SUPPORTED);
  // What the driver does not say follows the bus device's own stack.
  DEVICE_CAPABILITIES bus{};
  bus.Size = sizeof bus;
  bus.Version = 1;
  bus.Address = bus.UINumber = ~0u;
  const NTSTATUS status =
      send_pnp_query(pdo.parent_device->pdo, IRP_MN_QUERY_CAPABILITIES,
                     [&](IO_STACK_LOCATION& location) { location.Parameters.DeviceCapabilities.Capabilities = &bus; });
  if (NT_SUCCESS(status)) {
    for (ULONG i = 0; i < POWER_SYSTEM_MAXIMUM; ++i) to->DeviceState[i] = bus.DeviceState[i];
    to->DeviceWake = PowerDeviceUnspecified;
    to->SystemWake = PowerSystemUnspecified;
  }
  to->DeviceState[PowerSystemWorking] = PowerDeviceD0;
  to->UniqueID = TRUE;
  to->SilentInstall = FALSE;
  to->RawDeviceOK = pdo.config().raw;
  apply_capabilities(pdo, *to);
  return complete_irp(irp, STATUS_SUCCESS);
}

NTSTATUS query_bus_information(Device& pdo, IRP* irp) {
  const Device& bus = *pdo.parent_device;
  if (!bus.bus_information_given) return complete_irp(irp, irp->IoStatus.Status);
  auto* block =
      static_cast<PNP_BUS_INFORMATION*>(ExAllocatePoolWithTag(PagedPool, sizeof(PNP_BUS_INFORMATION), 0x78466470));
  if (!block) return complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
  *block = {bus.bus_type, bus.bus_legacy_type, bus.bus_number};
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(block);
  return complete_irp(irp, STATUS_SUCCESS);
}

NTSTATUS query_relations(Device& pdo, IRP* irp) {
  const DEVICE_RELATION_TYPE type = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceRelations.Type;
  if (auto query = pdo.config().pnp.EvtDeviceRelationsQuery) {
    const RunningCallback running(pdo, "RelationsQuery");
    call_driver(query, pdo.handle_as<WDFDEVICE>(), type);
  }
  if (type != TargetDeviceRelation) return complete_irp(irp, irp->IoStatus.Status);
  auto* relations =
      static_cast<DEVICE_RELATIONS*>(ExAllocatePoolWithTag(PagedPool, sizeof(DEVICE_RELATIONS), 0x78466470));
  if (!relations) return complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
  ObfReferenceObject(pdo.device_object);
  relations->Count = 1;
  relations->Objects[0] = pdo.device_object;
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(relations);
  return complete_irp(irp, STATUS_SUCCESS);
}

bool parent_answers_for(const Device& pdo, const GUID& type) {
  return std::any_of(pdo.exported_interfaces.begin(), pdo.exported_interfaces.end(),
                     [&](const ExportedInterface& each) { return each.send_to_parent && each.guid == type; });
}

NTSTATUS query_pdo_interface(Device& pdo, IRP* irp) {
  NTSTATUS status = irp->IoStatus.Status;
  const auto query = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
  if (*query.InterfaceType == GUID_REENUMERATE_SELF_INTERFACE_STANDARD) {
    if (pdo.child && !pdo.child->list->is_static)  // RST-138
      status = give_reenumerate_interface(pdo, query.Interface, query.Size, query.Version);
    return complete_irp(irp, status);
  }
  if (parent_answers_for(pdo, *query.InterfaceType)) {  // RST-024
    const NTSTATUS answer = query_interface(pdo.parent_device->device_object, *query.InterfaceType, query.Size,
                                            query.Version, query.Interface, query.InterfaceSpecificData, true);
    return complete_irp(irp, answer == STATUS_NOT_SUPPORTED ? status : answer);
  }
  answer_interface_query(pdo, irp, status);
  return complete_irp(irp, status);
}

NTSTATUS set_lock(Device& pdo, IRP* irp) {
  const BOOLEAN lock = IoGetCurrentIrpStackLocation(irp)->Parameters.SetLock.Lock;
  auto callback = pdo.config().pdo.EvtDeviceSetLock;
  if (!callback) return complete_irp(irp, STATUS_UNSUCCESSFUL);  // WDF-343
  const RunningCallback running(pdo, "SetLock");
  const NTSTATUS status = call_driver(callback, pdo.handle_as<WDFDEVICE>(), lock);
  irp->IoStatus.Information = 0;
  return complete_irp(irp, status);
}

/// WDF-226: the parent's stack is asked first, and told if the driver does not agree.
NTSTATUS usage_notification(Device& pdo, IRP* irp) {
  const auto& usage = IoGetCurrentIrpStackLocation(irp)->Parameters.UsageNotification;
  const DEVICE_USAGE_NOTIFICATION_TYPE type = usage.Type;
  const BOOLEAN in_path = usage.InPath;
  const auto tell_parent = [&pdo, type](BOOLEAN is_in_path) {
    return send_pnp_query(pdo.parent_device->pdo, IRP_MN_DEVICE_USAGE_NOTIFICATION, [&](IO_STACK_LOCATION& location) {
      location.Parameters.UsageNotification.Type = type;
      location.Parameters.UsageNotification.InPath = is_in_path;
    });
  };
  const auto& callbacks = pdo.config().pnp;
  const WDFDEVICE handle = pdo.handle_as<WDFDEVICE>();
  const auto file = static_cast<WDF_SPECIAL_FILE_TYPE>(type);
  NTSTATUS status = tell_parent(in_path);
  if (!NT_SUCCESS(status)) return complete_irp(irp, status);
  const RunningCallback running(pdo, "Usage");
  if (callbacks.EvtDeviceUsageNotificationEx)
    status = call_driver(callbacks.EvtDeviceUsageNotificationEx, handle, file, in_path);
  else if (callbacks.EvtDeviceUsageNotification)
    call_driver(callbacks.EvtDeviceUsageNotification, handle, file, in_path);
  if (NT_SUCCESS(status))
    count_usage(pdo, type, in_path);
  else
    tell_parent(!in_path);
  return complete_irp(irp, status);
}

}  // namespace

NTSTATUS answer_as_pdo(Device& pdo, IRP* irp) {
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_QUERY_ID:
      return query_id(pdo, irp);
    case IRP_MN_QUERY_DEVICE_TEXT:
      return query_text(pdo, irp);
    case IRP_MN_QUERY_CAPABILITIES:
      return query_capabilities(pdo, irp);
    case IRP_MN_QUERY_BUS_INFORMATION:
      return query_bus_information(pdo, irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      return query_relations(pdo, irp);
    case IRP_MN_QUERY_RESOURCES:
      return query_resources(pdo, irp);
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
      return query_resource_requirements(pdo, irp);
    case IRP_MN_QUERY_INTERFACE:
      return query_pdo_interface(pdo, irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      add_state_flags(pdo, irp);
      return complete_irp(irp, STATUS_SUCCESS);
    case IRP_MN_SET_LOCK:
      return set_lock(pdo, irp);
    case IRP_MN_EJECT:
      note_request(pdo, "EJECT");
      return pdo.pnp.take(irp, PnpEvent::EjectArrived);
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
      return usage_notification(pdo, irp);
    default:
      return complete_irp(irp, irp->IoStatus.Status);
  }
}

}  // namespace drydock::wdf
