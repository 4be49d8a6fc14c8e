#include "port/scsiport/legacy.h"

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/claims.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/parameters.h"

namespace drydock::port::scsiport {

namespace {

/// A miniport that says `Again` so often on one bus is not looking for adapters any more.
constexpr unsigned kSearchesMax = 64;

constexpr std::u16string_view kHardware = u"\\Registry\\Machine\\HARDWARE\\DESCRIPTION\\System";

/// The identifier of a bus below MultifunctionAdapter; null for a type that has no place there.
const char* identifier_of(INTERFACE_TYPE type) {
  switch (type) {
    case Isa:
      return "ISA";
    case MicroChannel:
      return "MCA";
    case TurboChannel:
      return "TC";
    case PCIBus:
      return "PCI";
    default:
      return nullptr;
  }
}

/// SP-012: what the firmware described. Buses of a type are numbered in the order they stand there.
bool bus_exists(INTERFACE_TYPE type, ULONG number) {
  if (type == Internal) return number == 0;
  if (type == Eisa) return ParameterKey(kHardware, u"EisaAdapter\\" + decimal(number)).exists();
  const char* identifier = identifier_of(type);
  for (ULONG i = 0; identifier; ++i) {
    const ParameterKey bus(kHardware, u"MultifunctionAdapter\\" + decimal(i));
    if (!bus.exists()) return false;
    if (bus.text(u"Identifier") == identifier && number-- == 0) return true;
  }
  return false;
}

/// One call of HwScsiFindAdapter and, if it found one, everything up to an adapter that runs.
NTSTATUS search(MiniportDriver& driver, const Registration& registration, ULONG bus, bool& again) {
  again = false;
  Adapter* adapter = create_adapter(driver, registration);
  if (!adapter) return STATUS_INSUFFICIENT_RESOURCES;
  adapter->bus_number = bus;
  NTSTATUS status = start_adapter(*adapter, &again);
  if (NT_SUCCESS(status)) {
    status = report_adapter(*adapter);
    if (NT_SUCCESS(status)) {
      adapter_started(*adapter);
      IoInvalidateDeviceRelations(adapter->pdo, BusRelations);
      return STATUS_SUCCESS;
    }
    silence_adapter(*adapter, false);
    release_adapter(*adapter);
  }
  delete_adapter(*adapter);
  return status;
}

}  // namespace

NTSTATUS initialize_legacy(MiniportDriver& driver, const Registration& registration) {
  const INTERFACE_TYPE type = registration.data.AdapterInterfaceType;
  if (type == PCIBus && registration.data.VendorIdLength)
    machine::Machine::current().not_implemented(
        "ScsiPortInitialize",
        "a search for PCI adapters by vendor and device id is not built; with a value \"5\" below "
        "Parameters\\PnpInterface the PnP manager finds them");
  NTSTATUS result = STATUS_DEVICE_DOES_NOT_EXIST;
  for (ULONG bus = 0; bus_exists(type, bus); ++bus) {
    bool again = true;
    for (unsigned searches = 0; again; ++searches) {
      if (searches == kSearchesMax) {
        violation(nullptr, Check::AgainWithoutEnd,
                  fmt::format("HwScsiFindAdapter of {} has asked {} times to be called again for bus {}", driver.name,
                              kSearchesMax, bus));
        break;
      }
      const NTSTATUS status = search(driver, registration, bus, again);
      if (!NT_SUCCESS(result)) result = status;
    }
  }
  return result;
}

}  // namespace drydock::port::scsiport
