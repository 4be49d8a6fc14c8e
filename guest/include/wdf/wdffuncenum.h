#pragma once
// Where each function sits in the table, and how long the table of each version is.

enum {
#define WDF_FUNCTION(index, result, name, parameters, arguments) name##TableIndex = (index),
#define WDF_FUNCTION_BY_NAME(index, name) name##TableIndex = (index),
#include "wdffunctions.inc"
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME
};

enum {
#if KMDF_VERSION_MINOR >= 31
  WdfFunctionTableNumEntries = 458,
#elif KMDF_VERSION_MINOR >= 29
  WdfFunctionTableNumEntries = 454,
#elif KMDF_VERSION_MINOR >= 25
  WdfFunctionTableNumEntries = 453,
#elif KMDF_VERSION_MINOR >= 23
  WdfFunctionTableNumEntries = 451,
#elif KMDF_VERSION_MINOR >= 21
  WdfFunctionTableNumEntries = 448,
#elif KMDF_VERSION_MINOR >= 19
  WdfFunctionTableNumEntries = 446,
#elif KMDF_VERSION_MINOR >= 15
  WdfFunctionTableNumEntries = 444,
#elif KMDF_VERSION_MINOR >= 13
  WdfFunctionTableNumEntries = 438,
#elif KMDF_VERSION_MINOR >= 11
  WdfFunctionTableNumEntries = 432,
#elif KMDF_VERSION_MINOR >= 9
  WdfFunctionTableNumEntries = 396,
#else
#error "KMDF_VERSION_MINOR: these headers know 1.9 to 1.33"
#endif
};
