#pragma once
// DriverEntry's only call (contract, section 3).

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// Rules: SP-001 to SP-013. IRQL: PASSIVE_LEVEL, with the miniport's DriverEntry on the stack.
ULONG NTAPI ScsiPortInitialize(PVOID Argument1, PVOID Argument2, HW_INITIALIZATION_DATA* HwInitializationData,
                               PVOID HwContext);

/// NTAPI routine of every miniport's driver object.
VOID NTAPI ScsiPortUnload(DRIVER_OBJECT* DriverObject);

}  // namespace drydock::port::scsiport
