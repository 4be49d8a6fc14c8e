#pragma once
// Device properties by key: what IoGetDeviceProperty knows under a number, under its modern name.

#include "nt/device_property.h"
#include "nt/pnp.h"

namespace drydock::ntos::pnp {
using namespace nt;

/// STATUS_BUFFER_TOO_SMALL with the length needed in `RequiredSize`; STATUS_OBJECT_NAME_NOT_FOUND if the device has no
/// such property. Properties set by drivers are not built. `Lcid` and `Flags` choose among translations: there is one.
/// IRQL: PASSIVE_LEVEL.
NTSTATUS NTAPI IoGetDevicePropertyData(DEVICE_OBJECT* Pdo, const DEVPROPKEY* PropertyKey, ULONG Lcid, ULONG Flags,
                                       ULONG Size, PVOID Data, ULONG* RequiredSize, DEVPROPTYPE* Type);

}  // namespace drydock::ntos::pnp
