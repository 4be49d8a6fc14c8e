#pragma once
// Power as drivers ask for it and tell of it.

#include <memory>

#include "nt/irp.h"
#include "nt/power.h"
#include "ntos/io/irp_watch.h"
#include "ntos/kernel.h"

namespace drydock::ntos {
using namespace nt;

using PREQUEST_POWER_COMPLETE = VOID(NTAPI*)(DEVICE_OBJECT* DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                             PVOID Context, IO_STATUS_BLOCK* IoStatus);

/// Nothing since Windows Vista; drivers still call it. IRQL: at most DISPATCH_LEVEL.
VOID NTAPI PoStartNextPowerIrp(IRP* Irp);
/// As IofCallDriver.
NTSTATUS NTAPI PoCallDriver(DEVICE_OBJECT* DeviceObject, IRP* Irp);
/// A driver tells the state its device or system is in now. Returns the state before.
POWER_STATE NTAPI PoSetPowerState(DEVICE_OBJECT* DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State);
/// Sends a power IRP to the top of the stack. STATUS_PENDING; `CompletionFunction` (may be null) is called when it
/// ended. `Irp` is only for IRP_MN_WAIT_WAKE. IRQL: at most DISPATCH_LEVEL. STATUS_INVALID_PARAMETER_2 for another
/// minor code.
NTSTATUS NTAPI PoRequestPowerIrp(DEVICE_OBJECT* DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, IRP** Irp);
/// Units: seconds. Returns the busy counter that PoSetDeviceBusy writes; zeros for both times cancel, null then.
ULONG* NTAPI PoRegisterDeviceForIdleDetection(DEVICE_OBJECT* DeviceObject, ULONG ConservationIdleTime,
                                              ULONG PerformanceIdleTime, DEVICE_POWER_STATE State);
VOID NTAPI PoSetDeviceBusyEx(ULONG* IdlePointer);
PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, ULONG Flags);
VOID NTAPI PoUnregisterSystemState(PVOID StateHandle);
VOID NTAPI PoSetSystemState(ULONG Flags);
BOOLEAN NTAPI PoGetSystemWake(IRP* Irp);
VOID NTAPI PoSetSystemWake(IRP* Irp);

namespace po {

/// DRIVER_POWER_STATE_FAILURE (3) if the IRP is not back after ten minutes.
std::unique_ptr<io::IrpWatch> watch_power_irp(DEVICE_OBJECT* device, IRP* irp, UCHAR minor);

}  // namespace po

}  // namespace drydock::ntos
