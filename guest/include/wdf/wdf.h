#pragma once
// The Windows Driver Framework as a driver sees it. Include <ntddk.h> first; a user-mode driver (UMDF_VERSION_MAJOR is
// defined) includes <wudfwdm.h>.
// Written from published facts; tests/contract/wdf compares it with the layouts and indices of the contract.

#include "wdftypes.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "wdfglobals.h"
#include "wdfldr.h"

// Of the stub (wdf_stub.c): the table this driver was given, and what every call passes along.
extern const WDFFUNC* WdfFunctions;
extern PWDF_DRIVER_GLOBALS WdfDriverGlobals;

#include "wdfbugcodes.h"
#include "wdfchildlist.h"
#include "wdfcommonbuffer.h"
#include "wdfcontrol.h"
#include "wdfcore.h"
#include "wdfdevice.h"
#include "wdfdmaenabler.h"
#include "wdfdmatransaction.h"
#include "wdfdpc.h"
#include "wdfdriver.h"
#include "wdffdo.h"
#include "wdffuncenum.h"
#include "wdfhwaccess.h"
#include "wdfinterrupt.h"
#include "wdfio.h"
#include "wdfiotarget.h"
#include "wdfmemory.h"
#include "wdfobject.h"
#include "wdfpdo.h"
#include "wdfqueryinterface.h"
#include "wdfrequest.h"
#include "wdfstatus.h"
#include "wdftimer.h"
#include "wdfwmi.h"
#include "wdfworkitem.h"

#define WDF_WITH_GLOBALS(...) (PWDF_DRIVER_GLOBALS DriverGlobals __VA_OPT__(, ) __VA_ARGS__)
#define WDF_PASS_GLOBALS(...) (WdfDriverGlobals __VA_OPT__(, ) __VA_ARGS__)

#ifdef UMDF_VERSION_MAJOR

#include "wdfumdf.h"

// Functions that a user-mode driver has not are not declared.
#define WDF_FUNCTION_KM(index, result, name, parameters, arguments)
#define WDF_CALL_BY_TABLE(result, name, parameters, arguments)                                              \
  WDF_INLINE result name parameters {                                                                       \
    return ((result(NTAPI*) WDF_WITH_GLOBALS parameters)WdfFunctions[name##TableIndex])WDF_PASS_GLOBALS arguments; \
  }
#define WDF_FUNCTION(index, result, name, parameters, arguments) WDF_CALL_BY_TABLE(result, name, parameters, arguments)
#define WDF_FUNCTION_UM(result, name, parameters, arguments) WDF_CALL_BY_TABLE(result, name, parameters, arguments)

#else

// A call of a function this version's table does not hold does not compile.
__attribute__((error("this KMDF function is newer than KMDF_VERSION_MINOR")))
VOID WdfFunctionIsNewerThanThisDriver(VOID);

#define WDF_FUNCTION(index, result, name, parameters, arguments)                                        \
  WDF_INLINE result name parameters {                                                                   \
    if ((index) >= WdfFunctionTableNumEntries) WdfFunctionIsNewerThanThisDriver();                      \
    return ((result(NTAPI*) WDF_WITH_GLOBALS parameters)WdfFunctions[index])WDF_PASS_GLOBALS arguments; \
  }

#endif

#define WDF_FUNCTION_BY_NAME(index, name)
#include "wdffunctions.inc"
#ifdef UMDF_VERSION_MAJOR
#include "wdffunctions_um.inc"
#include "wdfhwregisters.h"
#undef WDF_FUNCTION_UM
#endif
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME

#ifdef __cplusplus
}
#endif
