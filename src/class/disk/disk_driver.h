#pragma once
// disk.sys in a machine.

#include <vector>

#include "class/disk/statistics.h"

namespace drydock::ntos {
struct Kernel;
}

namespace drydock::class_::disk {

/// What the driver keeps in a machine (PartId::Disk).
struct DiskClass {
  std::vector<DiskStatistics> statistics;
};
DiskClass& disk_class();

/// Makes disk.sys a service of the machine's PnP manager, which loads it for the first GenDisk or SCSI\Disk. In the
/// machine's arena, before anything runs.
void install_disk(ntos::Kernel& kernel);

}  // namespace drydock::class_::disk
