#pragma once
// Wait-wake requests: sent by the power policy owner, held by the bus (contract, section 5).

#include "nt/irp.h"

namespace drydock::wdf {

using namespace nt;

class Device;

/// The owner's request to its own stack; PolicyMachine::wake_request_ended tells of its end. `irp` is null once it has.
void send_wake_request(Device& device, SYSTEM_POWER_STATE from, IRP** irp);
/// A wait-wake request reaches a PDO: EnableWakeAtBus, and it is kept (WDF-094).
NTSTATUS take_wake_request(Device& pdo, IRP* irp);
/// Completes the request a PDO keeps, if any (WDF-167).
void complete_wake_request(Device& pdo, NTSTATUS status);
/// DisableWakeAtBus, once for each EnableWakeAtBus that succeeded (WDF-096).
void disable_wake_at_bus(Device& pdo);

}  // namespace drydock::wdf
