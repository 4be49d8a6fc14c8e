#include "bus/acpi/acpi_driver.h"

#include <algorithm>

#include "bus/acpi/firmware_reset.h"
#include "bus/pci/pci_driver.h"
#include "nt/pnp.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/irp.h"
#include "ntos/io/user.h"
#include "ntos/pnp/manager.h"
#include "ntos/po/power.h"

namespace drydock::bus::acpi {

using namespace nt;

State* find_state() {
  return machine::Machine::current().find_part<State>(machine::PartId::Acpi);
}

namespace {

State& acpi() {
  return *find_state();
}

Filter* filter_of(DEVICE_OBJECT* device) {
  return *static_cast<Filter**>(device->DeviceExtension);
}

/// A filter device on top of `below`, which may have a stack already.
Filter* attach(DEVICE_OBJECT* below) {
  DEVICE_OBJECT* device = nullptr;
  if (!NT_SUCCESS(
          ntos::io::IoCreateDevice(acpi().driver, sizeof(void*), nullptr, below->DeviceType, 0, FALSE, &device)))
    return nullptr;
  DEVICE_OBJECT* lower = ntos::io::IoAttachDeviceToDeviceStack(device, below);
  if (!lower) {
    ntos::io::IoDeleteDevice(device);
    return nullptr;
  }
  auto filter = std::make_unique<Filter>();
  filter->device = device;
  filter->lower = lower;
  *static_cast<Filter**>(device->DeviceExtension) = filter.get();
  device->Flags |= lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  acpi().filters.push_back(std::move(filter));
  return acpi().filters.back().get();
}

void detach(Filter& filter) {
  ntos::io::IoDetachDevice(filter.lower);
  ntos::io::IoDeleteDevice(filter.device);
  std::erase_if(acpi().filters, [&filter](const auto& each) { return each.get() == &filter; });
}

Slot slot_of(const pci::Pdo& function) {
  const pci::Address at = function.config().address();
  return {at.bus, at.device, at.function};
}

/// Whether the namespace has an object for the function, or for something behind it.
bool is_described(const pci::Pdo& function) {
  const Slot slot = slot_of(function);
  if (acpi().firmware.object(slot)) return true;
  const auto secondary = function.secondary_bus();
  return secondary && std::any_of(acpi().firmware.devices.begin(), acpi().firmware.devices.end(),
                                  [&](const auto& each) { return each.first.bus >= *secondary; });
}

/// The bus's own way to take a device out and find it anew, asked of the PDO while nothing is attached to it.
REENUMERATE_SELF_INTERFACE_STANDARD reenumerate_self_of(DEVICE_OBJECT* pdo) {
  REENUMERATE_SELF_INTERFACE_STANDARD interface {};
  ntos::io::user::send(pdo, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE, [&](IRP* irp, IO_STACK_LOCATION* location) {
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    auto& query = location->Parameters.QueryInterface;
    query.InterfaceType = &GUID_REENUMERATE_SELF_INTERFACE_STANDARD;
    query.Size = sizeof(interface);
    query.Version = 1;
    query.Interface = reinterpret_cast<INTERFACE*>(&interface);
  });
  return interface;
}

/// The children of the bus above go by: those that the firmware describes get a filter, once.
void look_at_children(const DEVICE_RELATIONS* relations) {
  for (ULONG i = 0; relations && i < relations->Count; ++i) {
    DEVICE_OBJECT* pdo = const_cast<DEVICE_RELATIONS*>(relations)->Objects[i];
    const pci::Pdo* function = pci::pdo_of(pdo);
    if (!function || filter_on(pdo) || !is_described(*function)) continue;
    const REENUMERATE_SELF_INTERFACE_STANDARD reenumerate = reenumerate_self_of(pdo);
    Filter* filter = attach(pdo);
    if (!filter) continue;  // at the next look
    filter->pdo = pdo;
    filter->slot = slot_of(*function);
    filter->reenumerate = reenumerate;
  }
}

NTSTATUS pass_down(Filter& filter, IRP* irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return ntos::io::IofCallDriver(filter.lower, irp);
}

NTSTATUS query_interface(Filter& filter, IRP* irp) {
  const auto& asked = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
  if (!filter.pdo || *asked.InterfaceType != GUID_DEVICE_RESET_INTERFACE_STANDARD) return pass_down(filter, irp);
  if (!filter.reset_context)
    filter.reset_context = pci::publish(std::make_shared<FirmwareReset>(*pci::pdo_of(filter.pdo), filter.slot));
  const NTSTATUS status = pci::answer_reset_query(filter.reset_context, irp);
  irp->IoStatus.Status = status;
  ntos::io::IofCompleteRequest(irp, 0);
  return status;
}

NTSTATUS NTAPI dispatch_pnp(DEVICE_OBJECT* device, IRP* irp) {
  Filter& filter = *filter_of(device);
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  switch (location->MinorFunction) {
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      if (location->Parameters.QueryDeviceRelations.Type == BusRelations)
        look_at_children(reinterpret_cast<const DEVICE_RELATIONS*>(irp->IoStatus.Information));
      return pass_down(filter, irp);
    case IRP_MN_QUERY_INTERFACE:
      return query_interface(filter, irp);
    case IRP_MN_REMOVE_DEVICE: {
      // As long as its bus reports the device the filter stays with the PDO.
      if (filter.pdo && pci::pdo_of(filter.pdo)->reported()) return pass_down(filter, irp);
      const NTSTATUS status = pass_down(filter, irp);
      detach(filter);
      return status;
    }
    default:
      return pass_down(filter, irp);
  }
}

NTSTATUS NTAPI dispatch_power(DEVICE_OBJECT* device, IRP* irp) {
  ntos::PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return ntos::PoCallDriver(filter_of(device)->lower, irp);
}

NTSTATUS NTAPI dispatch_other(DEVICE_OBJECT* device, IRP* irp) {
  return pass_down(*filter_of(device), irp);
}

/// Host bridges only: functions of pci.sys get their filters while their bus enumerates them.
NTSTATUS NTAPI add_device(DRIVER_OBJECT*, DEVICE_OBJECT* pdo) {
  if (pci::pdo_of(pdo)) return STATUS_SUCCESS;
  return attach(pdo) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS load(DRIVER_OBJECT** driver) {
  State& state = acpi();
  if (!state.driver) {
    state.driver = ntos::io::create_host_driver("ACPI", [](DRIVER_OBJECT* object) {
      for (PDRIVER_DISPATCH& entry : object->MajorFunction) entry = dispatch_other;
      object->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
      object->MajorFunction[IRP_MJ_POWER] = dispatch_power;
      object->DriverExtension->AddDevice = add_device;
    });
  }
  *driver = state.driver;
  return state.driver ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

}  // namespace

Filter* filter_on(const DEVICE_OBJECT* pdo) {
  for (const auto& filter : acpi().filters)
    if (filter->pdo == pdo) return filter.get();
  return nullptr;
}

void install_acpi(ntos::Kernel& kernel, Firmware firmware, models::pci::PciFabric& fabric) {
  auto* state = new State;
  state->firmware = std::move(firmware);
  state->fabric = &fabric;
  machine::Machine::current().set_part(machine::PartId::Acpi, state);
  pci::state().bus_deletes = [](DEVICE_OBJECT* pdo) {
    if (Filter* filter = filter_on(pdo)) detach(*filter);
  };
  ntos::pnp::DriverStore& store = kernel.pnp->store();
  store.add(ntos::pnp::Service{.name = u"ACPI", .load = load, .stays_loaded = true});
  store.add(ntos::pnp::ClassFilters{.class_guid = pci::kSystemClass, .lower = {u"ACPI"}, .upper = {}});
}

}  // namespace drydock::bus::acpi
