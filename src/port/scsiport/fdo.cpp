#include "port/scsiport/fdo.h"

#include <algorithm>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/claims.h"
#include "port/scsiport/device_reset.h"
#include "port/scsiport/initialize.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/notification.h"
#include "port/scsiport/reset.h"
#include "port/scsiport/resources.h"
#include "port/scsiport/scan.h"
#include "port/scsiport/timeout.h"
#include "port/scsiport/wmi.h"

namespace drydock::port::scsiport {

using machine::Machine;
using machine::PartId;

Port& make_port() {
  auto* part = new Port;
  Machine::current().set_part(PartId::ScsiPort, part);
  return *part;
}

Adapter* adapter_of(const void* device_extension) {
  if (device_extension)
    for (Adapter* adapter : port().adapters)
      if (adapter->extension == device_extension) return adapter;
  return nullptr;
}

NTSTATUS complete_irp(IRP* irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

namespace {

UNICODE_STRING counted(const std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, bytes, const_cast<PWCH>(text.data())};
}

std::u16string wide(const std::string& text) {
  return {text.begin(), text.end()};
}

std::uint32_t lowest_free_number() {
  for (std::uint32_t number = 0;; ++number) {
    const auto& adapters = port().adapters;
    if (std::none_of(adapters.begin(), adapters.end(), [&](const Adapter* one) { return one->number == number; }))
      return number;
  }
}

void initialize_kernel_objects(Adapter& adapter) {
  FdoExtension& kernel = *adapter.kernel;
  KeInitializeSpinLock(&kernel.lock);
  KeInitializeSpinLock(&kernel.polled_lock);
  KeInitializeDpc(&kernel.completion_dpc, ScsiPortCompletionDpc, &adapter);
  KeInitializeTimer(&kernel.tick);
  KeInitializeDpc(&kernel.tick_dpc, ScsiPortTickDpc, &adapter);
  KeInitializeTimer(&kernel.hold_off);
  KeInitializeDpc(&kernel.hold_off_dpc, ScsiPortHoldOffDpc, &adapter);
  KeInitializeTimer(&kernel.miniport_timer);
  KeInitializeDpc(&kernel.miniport_timer_dpc, ScsiPortMiniportTimerDpc, &adapter);
  KeInitializeEvent(&kernel.idle, NotificationEvent, TRUE);
  KeInitializeEvent(&kernel.scan, SynchronizationEvent, TRUE);
  KeInitializeEvent(&kernel.change, SynchronizationEvent, TRUE);
}

/// The registration for the bus the device sits on (SP-009).
const Registration* registration_for(const MiniportDriver& driver, DEVICE_OBJECT* pdo) {
  LONG type = PCIBus;
  ULONG length = 0;
  if (!NT_SUCCESS(IoGetDeviceProperty(pdo, DevicePropertyLegacyBusType, sizeof(type), &type, &length))) type = PCIBus;
  for (const Registration& one : driver.registrations)
    if (one.plug_and_play && one.data.AdapterInterfaceType == type) return &one;
  return nullptr;
}

/// SP-021: where the adapter sits, as PCI_SLOT_NUMBER has it.
ULONG slot_number_of(DEVICE_OBJECT* pdo) {
  ULONG address = 0, length = 0;
  if (!NT_SUCCESS(IoGetDeviceProperty(pdo, DevicePropertyAddress, sizeof(address), &address, &length))) return 0;
  return (address >> 16 & 0x1F) | (address & 7) << 5;
}

ULONG bus_number_of(DEVICE_OBJECT* pdo) {
  ULONG number = 0, length = 0;
  if (!NT_SUCCESS(IoGetDeviceProperty(pdo, DevicePropertyBusNumber, sizeof(number), &number, &length))) return 0;
  return number;
}

void set_link(Adapter& adapter, bool present) {
  if (adapter.linked == present) return;
  const std::u16string link_text = wide(fmt::format("\\DosDevices\\Scsi{}:", adapter.number));
  const std::u16string name_text = wide(fmt::format("\\Device\\ScsiPort{}", adapter.number));
  UNICODE_STRING link = counted(link_text), name = counted(name_text);
  if (present)
    adapter.linked = NT_SUCCESS(IoCreateSymbolicLink(&link, &name));
  else
    adapter.linked = !NT_SUCCESS(IoDeleteSymbolicLink(&link));
}

}  // namespace

void delete_adapter(Adapter& adapter) {
  set_link(adapter, false);
  release_claims(adapter);
  Port& all = port();
  all.past.started += adapter.account.started;
  all.past.completed += adapter.account.completed;
  all.past.retried += adapter.account.retried;
  all.past.bus_resets += adapter.account.bus_resets;
  all.past.hold_offs += adapter.account.hold_offs;
  std::erase(all.adapters, &adapter);
  --adapter.driver->adapters;
  --IoGetConfigurationInformation()->ScsiPortCount;
  adapter.kernel->adapter = nullptr;  // a work item may keep the device a little longer
  if (adapter.lower) IoDetachDevice(adapter.lower);
  IoDeleteDevice(adapter.fdo);
  delete &adapter;
}

void adapter_started(Adapter& adapter) {
  adapter.lifecycle = Lifecycle::Started;
  set_link(adapter, true);
  register_with_wmi(adapter);
}

namespace {

NTSTATUS pass_down(Adapter& adapter, IRP* irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IofCallDriver(adapter.lower, irp);
}

NTSTATUS start_device(Adapter& adapter, IRP* irp) {
  if (!IoForwardIrpSynchronously(adapter.lower, irp)) return complete_irp(irp, STATUS_UNSUCCESSFUL);
  NTSTATUS status = irp->IoStatus.Status;
  if (NT_SUCCESS(status)) {
    const auto& start = IoGetCurrentIrpStackLocation(irp)->Parameters.StartDevice;
    take_resources(adapter, start.AllocatedResources, start.AllocatedResourcesTranslated);
    adapter.bus_number = bus_number_of(adapter.pdo);
    adapter.slot_number = slot_number_of(adapter.pdo);
    status = start_adapter(adapter);
  }
  if (NT_SUCCESS(status)) adapter_started(adapter);
  return complete_irp(irp, status);
}

/// SP-263: an adapter whose miniport cannot be stopped stays as long as the system runs.
NTSTATUS query_end(Adapter& adapter, IRP* irp, Lifecycle pending) {
  if (!can_be_stopped(adapter) && adapter.lifecycle == Lifecycle::Started)
    return complete_irp(irp, STATUS_UNSUCCESSFUL);
  adapter.lifecycle_before_query = adapter.lifecycle;
  adapter.lifecycle = pending;
  irp->IoStatus.Status = STATUS_SUCCESS;
  return pass_down(adapter, irp);
}

NTSTATUS cancel_end(Adapter& adapter, IRP* irp, Lifecycle pending) {
  if (adapter.lifecycle == pending) adapter.lifecycle = adapter.lifecycle_before_query;
  irp->IoStatus.Status = STATUS_SUCCESS;
  return pass_down(adapter, irp);
}

void take_away(Adapter& adapter, bool surprise) {
  set_link(adapter, false);
  deregister_with_wmi(adapter);
  ChangeOfAdapter change(adapter);
  silence_adapter(adapter, surprise);
  fail_waiting(adapter, SRB_STATUS_NO_DEVICE, STATUS_DEVICE_DOES_NOT_EXIST);
  release_adapter(adapter);
}

/// Units whose PDOs are still there although their adapter goes lead a life of their own until REMOVE_DEVICE.
void let_go_of_units(Adapter& adapter) {
  while (!adapter.units.empty()) {
    LogicalUnit& unit = *adapter.units.back();
    if (unit.pdo) {
      deregister_with_wmi(unit);
      auto* extension = static_cast<PdoExtension*>(unit.pdo->DeviceExtension);
      extension->adapter = nullptr;
      extension->unit = nullptr;
      if (!unit.pdo_started) IoDeleteDevice(unit.pdo);
      unit.pdo = nullptr;
    }
    delete_unit(unit);
  }
}

NTSTATUS stop_device(Adapter& adapter, IRP* irp) {
  {
    ChangeOfAdapter change(adapter);
    silence_adapter(adapter, false);
    release_adapter(adapter);
    adapter.lifecycle = Lifecycle::Stopped;
  }
  irp->IoStatus.Status = STATUS_SUCCESS;
  return pass_down(adapter, irp);
}

NTSTATUS remove_device(Adapter& adapter, IRP* irp) {
  const bool surprise = adapter.lifecycle == Lifecycle::SurpriseRemoved;
  take_away(adapter, surprise);
  adapter.lifecycle = Lifecycle::Removed;
  forget_reset_routines(adapter);
  let_go_of_units(adapter);
  irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = pass_down(adapter, irp);
  delete_adapter(adapter);
  return status;
}

NTSTATUS surprise_removal(Adapter& adapter, IRP* irp) {
  {
    PortLock lock(adapter);
    adapter.lifecycle = Lifecycle::SurpriseRemoved;
  }
  fail_waiting(adapter, SRB_STATUS_NO_DEVICE, STATUS_DEVICE_DOES_NOT_EXIST);
  take_away(adapter, true);
  irp->IoStatus.Status = STATUS_SUCCESS;
  return pass_down(adapter, irp);
}

NTSTATUS device_state(Adapter& adapter, IRP* irp) {
  if (!can_be_stopped(adapter)) irp->IoStatus.Information |= PNP_DEVICE_NOT_DISABLEABLE;
  irp->IoStatus.Status = STATUS_SUCCESS;
  return pass_down(adapter, irp);
}

NTSTATUS bus_relations(Adapter& adapter, IRP* irp) {
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceRelations.Type != BusRelations)
    return pass_down(adapter, irp);
  scan_buses(adapter);
  if (adapter.ready_to_run) register_with_wmi(adapter);
  DEVICE_RELATIONS* relations = report_units(adapter);
  if (!relations) return complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(relations);
  return pass_down(adapter, irp);
}

}  // namespace

Adapter* create_adapter(MiniportDriver& driver, const Registration& registration) {
  const std::uint32_t number = lowest_free_number();
  const std::u16string name_text = wide(fmt::format("\\Device\\ScsiPort{}", number));
  UNICODE_STRING name = counted(name_text);
  DEVICE_OBJECT* fdo = nullptr;
  if (!NT_SUCCESS(IoCreateDevice(driver.object, sizeof(FdoExtension), &name, FILE_DEVICE_CONTROLLER,
                                 FILE_DEVICE_SECURE_OPEN, FALSE, &fdo)))
    return nullptr;
  auto* adapter = new Adapter;
  adapter->port = &port();
  adapter->number = number;
  adapter->driver = &driver;
  adapter->hw = registration.data;
  adapter->hw_context = registration.hw_context;
  adapter->fdo = fdo;
  adapter->kernel = static_cast<FdoExtension*>(fdo->DeviceExtension);
  adapter->kernel->kind = CommonExtension::Kind::Fdo;
  adapter->kernel->adapter = adapter;
  initialize_kernel_objects(*adapter);
  ++driver.adapters;
  ++IoGetConfigurationInformation()->ScsiPortCount;
  port().adapters.push_back(adapter);
  machine::Machine::current().trace().name(machine::Thing::Adapter, number, ntos::io::driver_name(driver.object));
  fdo->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
  fdo->Flags &= ~DO_DEVICE_INITIALIZING;
  return adapter;
}

NTSTATUS NTAPI ScsiPortAddDevice(DRIVER_OBJECT* DriverObject, DEVICE_OBJECT* PhysicalDeviceObject) {
  MiniportDriver* driver = miniport_driver_of(DriverObject);
  const Registration* registration = driver ? registration_for(*driver, PhysicalDeviceObject) : nullptr;
  if (!registration) return STATUS_NO_SUCH_DEVICE;
  Adapter* adapter = create_adapter(*driver, *registration);
  if (!adapter) return STATUS_INSUFFICIENT_RESOURCES;
  adapter->lower = IoAttachDeviceToDeviceStack(adapter->fdo, PhysicalDeviceObject);
  if (!adapter->lower) {
    delete_adapter(*adapter);
    return STATUS_NO_SUCH_DEVICE;
  }
  adapter->pdo = PhysicalDeviceObject;
  return STATUS_SUCCESS;
}

NTSTATUS fdo_pnp(Adapter& adapter, DEVICE_OBJECT*, IRP* irp) {
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return start_device(adapter, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
      return query_end(adapter, irp, Lifecycle::StopPending);
    case IRP_MN_CANCEL_STOP_DEVICE:
      return cancel_end(adapter, irp, Lifecycle::StopPending);
    case IRP_MN_STOP_DEVICE:
      return stop_device(adapter, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
      return query_end(adapter, irp, Lifecycle::RemovePending);
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      return cancel_end(adapter, irp, Lifecycle::RemovePending);
    case IRP_MN_REMOVE_DEVICE:
      return remove_device(adapter, irp);
    case IRP_MN_SURPRISE_REMOVAL:
      return surprise_removal(adapter, irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      return bus_relations(adapter, irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      return device_state(adapter, irp);
    case IRP_MN_QUERY_INTERFACE:
      return query_interface(adapter, irp);
    default:
      return pass_down(adapter, irp);
  }
}

// ---- the driver object ----

namespace {

bool is_fdo(const DEVICE_OBJECT* device) {
  return static_cast<const CommonExtension*>(device->DeviceExtension)->kind == CommonExtension::Kind::Fdo;
}

/// A PDO whose adapter has gone before it.
NTSTATUS orphan_dispatch(DEVICE_OBJECT* device, IRP* irp) {
  const IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(irp);
  switch (stack->MajorFunction) {
    case IRP_MJ_PNP:
      if (stack->MinorFunction == IRP_MN_REMOVE_DEVICE) {
        const NTSTATUS status = complete_irp(irp, STATUS_SUCCESS);
        IoDeleteDevice(device);
        return status;
      }
      return complete_irp(irp, stack->MinorFunction == IRP_MN_SURPRISE_REMOVAL ? STATUS_SUCCESS : irp->IoStatus.Status);
    case IRP_MJ_CLOSE:
    case IRP_MJ_CLEANUP:
      return complete_irp(irp, STATUS_SUCCESS);
    case IRP_MJ_POWER:
      PoStartNextPowerIrp(irp);
      return complete_irp(irp, STATUS_SUCCESS);
    case IRP_MJ_SCSI:
      if (SCSI_REQUEST_BLOCK* srb = stack->Parameters.Scsi.Srb) srb->SrbStatus = SRB_STATUS_NO_DEVICE;
      return complete_irp(irp, STATUS_DEVICE_DOES_NOT_EXIST);
    default:
      return complete_irp(irp, STATUS_DEVICE_DOES_NOT_EXIST);
  }
}

NTSTATUS NTAPI ScsiPortGlobalDispatch(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  auto* common = static_cast<CommonExtension*>(DeviceObject->DeviceExtension);
  if (!common->adapter) return orphan_dispatch(DeviceObject, Irp);
  Adapter& adapter = *common->adapter;
  LogicalUnit* unit = is_fdo(DeviceObject) ? nullptr : static_cast<PdoExtension*>(common)->unit;
  switch (IoGetCurrentIrpStackLocation(Irp)->MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_CLOSE:
    case IRP_MJ_CLEANUP:
      return complete_irp(Irp, STATUS_SUCCESS);
    case IRP_MJ_PNP:
      return unit ? pdo_pnp(*unit, DeviceObject, Irp) : fdo_pnp(adapter, DeviceObject, Irp);
    case IRP_MJ_POWER:
      return unit ? pdo_power(*unit, DeviceObject, Irp) : fdo_power(adapter, DeviceObject, Irp);
    case IRP_MJ_DEVICE_CONTROL:
      return unit ? pdo_device_control(*unit, DeviceObject, Irp) : fdo_device_control(adapter, DeviceObject, Irp);
    case IRP_MJ_SCSI:
      return unit ? pdo_scsi(*unit, DeviceObject, Irp) : fdo_scsi(adapter, Irp);
    case IRP_MJ_SYSTEM_CONTROL:
      return system_control(adapter, unit, DeviceObject, Irp);
    case IRP_MJ_SHUTDOWN:
      return complete_irp(Irp, STATUS_SUCCESS);
    default:
      return complete_irp(Irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}

/// The way most requests come.
NTSTATUS NTAPI ScsiPortScsiDispatch(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  auto* common = static_cast<CommonExtension*>(DeviceObject->DeviceExtension);
  if (common->kind != CommonExtension::Kind::Pdo || !common->adapter) return ScsiPortGlobalDispatch(DeviceObject, Irp);
  return pdo_scsi(*static_cast<PdoExtension*>(common)->unit, DeviceObject, Irp);
}

}  // namespace

void take_over_driver_object(DRIVER_OBJECT* driver) {
  using ntos::io::guest_callable;
  constexpr UCHAR kServed[] = {IRP_MJ_CREATE, IRP_MJ_CLOSE,          IRP_MJ_CLEANUP,        IRP_MJ_PNP,
                               IRP_MJ_POWER,  IRP_MJ_DEVICE_CONTROL, IRP_MJ_SYSTEM_CONTROL, IRP_MJ_SHUTDOWN};
  const PDRIVER_DISPATCH dispatch = guest_callable(ScsiPortGlobalDispatch, "ScsiPortGlobalDispatch");
  for (UCHAR major : kServed) driver->MajorFunction[major] = dispatch;
  driver->MajorFunction[IRP_MJ_SCSI] = guest_callable(ScsiPortScsiDispatch, "ScsiPortScsiDispatch");
  driver->DriverExtension->AddDevice = guest_callable(ScsiPortAddDevice, "ScsiPortAddDevice");
  driver->DriverUnload = guest_callable(ScsiPortUnload, "ScsiPortUnload");
}

}  // namespace drydock::port::scsiport
