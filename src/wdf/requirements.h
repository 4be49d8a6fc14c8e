#pragma once
// What a device asks for: a bus driver's answers for its children, and a function driver's changes (contract, section
// 3).

#include "nt/interface.h"
#include "nt/irp.h"

namespace drydock::wdf {

using namespace nt;

class Device;

NTSTATUS query_resources(Device& pdo, IRP* irp);
NTSTATUS query_resource_requirements(Device& pdo, IRP* irp);
NTSTATUS filter_requirements(Device& fdo, IRP* irp);

}  // namespace drydock::wdf
