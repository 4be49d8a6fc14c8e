#pragma once
// Relative and absolute times in the framework's units (100 ns), and the driver's usual small change.

#include "wdftypes.h"

#ifndef WDF_TYPES_ONLY

WDF_INLINE LONGLONG WDF_REL_TIMEOUT_IN_SEC(ULONGLONG Seconds) {
  return -(LONGLONG)(Seconds * 10000000);
}
WDF_INLINE LONGLONG WDF_REL_TIMEOUT_IN_MS(ULONGLONG Milliseconds) {
  return -(LONGLONG)(Milliseconds * 10000);
}
WDF_INLINE LONGLONG WDF_REL_TIMEOUT_IN_US(ULONGLONG Microseconds) {
  return -(LONGLONG)(Microseconds * 10);
}
WDF_INLINE LONGLONG WDF_ABS_TIMEOUT_IN_SEC(ULONGLONG Seconds) {
  return (LONGLONG)(Seconds * 10000000);
}
WDF_INLINE LONGLONG WDF_ABS_TIMEOUT_IN_MS(ULONGLONG Milliseconds) {
  return (LONGLONG)(Milliseconds * 10000);
}
WDF_INLINE LONGLONG WDF_ABS_TIMEOUT_IN_US(ULONGLONG Microseconds) {
  return (LONGLONG)(Microseconds * 10);
}

WDF_INLINE size_t WDF_ALIGN_SIZE_DOWN(size_t Length, size_t AlignTo) {
  return Length & ~(AlignTo - 1);
}
WDF_INLINE size_t WDF_ALIGN_SIZE_UP(size_t Length, size_t AlignTo) {
  return WDF_ALIGN_SIZE_DOWN(Length + AlignTo - 1, AlignTo);
}

#define WDF_PTR_ADD_OFFSET_TYPE(pointer, offset, type) ((type)((PUCHAR)(pointer) + (offset)))
#define WDF_PTR_ADD_OFFSET(pointer, offset) WDF_PTR_ADD_OFFSET_TYPE(pointer, offset, PVOID)
#define WDF_PTR_GET_OFFSET(base, address) ((ULONG)((PUCHAR)(address) - (PUCHAR)(base)))

#ifndef DECLARE_CONST_UNICODE_STRING
#define DECLARE_CONST_UNICODE_STRING(name, string) \
  const UNICODE_STRING name = {sizeof(string) - sizeof(WCHAR), sizeof(string), (PWSTR)(string)}
#endif

#endif  // WDF_TYPES_ONLY
