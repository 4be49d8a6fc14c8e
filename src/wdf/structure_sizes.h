#pragma once
// The structure sizes a newer driver compares with (WDF-404, WDF-410), in the published order.

#include <cstddef>

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

inline constexpr ULONG kStructureCount = 81;

/// The table in memory that drivers can read.
SIZE_T* structure_sizes_for_driver();

}  // namespace drydock::wdf
