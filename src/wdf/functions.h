#pragma once
// The functions of the table, declared as the guests' headers call them: a row of wdffunctions.inc is both.
// The first parameter is the calling driver's globals. Rules: WDF-396; each <object>_api.cpp has those of its
// functions.

#include "wdf/structures.h"

namespace drydock::wdf {

#define WDF_WITH_GLOBALS(...) (PWDF_DRIVER_GLOBALS DriverGlobals __VA_OPT__(, ) __VA_ARGS__)
#define WDF_FUNCTION(index, result, name, parameters, arguments) result NTAPI name WDF_WITH_GLOBALS parameters;
#define WDF_FUNCTION_BY_NAME(index, name)
#include <wdf/wdffunctions.inc>
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME
#undef WDF_WITH_GLOBALS

}  // namespace drydock::wdf
