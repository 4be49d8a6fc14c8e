#include "ntos/io/wmi.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "nt/wmi.h"
#include "ntos/ex/work_queue.h"
#include "ntos/io/device.h"
#include "ntos/io/state.h"
#include "ntos/io/user.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagWmi = 0x70696D57;  // "Wmip"
constexpr ULONG kFirstBuffer = 4096;
constexpr std::size_t kEventsKept = 32;
constexpr ULONG_PTR kRegister = 0, kUpdate = 1;  // DataPath of a REGINFO request

struct Query {
  WORK_QUEUE_ITEM work;
  DEVICE_OBJECT* device;
  ULONG_PTR kind;
};

bool is_registered(DEVICE_OBJECT* device) {
  const auto& providers = state().wmi_providers;
  return std::find(providers.begin(), providers.end(), device) != providers.end();
}

/// Asks once with `bytes` of room. `needed` is nonzero if the driver wants more.
NTSTATUS ask(DEVICE_OBJECT* device, ULONG_PTR kind, ULONG bytes, ULONG* needed) {
  *needed = 0;
  void* buffer = kernel_allocate(bytes, kTagWmi);
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memset(buffer, 0, bytes);
  user::IoResult result =
      user::send(device, IRP_MJ_SYSTEM_CONTROL, IRP_MN_REGINFO_EX, [&](IRP* irp, IO_STACK_LOCATION* location) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        location->Parameters.WMI.ProviderId = reinterpret_cast<ULONG_PTR>(device);
        location->Parameters.WMI.DataPath = reinterpret_cast<PVOID>(kind);
        location->Parameters.WMI.BufferSize = bytes;
        location->Parameters.WMI.Buffer = buffer;
      });
  if (result.status == STATUS_BUFFER_TOO_SMALL && result.information >= sizeof(ULONG))
    std::memcpy(needed, buffer, sizeof(ULONG));
  kernel_free(buffer);
  return result.status;
}

/// In a system worker.
void NTAPI query_provider(PVOID parameter) {
  Query query = *static_cast<Query*>(parameter);
  kernel_free(parameter);
  ULONG needed = 0;
  if (is_registered(query.device)) {
    ask(query.device, query.kind, kFirstBuffer, &needed);
    if (needed > kFirstBuffer) ask(query.device, query.kind, needed, &needed);
  }
  ob::dereference(query.device);
}

NTSTATUS queue_query(DEVICE_OBJECT* device, ULONG_PTR kind) {
  auto* query = static_cast<Query*>(kernel_allocate(sizeof(Query), kTagWmi));
  if (query == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  query->device = device;
  query->kind = kind;
  ob::reference(device);
  ExInitializeWorkItem(&query->work, query_provider, query);
  ExQueueWorkItem(&query->work, DelayedWorkQueue);
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS NTAPI IoWMIRegistrationControl(DEVICE_OBJECT* DeviceObject, ULONG Action) {
  auto& providers = state().wmi_providers;
  bool callback = (Action & WMIREG_FLAG_CALLBACK) != 0;  // then "DeviceObject" is a routine, of a trace provider
  if (callback)
    machine::Machine::current().not_implemented("IoWMIRegistrationControl", "event tracing has no consumers here");
  switch (Action & 0xFFFF) {
    case WMIREG_ACTION_REGISTER:
      if (is_registered(DeviceObject)) return STATUS_OBJECT_NAME_EXISTS;
      if (machine::refused("IoWMIRegistrationControl")) return STATUS_INSUFFICIENT_RESOURCES;
      providers.push_back(DeviceObject);
      return queue_query(DeviceObject, kRegister);
    case WMIREG_ACTION_REREGISTER:
    case WMIREG_ACTION_UPDATE_GUIDS:
      return is_registered(DeviceObject) ? queue_query(DeviceObject, kUpdate) : STATUS_INVALID_PARAMETER;
    case WMIREG_ACTION_DEREGISTER:
      return std::erase(providers, DeviceObject) != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case WMIREG_ACTION_BLOCK_IRPS:
      return is_registered(DeviceObject) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

ULONG NTAPI IoWMIDeviceObjectToProviderId(DEVICE_OBJECT* DeviceObject) {
  return is_registered(DeviceObject) ? device_number(DeviceObject) : 0;
}

NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem) {
  WNODE_HEADER header;
  std::memcpy(static_cast<void*>(&header), WnodeEventItem, sizeof(header));
  auto& events = state().wmi_events;
  if (events.size() == kEventsKept) events.erase(events.begin());
  const auto* bytes = static_cast<const std::byte*>(WnodeEventItem);
  events.emplace_back(bytes, bytes + header.BufferSize);
  kernel_free(WnodeEventItem);
  return STATUS_SUCCESS;
}

const std::vector<std::vector<std::byte>>& wmi_events() {
  return state().wmi_events;
}

std::vector<DEVICE_OBJECT*> wmi_providers_of(const DRIVER_OBJECT* driver) {
  std::vector<DEVICE_OBJECT*> result;
  for (DEVICE_OBJECT* device : state().wmi_providers)
    if (device->DriverObject == driver) result.push_back(device);
  return result;
}

void check_wmi_at_delete(DEVICE_OBJECT* device) {
  if (std::erase(state().wmi_providers, device) == 0) return;
  machine::Finding finding;
  finding.rule = "DRIVER_VERIFIER_DETECTED_VIOLATION";
  finding.severity = machine::Severity::Recorded;
  finding.bug_check =
      machine::BugCheck{DRIVER_VERIFIER_DETECTED_VIOLATION, {0xDB, reinterpret_cast<std::uint64_t>(device), 0, 0}};
  finding.summary = fmt::format("{} is deleted while it is registered with WMI", device_name(device));
  machine::Machine::current().report(std::move(finding));
}

}  // namespace drydock::ntos::io
