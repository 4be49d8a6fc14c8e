#pragma once
// IRPs the framework sends itself, and waits for.

#include <functional>

#include "wdf/kernel.h"

namespace drydock::wdf {

/// Sends an IRP whose next stack location is set up; it is ours again on return. PASSIVE_LEVEL.
NTSTATUS send_and_wait(DEVICE_OBJECT* device, IRP* irp);
/// A PnP query of our own to the top of `device`'s stack (or to `device` itself). `fill` sets the parameters.
NTSTATUS send_pnp_query(DEVICE_OBJECT* device, UCHAR minor, const std::function<void(IO_STACK_LOCATION&)>& fill,
                        bool to_top = true);
/// IRP_MN_QUERY_INTERFACE.
NTSTATUS query_interface(DEVICE_OBJECT* device, const GUID& type, USHORT size, USHORT version, INTERFACE* interface,
                         PVOID specific, bool to_top);

}  // namespace drydock::wdf
