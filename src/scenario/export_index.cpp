// Which rooms offer functions to drivers.

#include "ntos/exports.h"
#include "port/scsiport/scsiport_exports.h"
#include "scenario/driver_file.h"
#include "wdf/wdf_exports.h"

namespace drydock::scenario {

std::unique_ptr<image::ExportIndex> build_export_index() {
  auto index = std::make_unique<image::ExportIndex>();
  ntos::add_ntos_exports(*index);
  port::scsiport::add_scsiport_exports(*index);
  wdf::add_wdf_exports(*index);
  return index;
}

}  // namespace drydock::scenario
