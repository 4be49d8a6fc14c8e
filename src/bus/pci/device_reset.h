#pragma once
// GUID_DEVICE_RESET_INTERFACE_STANDARD of a PCI function: function-level reset (docs/contracts/reset.md).

#include "nt/interface.h"
#include "nt/irp.h"

namespace drydock::bus::pci {

class ConfigAccess;
class Pdo;

/// Whether the function can be reset by itself: through its PCI Express or its Advanced Features capability.
bool has_function_level_reset(const ConfigAccess& config);

/// Answers IRP_MN_QUERY_INTERFACE for the reset interface in the form that the asked size has room for (RST-009).
nt::NTSTATUS query_reset_interface(Pdo& pdo, nt::IRP* irp);

/// How long a function may take to answer after the first 100 ms (RST-192).
inline constexpr unsigned kReadyLimitMs = 60'000;

}  // namespace drydock::bus::pci
