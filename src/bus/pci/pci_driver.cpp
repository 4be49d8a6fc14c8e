#include "bus/pci/pci_driver.h"

#include "bus/pci/register_watch.h"
#include "bus/pci/reset_target.h"

#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/irp.h"
#include "ntos/po/power.h"

namespace drydock::bus::pci {

using namespace nt;
using namespace ntos::pnp;

State& state() {
  return machine::Machine::current().part<State>(machine::PartId::Pci);
}

namespace {

Bus* bus_of(DEVICE_OBJECT* device) {
  for (const auto& bus : state().buses)
    if (bus->device() == device) return bus.get();
  return nullptr;
}

NTSTATUS complete(IRP* irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  ntos::io::IofCompleteRequest(irp, 0);
  return status;
}

NTSTATUS NTAPI dispatch_pnp(DEVICE_OBJECT* device, IRP* irp) {
  if (Bus* bus = bus_of(device)) return bus->pnp(irp);
  Pdo* pdo = pdo_of(device);
  bool deleted = false;
  const NTSTATUS status = pdo->pnp(irp, deleted);
  if (deleted) {
    forget_reset_targets(*pdo);
    for (const auto& bus : state().buses) bus->forget(pdo);
    ntos::io::IoDeleteDevice(device);
  }
  return complete(irp, status);
}

NTSTATUS NTAPI dispatch_power(DEVICE_OBJECT* device, IRP* irp) {
  ntos::PoStartNextPowerIrp(irp);
  if (Bus* bus = bus_of(device)) {
    IoSkipCurrentIrpStackLocation(irp);
    return ntos::PoCallDriver(bus->lower(), irp);
  }
  return complete(irp, pdo_of(device)->power(irp));
}

/// Everything else: a bus passes it on, a function has nothing to say.
NTSTATUS NTAPI dispatch_other(DEVICE_OBJECT* device, IRP* irp) {
  if (Bus* bus = bus_of(device)) {
    IoSkipCurrentIrpStackLocation(irp);
    return ntos::io::IofCallDriver(bus->lower(), irp);
  }
  return complete(irp, irp->IoStatus.Status);
}

NTSTATUS NTAPI dispatch_open(DEVICE_OBJECT*, IRP* irp) {
  return complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI add_device(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) {
  machine::IoFabric* fabric = machine::Machine::current().fabric();
  if (!fabric) return STATUS_NO_SUCH_DEVICE;
  DEVICE_OBJECT* device = nullptr;
  NTSTATUS status =
      ntos::io::IoCreateDevice(driver, sizeof(void*), nullptr, FILE_DEVICE_BUS_EXTENDER, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  unsigned number = 0;  // behind a host bridge: one after the other
  if (const Pdo* bridge = pdo_of(pdo))
    number = bridge->secondary_bus().value_or(0);
  else
    for (const auto& each : state().buses) number += each->bridge() == nullptr;
  auto bus = std::make_unique<Bus>(*fabric, number, device, pdo);
  DEVICE_OBJECT* lower = ntos::io::IoAttachDeviceToDeviceStack(device, pdo);
  if (!lower) {
    ntos::io::IoDeleteDevice(device);
    return STATUS_NO_SUCH_DEVICE;
  }
  bus->set_lower(lower);
  state().buses.push_back(std::move(bus));
  device->Flags |= DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

/// From now on no driver has any business with what the function decoded.
void surprise_removed(DEVICE_OBJECT* device) {
  if (const Pdo* pdo = pdo_of(device)) register_watch().forbid(pdo->lost(), ntos::io::device_name(device));
}

NTSTATUS load(DRIVER_OBJECT** driver) {
  State& pci = state();
  if (!pci.driver) {
    pci.driver = ntos::io::create_host_driver("pci", [](DRIVER_OBJECT* object) {
      for (PDRIVER_DISPATCH& entry : object->MajorFunction) entry = dispatch_other;
      object->MajorFunction[IRP_MJ_CREATE] = dispatch_open;
      object->MajorFunction[IRP_MJ_CLEANUP] = dispatch_open;
      object->MajorFunction[IRP_MJ_CLOSE] = dispatch_open;
      object->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
      object->MajorFunction[IRP_MJ_POWER] = dispatch_power;
      object->DriverExtension->AddDevice = add_device;
    });
  }
  *driver = pci.driver;
  return pci.driver ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

}  // namespace

Pdo* pdo_of(DEVICE_OBJECT* device) {
  return device->DriverObject == state().driver ? *static_cast<Pdo**>(device->DeviceExtension) : nullptr;
}

RegisterWatch& register_watch() {
  return *state().watch;
}

void install_pci(ntos::Kernel& kernel) {
  machine::Machine& machine = machine::Machine::current();
  auto* pci = new State;
  machine.set_part(machine::PartId::Pci, pci);
  pci->watch = new RegisterWatch(*machine.fabric());
  machine.set_fabric(pci->watch);
  DriverStore& store = kernel.pnp->store();
  store.add(Service{.name = u"pci", .load = load, .stays_loaded = true});
  store.add(DriverPackage{.service = u"pci",
                          .ids = {u"PCI\\CC_0604"},
                          .class_name = u"System",
                          .class_guid = kSystemClass,
                          .description = u"PCI Express Root Port"});
  kernel.pnp->on_surprise_removed = surprise_removed;
  store.add(DriverPackage{.service = u"pci",
                          .ids = {u"ACPI\\PNP0A08", u"ACPI\\PNP0A03", u"*PNP0A08", u"*PNP0A03"},
                          .class_name = u"System",
                          .class_guid = kSystemClass,
                          .description = u"PCI Express Root Complex"});
}

RootDevice host_bridge() {
  RootDevice bridge{.device_id = u"ACPI\\PNP0A08",
                    .instance_id = u"0",
                    .hardware_ids = {u"ACPI\\PNP0A08", u"*PNP0A08"},
                    .compatible_ids = {u"*PNP0A03"},
                    .description = u"PCI Express Root Complex"};
  bridge.resources = {
      {.kind = ResourceKind::BusNumber, .start = 0, .length = 256},
      {.kind = ResourceKind::Port,
       .flags = CM_RESOURCE_PORT_IO | CM_RESOURCE_PORT_WINDOW_DECODE,
       .start = 0xC000,
       .length = 0x4000},
      {.kind = ResourceKind::Memory,
       .flags = CM_RESOURCE_MEMORY_WINDOW_DECODE,
       .start = 0xE0000000,
       .length = 0x1EC00000},
  };
  return bridge;
}

void hot_plug_event() {
  for (const auto& bus : state().buses) bus->look_again();
}

}  // namespace drydock::bus::pci
