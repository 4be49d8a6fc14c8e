#pragma once
// Binding of user-mode drivers, as the host process sees it.

#include "nt/base.h"

namespace drydock::wdf {
class Driver;
struct _DRIVER_OBJECT_UM;
}

namespace drydock::wdf::um {

class HostProcess;

/// The interface that the driver's FxDriverEntryUm receives, in its window.
nt::PVOID make_loader_interface(HostProcess& process);
/// WDF-499: what WdfDriverCreate leaves in the driver's object.
void fill_driver_object(HostProcess& process, _DRIVER_OBJECT_UM& object, Driver& driver);
/// The WDFDRIVER goes with all that hangs from it, and the binding with it.
void unbind(HostProcess& process);

}  // namespace drydock::wdf::um
