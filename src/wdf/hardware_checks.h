#pragma once
// What a driver may do with its hardware when (contract, sections 2, 10 and 22).

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

class Device;

/// WDF-182, WDF-221, WDF-224: STATUS_NOT_SUPPORTED is no answer to these callbacks.
void check_status(const Device& device, NTSTATUS status, const char* callback);
/// WDF-444: device memory the driver still has mapped when ReleaseHardware returned. Asked only when no other device of
/// the driver holds hardware, since a mapping does not say whose it is.
void check_mappings_after_release(Device& device);

}  // namespace drydock::wdf
