#pragma once
// Functions that only user-mode drivers have (wdffunctions_um.inc), declared as their headers call them. Rules: WDF-422,
// WDF-423.

#include "wdf/structures.h"

namespace drydock::wdf {

#define WDF_WITH_GLOBALS(...) (PWDF_DRIVER_GLOBALS DriverGlobals __VA_OPT__(, ) __VA_ARGS__)
#define WDF_FUNCTION_UM(result, name, parameters, arguments) result NTAPI name WDF_WITH_GLOBALS parameters;
#include <wdf/wdffunctions_um.inc>
#undef WDF_FUNCTION_UM
#undef WDF_WITH_GLOBALS

}  // namespace drydock::wdf
