#pragma once
// What scsiport.sys exports (contract, 1.1).

#include "image/export_table.h"

namespace drydock::port::scsiport {

extern const image::ExportFamily kScsiPort;

/// Called once per process, by whoever builds the index for loading images.
void add_scsiport_exports(image::ExportIndex& index);

}  // namespace drydock::port::scsiport
