#pragma once
// IRP_MN_QUERY_INTERFACE to a PCI function.

#include "nt/irp.h"

namespace drydock::bus::pci {

class Pdo;

/// BUS_INTERFACE_STANDARD and REENUMERATE_SELF_INTERFACE_STANDARD. The status the IRP has stays for others.
nt::NTSTATUS query_interface(Pdo& pdo, nt::IRP* irp);

/// Configuration space for drivers, cut to what there is. Returns the bytes moved.
nt::ULONG read_config_space(const Pdo& pdo, nt::ULONG offset, void* to, nt::ULONG length);
nt::ULONG write_config_space(const Pdo& pdo, nt::ULONG offset, const void* from, nt::ULONG length);

}  // namespace drydock::bus::pci
