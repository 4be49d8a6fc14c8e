#pragma once
// What a disk is called: \Device\Harddisk<n>\DR<m>, \Device\Harddisk<n>\Partition0 and \DosDevices\PhysicalDrive<n>.

#include <string>

#include "nt/base.h"

namespace drydock::class_::disk {
using namespace nt;

struct DiskNames {
  ULONG number = 0;  ///< the lowest that no present disk has
  HANDLE directory = nullptr;
  bool linked = false;
};

/// Takes a number and makes its directory. IRQL: PASSIVE_LEVEL, as all of these.
NTSTATUS take_number(DiskNames& names);
std::u16string device_name(const DiskNames& names, ULONG serial);
void make_links(DiskNames& names, ULONG serial);
/// Gives the number back.
void drop_names(DiskNames& names);

}  // namespace drydock::class_::disk
