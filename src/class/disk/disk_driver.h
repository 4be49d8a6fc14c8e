#pragma once
// disk.sys in a machine.

#include <vector>

#include "class/disk/statistics.h"

namespace drydock::class_::disk {

/// What the driver keeps in a machine (PartId::Disk).
struct DiskClass {
  std::vector<DiskStatistics> statistics;
};
DiskClass& disk_class();

/// Makes disk.sys a service of the machine's PnP manager, which loads it for the first GenDisk or SCSI\Disk. Once,
/// after the kernel was installed, before anything runs.
void install_disk(machine::Machine& machine);

}  // namespace drydock::class_::disk
