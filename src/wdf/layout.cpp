// The framework's view of what it exchanges with drivers, held against the measured layout.

#include <cstddef>

#include "wdf/functions.h"

namespace drydock::wdf {

#define WDF_TYPE(type, size) static_assert(sizeof(type) == (size), #type);
#define WDF_FIELD(type, field, offset, size) \
  static_assert(offsetof(type, field) == (offset) && sizeof(static_cast<type*>(nullptr)->field) == (size));
#include "wdf/layout.inc"
#undef WDF_TYPE
#undef WDF_FIELD

}  // namespace drydock::wdf
