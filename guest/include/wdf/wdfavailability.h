#pragma once
// For drivers of 1.25 and later. Not part of wdf.h: who asks what is available includes it by itself.

#include <wdf.h>

// The library may be older than the driver: then what lies behind its table's end may not be called.
extern BOOLEAN WdfClientVersionHigherThanFramework;
extern ULONG WdfFunctionCount;
#define WDF_ALWAYS_AVAILABLE_FUNCTION_COUNT 453
#define WDF_IS_INDEX_AVAILABLE(index) \
  ((index) < WDF_ALWAYS_AVAILABLE_FUNCTION_COUNT || !WdfClientVersionHigherThanFramework || (index) < WdfFunctionCount)
#define WDF_IS_FUNCTION_AVAILABLE(name) WDF_IS_INDEX_AVAILABLE(name##TableIndex)
