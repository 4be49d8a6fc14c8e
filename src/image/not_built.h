#pragma once
// What an import is bound to when nobody offers it: calling it ends the run, naming the function.

#include "image/pe_image.h"

namespace drydock::image {

/// The slot of an import that no table and no loaded image offers. Refers to the strings of `import`.
machine::ExportSlot missing_slot(const Import& import);

/// Entry of rows marked not_built.
void* not_built_entry();

}  // namespace drydock::image
