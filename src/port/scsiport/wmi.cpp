#include "port/scsiport/wmi.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "nt/wmi.h"
#include "port/scsiport/completion.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/start_io.h"

namespace drydock::port::scsiport {

namespace {

/// So many events and re-registrations are kept until the DPC runs (SP-143).
constexpr std::size_t kNewsMax = 8;
constexpr ULONG kEventBytesMax = 0x10000;

void enlist(const Adapter& adapter, DEVICE_OBJECT* device, bool& registered) {
  if (registered || !adapter.config.WmiDataProvider) return;
  registered = true;  // the kernel may ask before the call returns
  registered = NT_SUCCESS(IoWMIRegistrationControl(device, ntos::io::WMIREG_ACTION_REGISTER));
}

void strike_off(DEVICE_OBJECT* device, bool& registered) {
  if (!registered) return;
  registered = false;
  IoWMIRegistrationControl(device, ntos::io::WMIREG_ACTION_DEREGISTER);
}

/// Which way data moves, as SrbFlags has it.
ULONG direction_of(UCHAR minor) {
  switch (minor) {
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
    case IRP_MN_CHANGE_SINGLE_ITEM:
      return SRB_FLAGS_DATA_OUT;
    case IRP_MN_EXECUTE_METHOD:
      return SRB_FLAGS_DATA_IN | SRB_FLAGS_DATA_OUT;
    case IRP_MN_ENABLE_EVENTS:
    case IRP_MN_DISABLE_EVENTS:
    case IRP_MN_ENABLE_COLLECTION:
    case IRP_MN_DISABLE_COLLECTION:
      return SRB_FLAGS_NO_DATA_TRANSFER;
    default:
      return SRB_FLAGS_DATA_IN;
  }
}

/// DATA_OVERRUN: the buffer was too small and says how large it should have been.
NTSTATUS wmi_status(UCHAR minor, const OwnResult& result) {
  if (SRB_STATUS(result.srb_status) != SRB_STATUS_DATA_OVERRUN) return result.status;
  return minor == IRP_MN_REGINFO ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

/// The device a piece of news is about; null if it is gone or no provider.
DEVICE_OBJECT* provider_of(Adapter& adapter, const WmiSource& source) {
  if (source.is_adapter) return adapter.wmi_registered ? adapter.fdo : nullptr;
  const LogicalUnit* unit = find_unit(adapter, source.address);
  return unit && unit->wmi_registered ? unit->pdo : nullptr;
}

struct Reregistration {
  IO_WORKITEM* item;
  WmiSource source;
};

/// In a system worker: IoWMIRegistrationControl is not for DISPATCH_LEVEL.
VOID NTAPI ScsiPortReregister(DEVICE_OBJECT* DeviceObject, PVOID Context) {
  auto* work = static_cast<Reregistration*>(Context);
  const Reregistration what = *work;
  ExFreePoolWithTag(work, kPoolTag);
  IoFreeWorkItem(what.item);
  Adapter* adapter = static_cast<CommonExtension*>(DeviceObject->DeviceExtension)->adapter;
  if (!adapter) return;
  if (DEVICE_OBJECT* provider = provider_of(*adapter, what.source))
    IoWMIRegistrationControl(provider, ntos::io::WMIREG_ACTION_REREGISTER);
}

void reregister(Adapter& adapter, const WmiSource& source) {
  auto* work = static_cast<Reregistration*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(Reregistration), kPoolTag));
  if (!work) return;
  *work = {IoAllocateWorkItem(adapter.fdo), source};
  if (!work->item) {
    ExFreePoolWithTag(work, kPoolTag);
    return;
  }
  IoQueueWorkItem(work->item, ScsiPortReregister, DelayedWorkQueue, work);
}

/// The kernel frees the block.
void write_event(DEVICE_OBJECT* provider, const std::vector<std::byte>& event) {
  auto* block = static_cast<WNODE_HEADER*>(ExAllocatePoolWithTag(NonPagedPool, event.size(), kPoolTag));
  if (!block) return;
  std::memcpy(static_cast<void*>(block), event.data(), event.size());
  block->ProviderId = IoWMIDeviceObjectToProviderId(provider);
  KeQuerySystemTime(&block->TimeStamp);
  IoWMIWriteEvent(block);
}

bool has_room(Adapter& adapter, const char* what) {
  if (adapter.wmi_news.size() < kNewsMax) return true;
  violation(&adapter, Check::WmiEventDropped,
            fmt::format("{}: {} wait already, this one is dropped", what, adapter.wmi_news.size()));
  return false;
}

}  // namespace

void register_with_wmi(Adapter& adapter) {
  if (!unit_for_adapter(adapter)) return;  // nobody could carry what the kernel asks at once
  enlist(adapter, adapter.fdo, adapter.wmi_registered);
}
void register_with_wmi(LogicalUnit& unit) {
  enlist(*unit.adapter, unit.pdo, unit.wmi_registered);
}
void deregister_with_wmi(Adapter& adapter) {
  strike_off(adapter.fdo, adapter.wmi_registered);
}
void deregister_with_wmi(LogicalUnit& unit) {
  strike_off(unit.pdo, unit.wmi_registered);
}

NTSTATUS system_control(Adapter& adapter, LogicalUnit* unit, DEVICE_OBJECT* device, IRP* irp) {
  const IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(irp);
  const auto& wmi = stack->Parameters.WMI;
  const bool registered = unit ? unit->wmi_registered : adapter.wmi_registered;
  if (!registered || wmi.ProviderId != reinterpret_cast<ULONG_PTR>(device)) {
    if (unit) return complete_irp(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    IoSkipCurrentIrpStackLocation(irp);
    return IofCallDriver(adapter.lower, irp);
  }
  LogicalUnit* carrier = unit ? unit : unit_for_adapter(adapter);
  if (!carrier || !adapter.ready_to_run) return complete_irp(irp, STATUS_DEVICE_NOT_READY);
  // Miniports know the older of the two requests for registration data.
  const UCHAR minor = stack->MinorFunction == IRP_MN_REGINFO_EX ? IRP_MN_REGINFO : stack->MinorFunction;
  OwnRequest request;
  request.function = SRB_FUNCTION_WMI;
  request.flags = direction_of(minor);
  request.buffer = wmi.Buffer;
  request.length = wmi.BufferSize;
  request.irp = irp;
  request.wmi = {minor, unit ? UCHAR{0} : SRB_WMI_FLAGS_ADAPTER_REQUEST, wmi.DataPath};
  const OwnResult result = send_and_wait(*carrier, request);
  const NTSTATUS status = wmi_status(minor, result);
  const bool has_data =
      SRB_STATUS(result.srb_status) == SRB_STATUS_SUCCESS || SRB_STATUS(result.srb_status) == SRB_STATUS_DATA_OVERRUN;
  return complete_irp(irp, status, has_data ? std::min(result.length, wmi.BufferSize) : 0);
}

void note_wmi_event(Adapter& adapter, const void* event, WmiSource source) {
  if (!event) {
    violation(&adapter, Check::BadNotification, "WMIEvent without an event");
    return;
  }
  WNODE_HEADER header;
  std::memcpy(static_cast<void*>(&header), event, sizeof(header));
  if (header.BufferSize < sizeof(header) || header.BufferSize > kEventBytesMax) {
    violation(&adapter, Check::BadNotification, fmt::format("WMIEvent with an event of {} bytes", header.BufferSize));
    return;
  }
  if (!has_room(adapter, "WMIEvent")) return;
  const auto* bytes = static_cast<const std::byte*>(event);
  adapter.wmi_news.push_back({source, {bytes, bytes + header.BufferSize}});
  adapter.notified.any = true;
}

void note_wmi_reregistration(Adapter& adapter, WmiSource source) {
  for (const WmiNews& one : adapter.wmi_news)
    if (one.event.empty() && one.source == source) return;
  if (!has_room(adapter, "WMIReregister")) return;
  adapter.wmi_news.push_back({source, {}});
  adapter.notified.any = true;
}

void pass_on_to_wmi(Adapter& adapter, std::vector<WmiNews>& news) {
  for (const WmiNews& one : news) {
    DEVICE_OBJECT* provider = provider_of(adapter, one.source);
    if (!provider) continue;
    if (one.event.empty())
      reregister(adapter, one.source);
    else
      write_event(provider, one.event);
  }
  news.clear();
}

}  // namespace drydock::port::scsiport
