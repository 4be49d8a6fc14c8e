#pragma once
// The 458 functions in published order, and the table a driver calls through (WDF-393 to WDF-396).

#include <cstddef>

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

inline constexpr ULONG kFunctionCount = 458;
/// Up to here the table lies in the driver, above in the library.
inline constexpr ULONG kCopiedTableMax = 438;

const char* function_name(ULONG index);
/// WDF-393: whether some version's table is so long.
bool is_function_count(ULONG count);
/// The length of the table of 1.`minor`; 0 if there was no such version.
ULONG function_count_of(ULONG minor);

/// Of one machine; made at the first bind.
class FunctionTable {
 public:
  /// Driver-callable entries, read-only to drivers. Functions that are not built end the run by name when called.
  PVOID* entries();

 private:
  PVOID* entries_ = nullptr;
};

}  // namespace drydock::wdf
