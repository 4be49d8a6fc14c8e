#pragma once
// acpi.sys as far as resets go: a filter that the bus puts on the PDO of each function which the firmware describes. It
// adds to the reset interface what the firmware can do (docs/contracts/reset.md, section 9).

#include <memory>
#include <string>
#include <vector>

#include "bus/acpi/firmware.h"
#include "nt/interface.h"
#include "nt/irp.h"
#include "ntos/kernel.h"

namespace drydock::models::pci {
class PciFabric;
}

namespace drydock::bus::acpi {

/// One filter device of ours.
struct Filter {
  nt::DEVICE_OBJECT* device = nullptr;
  nt::DEVICE_OBJECT* lower = nullptr;
  Slot slot;                          ///< of the function; of no use on a host bridge
  nt::DEVICE_OBJECT* pdo = nullptr;   ///< pci.sys's, below; null on a host bridge
  nt::PVOID reset_context = nullptr;  ///< null: nobody has asked for the reset interface yet
  /// How its bus imitates an unplug and replug; without it there is no platform-level reset (RST-045).
  nt::REENUMERATE_SELF_INTERFACE_STANDARD reenumerate{};
};

/// What acpi.sys keeps in a machine (PartId::Acpi).
struct State {
  Firmware firmware;
  models::pci::PciFabric* fabric = nullptr;  ///< what the power resources are wired to
  nt::DRIVER_OBJECT* driver = nullptr;
  std::vector<std::unique_ptr<Filter>> filters;
};
/// Null on a board whose firmware has nothing to say.
State* find_state();

/// The filter on a function's PDO; null if there is none.
Filter* filter_on(const nt::DEVICE_OBJECT* pdo);

/// Makes acpi.sys a service of the machine's PnP manager. In the machine's arena, before anything runs.
void install_acpi(ntos::Kernel& kernel, Firmware firmware, models::pci::PciFabric& fabric);

}  // namespace drydock::bus::acpi
