#pragma once
// Clients of class extensions. Not part of wdf.h: a client includes it by itself.

#include <wdf.h>

// Since stub 1.25 (the size is published, the members as in WDF_BIND_INFO2 by public symbol listings).
typedef struct _WDF_CLASS_BIND_INFO2 {
  WDF_CLASS_BIND_INFO V1;
  ULONG* MinimumVersionRequired;
  BOOLEAN* ClientVersionHigherThanFramework;
  ULONG* FuncCountPtr;
  ULONG* StructCountPtr;
  SIZE_T** StructTable;
} WDF_CLASS_BIND_INFO2, *PWDF_CLASS_BIND_INFO2;

typedef NTSTATUS NTAPI WDF_VERSION_BIND_CLASS(PWDF_BIND_INFO BindInfo, PWDF_DRIVER_GLOBALS Globals,
                                              PWDF_CLASS_BIND_INFO ClassBindInfo);
typedef WDF_VERSION_BIND_CLASS* PFN_WDF_VERSION_BIND_CLASS;
typedef VOID NTAPI WDF_VERSION_UNBIND_CLASS(PWDF_BIND_INFO BindInfo, PWDF_DRIVER_GLOBALS Globals,
                                            PWDF_CLASS_BIND_INFO ClassBindInfo);
typedef WDF_VERSION_UNBIND_CLASS* PFN_WDF_VERSION_UNBIND_CLASS;
WDF_VERSION_BIND_CLASS WdfVersionBindClass;
WDF_VERSION_UNBIND_CLASS WdfVersionUnbindClass;

// A client may bind a class itself; the stub hands it the loader's function first.
typedef NTSTATUS NTAPI WDF_CLIENT_BIND_CLASS(PFN_WDF_VERSION_BIND_CLASS Loader, PWDF_BIND_INFO BindInfo,
                                             PWDF_DRIVER_GLOBALS Globals, PWDF_CLASS_BIND_INFO ClassBindInfo);
typedef WDF_CLIENT_BIND_CLASS* PFN_WDF_CLIENT_BIND_CLASS;
typedef VOID NTAPI WDF_CLIENT_UNBIND_CLASS(PFN_WDF_VERSION_UNBIND_CLASS Loader, PWDF_BIND_INFO BindInfo,
                                           PWDF_DRIVER_GLOBALS Globals, PWDF_CLASS_BIND_INFO ClassBindInfo);
typedef WDF_CLIENT_UNBIND_CLASS* PFN_WDF_CLIENT_UNBIND_CLASS;

// Before the definition of a WDF_CLASS_BIND_INFO: the stub walks these, between its two markers. Zero words may lie between.
#define WDF_CLASS_ENTRY __attribute__((section(".data$wdfclass_b"), used, no_reorder, aligned(8)))
