#pragma once
// Where each function sits in the table, and how long the table of each version is.

#ifdef UMDF_VERSION_MAJOR

// The order of the user-mode table is not published: the loader fills a table of our own order by name.
enum {
#define WDF_FUNCTION(index, result, name, parameters, arguments) name##TableIndex,
#define WDF_FUNCTION_KM(index, result, name, parameters, arguments)
#define WDF_FUNCTION_BY_NAME(index, name)
#define WDF_FUNCTION_UM(result, name, parameters, arguments) name##TableIndex,
#include "wdffunctions.inc"
#include "wdffunctions_um.inc"
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME
#undef WDF_FUNCTION_UM
};

// As published for each version (WDF-429).
enum {
#if UMDF_VERSION_MINOR >= 33
  WdfFunctionTableNumEntries = 274,
#elif UMDF_VERSION_MINOR >= 31
  WdfFunctionTableNumEntries = 273,
#elif UMDF_VERSION_MINOR >= 27
  WdfFunctionTableNumEntries = 269,
#elif UMDF_VERSION_MINOR >= 25
  WdfFunctionTableNumEntries = 268,
#elif UMDF_VERSION_MINOR >= 23
  WdfFunctionTableNumEntries = 265,
#elif UMDF_VERSION_MINOR >= 19
  WdfFunctionTableNumEntries = 261,
#elif UMDF_VERSION_MINOR >= 17
  WdfFunctionTableNumEntries = 260,
#elif UMDF_VERSION_MINOR >= 15
  WdfFunctionTableNumEntries = 257,
#else
  WdfFunctionTableNumEntries = 248,
#endif
};

#else

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

#endif
