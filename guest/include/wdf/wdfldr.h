#pragma once
// What a driver's stub and wdfldr.sys exchange.

#include "wdfglobals.h"

typedef VOID(NTAPI* WDFFUNC)(VOID);

typedef struct _WDF_VERSION {
  ULONG Major;
  ULONG Minor;
  ULONG Build;
} WDF_VERSION;

typedef struct _WDF_BIND_INFO {
  ULONG Size;
  PWCHAR Component;
  WDF_VERSION Version;
  ULONG FuncCount;
  WDFFUNC* FuncTable;
  PVOID Module;
} WDF_BIND_INFO, *PWDF_BIND_INFO;

// Since stub 1.25. All members after the first point to variables of the driver.
typedef struct _WDF_BIND_INFO2 {
  WDF_BIND_INFO V1;
  ULONG* MinimumVersionRequired;
  BOOLEAN* ClientVersionHigherThanFramework;
  ULONG* FuncCountPtr;
  ULONG* StructCountPtr;
  SIZE_T** StructTable;
} WDF_BIND_INFO2, *PWDF_BIND_INFO2;

typedef struct _WDF_CLASS_BIND_INFO {
  ULONG Size;
  PWCHAR ClassName;
  WDF_VERSION Version;
  WDFFUNC* FunctionTable;
  ULONG FunctionTableCount;
  PVOID ClassBindInfo;
  PVOID ClientBindClass;
  PVOID ClientUnbindClass;
  PVOID ClassModule;
} WDF_CLASS_BIND_INFO, *PWDF_CLASS_BIND_INFO;
