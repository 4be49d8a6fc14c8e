#include "ntos/exports.h"

namespace drydock::ntos {

void add_ntos_exports(image::ExportIndex& index) {
  ke::add_exports(index);
  ex::add_exports(index);
  mm::add_exports(index);
  ob::add_exports(index);
  ps::add_exports(index);
  cm::add_exports(index);
  io::add_exports(index);
  pnp::add_exports(index);
  po::add_exports(index);
  rtl::add_exports(index);
  rtl::add_exception_exports(index);
  hal::add_exports(index);
}

}  // namespace drydock::ntos
