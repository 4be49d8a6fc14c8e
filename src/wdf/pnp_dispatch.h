#pragma once
// Where a framework driver's IRPs arrive.

#include "wdf/kernel.h"

namespace drydock::wdf {

/// The entry of every request to a framework device.
NTSTATUS NTAPI framework_dispatch(DEVICE_OBJECT* device_object, IRP* irp);

class Device;

/// Every major function, AddDevice for a PnP driver.
void take_over_dispatch(DRIVER_OBJECT* driver, bool non_pnp);

NTSTATUS dispatch_pnp(Device& device, IRP* irp);
NTSTATUS dispatch_power(Device& device, IRP* irp);

/// Past the preprocess callbacks.
NTSTATUS dispatch_irp(Device& device, IRP* irp);

/// Completes with `status`, and returns it.
NTSTATUS complete_irp(IRP* irp, NTSTATUS status);
/// Sends the request on as it came; a PDO completes it with the status it has.
NTSTATUS pass_irp(Device& device, IRP* irp);

}  // namespace drydock::wdf
