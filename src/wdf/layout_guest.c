// A guest driver's view of the same, for 1.33. That this compiles is the test.
#include <ntddk.h>
#include <stddef.h>
#include <wdf.h>

#define WDF_TYPE(type, size) _Static_assert(sizeof(type) == (size), #type);
#define WDF_FIELD(type, field, offset, size) \
  _Static_assert(offsetof(type, field) == (offset) && sizeof(((type*)0)->field) == (size), #type "." #field);
#include "wdf/layout.inc"
