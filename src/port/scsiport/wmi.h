#pragma once
// A miniport as a provider of WMI data: registration, requests, events (SP-092, SP-143, SP-144).

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// With WmiDataProvider: the adapter, once it has a unit to carry its requests, or one of its units becomes a
/// provider. IRQL: PASSIVE_LEVEL.
void register_with_wmi(Adapter& adapter);
void register_with_wmi(LogicalUnit& unit);
void deregister_with_wmi(Adapter& adapter);
void deregister_with_wmi(LogicalUnit& unit);

/// IRP_MJ_SYSTEM_CONTROL for the adapter (`unit` null) or for a unit: a WMI SRB if it is meant for that provider.
/// IRQL: PASSIVE_LEVEL.
NTSTATUS system_control(Adapter& adapter, LogicalUnit* unit, DEVICE_OBJECT* device, IRP* irp);

/// WMIEvent: copies the event. Under the interrupt lock.
void note_wmi_event(Adapter& adapter, const void* event, WmiSource source);
/// WMIReregister. Under the interrupt lock.
void note_wmi_reregistration(Adapter& adapter, WmiSource source);
/// What was noted goes to the kernel's WMI. IRQL: at most DISPATCH_LEVEL, without the port lock.
void pass_on_to_wmi(Adapter& adapter, std::vector<WmiNews>& news);

}  // namespace drydock::port::scsiport
