#pragma once
// A compiled AML table, read with ACPICA's interpreter: acpiexec loads the namespace and evaluates what is of interest
// here. Called by whoever loads a board, never by a sandboxed worker.

#include <functional>
#include <string>

#include "bus/acpi/firmware.h"
#include "host/result.h"

namespace drydock::bus::acpi {

/// The bus behind the bridge in a slot; 0 if there is no bridge.
using BusBehind = std::function<unsigned(Slot)>;

/// What the table says of the functions below its PCI host bridge. Fails with one sentence that begins with the file's
/// name: it cannot be read, is damaged, ACPICA refuses it, or a _PRR leads nowhere.
host::Result<Firmware> read_aml(const std::string& file, const BusBehind& bus_behind);

}  // namespace drydock::bus::acpi
