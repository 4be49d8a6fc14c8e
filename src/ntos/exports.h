#pragma once
// Every API family that ntoskrnl.exe and hal.dll offer.

#include "image/export_table.h"

namespace drydock::ntos {

/// Called once per process, by whoever builds the index for loading images.
void add_ntos_exports(image::ExportIndex& index);

// Each component lists its own families (<component>/exports.cpp).
namespace ke {
void add_exports(image::ExportIndex& index);
}
namespace ex {
void add_exports(image::ExportIndex& index);
}
namespace mm {
void add_exports(image::ExportIndex& index);
}
namespace ob {
void add_exports(image::ExportIndex& index);
}
namespace ps {
void add_exports(image::ExportIndex& index);
}
namespace cm {
void add_exports(image::ExportIndex& index);
}
namespace io {
void add_exports(image::ExportIndex& index);
}
namespace pnp {
void add_exports(image::ExportIndex& index);
}
namespace po {
void add_exports(image::ExportIndex& index);
}
namespace rtl {
void add_exports(image::ExportIndex& index);
}
namespace rtl {
void add_exception_exports(image::ExportIndex& index);
}
namespace hal {
void add_exports(image::ExportIndex& index);
}

}  // namespace drydock::ntos
