#include "bus/pci/interfaces.h"

#include <cstring>

#include "bus/pci/pci_driver.h"
#include "machine/processor.h"
#include "nt/pci.h"
#include "ntos/hal/dma.h"
#include "ntos/io/driver.h"

namespace drydock::bus::pci {

using namespace nt;

namespace {

constexpr ULONG kExtendedSize = PCI_EXTENDED_CONFIG_LENGTH;

unsigned step_at(ULONG offset, ULONG left) {
  if (offset % 4 == 0 && left >= 4) return 4;
  if (offset % 2 == 0 && left >= 2) return 2;
  return 1;
}

/// Context of every interface: the PDO's device object.
Pdo& pdo_in(PVOID context) {
  return *pdo_of(static_cast<DEVICE_OBJECT*>(context));
}

VOID NTAPI reference(PVOID context) {
  ++pdo_in(context).references;
}
VOID NTAPI dereference(PVOID context) {
  --pdo_in(context).references;
}

BOOLEAN NTAPI translate_bus_address(PVOID, PHYSICAL_ADDRESS bus_address, ULONG, ULONG*, PHYSICAL_ADDRESS* translated) {
  *translated = bus_address;  // the host bridge passes addresses on as they are
  return TRUE;
}

DMA_ADAPTER* NTAPI get_dma_adapter(PVOID context, DEVICE_DESCRIPTION* description, ULONG* map_registers) {
  return ntos::IoGetDmaAdapter(static_cast<DEVICE_OBJECT*>(context), description, map_registers);
}

ULONG NTAPI set_bus_data(PVOID context, ULONG which, PVOID buffer, ULONG offset, ULONG length) {
  return which == PCI_WHICHSPACE_CONFIG ? write_config_space(pdo_in(context), offset, buffer, length) : 0;
}

ULONG NTAPI get_bus_data(PVOID context, ULONG which, PVOID buffer, ULONG offset, ULONG length) {
  return which == PCI_WHICHSPACE_CONFIG ? read_config_space(pdo_in(context), offset, buffer, length) : 0;
}

VOID NTAPI reenumerate_self(PVOID context) {
  if (const KIRQL irql = machine::current_irql(); irql != PASSIVE_LEVEL)
    machine::Machine::current().report(
        {.rule = "RST-094",
         .summary = fmt::format("SurpriseRemoveAndReenumerateSelf was called at IRQL {}", irql),
         .severity = machine::Severity::Recorded});
  pdo_in(context).ask_for_rebirth();
}

}  // namespace

ULONG read_config_space(const Pdo& pdo, ULONG offset, void* to, ULONG length) {
  if (offset >= kExtendedSize) return 0;
  length = std::min(length, kExtendedSize - offset);
  auto* at = static_cast<std::byte*>(to);
  for (ULONG done = 0; done < length;) {
    const unsigned step = step_at(offset + done, length - done);
    const std::uint32_t value = pdo.config().read(offset + done, step);
    std::memcpy(at + done, &value, step);
    done += step;
  }
  return length;
}

ULONG write_config_space(const Pdo& pdo, ULONG offset, const void* from, ULONG length) {
  if (offset >= kExtendedSize) return 0;
  length = std::min(length, kExtendedSize - offset);
  const auto* at = static_cast<const std::byte*>(from);
  for (ULONG done = 0; done < length;) {
    const unsigned step = step_at(offset + done, length - done);
    std::uint32_t value = 0;
    std::memcpy(&value, at + done, step);
    pdo.config().write(offset + done, step, value);
    done += step;
  }
  return length;
}

NTSTATUS query_interface(Pdo& pdo, IRP* irp) {
  const auto& asked = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
  const DEVICE_OBJECT* device = pdo.device();
  auto answer = [&](auto interface) {
    std::memcpy(static_cast<void*>(asked.Interface), &interface, sizeof(interface));
    ++pdo.references;
    irp->IoStatus.Information = 0;
    return STATUS_SUCCESS;
  };
  const PVOID context = const_cast<DEVICE_OBJECT*>(device);
  const auto reference_routine = ntos::io::guest_callable(reference, "pci.sys!InterfaceReference");
  const auto dereference_routine = ntos::io::guest_callable(dereference, "pci.sys!InterfaceDereference");

  if (*asked.InterfaceType == GUID_BUS_INTERFACE_STANDARD) {
    if (asked.Version < 1) return irp->IoStatus.Status;
    if (asked.Size < sizeof(BUS_INTERFACE_STANDARD)) return STATUS_INVALID_BUFFER_SIZE;
    return answer(BUS_INTERFACE_STANDARD{
        .Size = sizeof(BUS_INTERFACE_STANDARD),
        .Version = 1,
        .Context = context,
        .InterfaceReference = reference_routine,
        .InterfaceDereference = dereference_routine,
        .TranslateBusAddress = ntos::io::guest_callable(translate_bus_address, "pci.sys!TranslateBusAddress"),
        .GetDmaAdapter = ntos::io::guest_callable(get_dma_adapter, "pci.sys!GetDmaAdapter"),
        .SetBusData = ntos::io::guest_callable(set_bus_data, "pci.sys!SetBusData"),
        .GetBusData = ntos::io::guest_callable(get_bus_data, "pci.sys!GetBusData")});
  }
  if (*asked.InterfaceType == GUID_REENUMERATE_SELF_INTERFACE_STANDARD) {
    if (asked.Version < 1) return irp->IoStatus.Status;
    if (asked.Size < sizeof(REENUMERATE_SELF_INTERFACE_STANDARD)) return STATUS_INVALID_BUFFER_SIZE;
    return answer(REENUMERATE_SELF_INTERFACE_STANDARD{
        .Size = sizeof(REENUMERATE_SELF_INTERFACE_STANDARD),
        .Version = 1,
        .Context = context,
        .InterfaceReference = reference_routine,
        .InterfaceDereference = dereference_routine,
        .SurpriseRemoveAndReenumerateSelf = ntos::io::guest_callable(reenumerate_self, "pci.sys!ReenumerateSelf")});
  }
  if (*asked.InterfaceType == GUID_DEVICE_RESET_INTERFACE_STANDARD) return pdo.query_reset_interface(irp);
  return irp->IoStatus.Status;
}

}  // namespace drydock::bus::pci
