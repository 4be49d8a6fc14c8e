#pragma once
// Trim: ranges of a disk that nobody needs any more, told to the unit by UNMAP.

#include "class/disk/fdo.h"

namespace drydock::class_::disk {

/// IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, action Trim; whole blocks of each range are unmapped. STATUS_NOT_SUPPORTED
/// if the unit does not do UNMAP, or for another action. IRQL: PASSIVE_LEVEL. Does not complete the IRP.
NTSTATUS trim(Fdo& fdo, const IRP* irp);
/// Whether the unit says that it does UNMAP; asked once. IRQL: PASSIVE_LEVEL.
bool can_trim(Fdo& fdo);

}  // namespace drydock::class_::disk
