#pragma once
// The capabilities of a function in words, for people.

#include <string>
#include <vector>

#include "bus/pci/function.h"

namespace drydock::bus::pci {

/// One text for each, in the order of the lists, those of extended configuration space last:
/// "MSI-X: 5 messages, table in BAR 4".
std::vector<std::string> capability_texts(const ConfigAccess& config);

/// Whether the function says that it can be reset by itself, through its PCI Express capability.
bool offers_function_level_reset(const ConfigAccess& config);
/// Whether a function that wakes from D3hot keeps its registers (No_Soft_Reset). False too without the capability.
bool keeps_registers_in_d3(const ConfigAccess& config);

}  // namespace drydock::bus::pci
