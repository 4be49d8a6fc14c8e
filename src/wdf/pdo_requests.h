#pragma once
// PnP requests that a PDO answers for its bus.

#include "nt/irp.h"

namespace drydock::wdf {

using namespace nt;

class Device;

NTSTATUS answer_as_pdo(Device& pdo, IRP* irp);

}  // namespace drydock::wdf
