#pragma once
// What a driver's stub and the loader exchange (contract, "Data definitions" and section 20).

#include "nt/base.h"
#include "nt/device_object.h"
#include "wdf/handles.h"

namespace drydock::wdf {

struct WDF_DRIVER_GLOBALS {
  WDFDRIVER Driver;
  ULONG DriverFlags;
  ULONG DriverTag;
  CHAR DriverName[32];
  BOOLEAN DisplaceDriverUnload;
};
static_assert(sizeof(WDF_DRIVER_GLOBALS) == 0x38 && offsetof(WDF_DRIVER_GLOBALS, DriverTag) == 0x0C &&
              offsetof(WDF_DRIVER_GLOBALS, DriverName) == 0x10 &&
              offsetof(WDF_DRIVER_GLOBALS, DisplaceDriverUnload) == 0x30);

struct WDF_VERSION {
  ULONG Major;
  ULONG Minor;
  ULONG Build;
};

struct WDF_BIND_INFO {
  ULONG Size;
  WCHAR* Component;
  WDF_VERSION Version;
  ULONG FuncCount;
  PVOID* FuncTable;  ///< an array up to 438 functions, the address of a pointer variable above (WDF-394, WDF-395)
  PVOID Module;
};
static_assert(sizeof(WDF_BIND_INFO) == 0x30 && offsetof(WDF_BIND_INFO, Version) == 0x10 &&
              offsetof(WDF_BIND_INFO, FuncCount) == 0x1C && offsetof(WDF_BIND_INFO, FuncTable) == 0x20);

/// The form of stubs since 1.25.
struct WDF_BIND_INFO2 {
  WDF_BIND_INFO V1;
  ULONG MinimumVersionRequired;
  BOOLEAN* ClientVersionHigherThanFramework;
  ULONG* FuncCount;
  ULONG* StructCount;
  SIZE_T** StructTable;
};
static_assert(sizeof(WDF_BIND_INFO2) == 0x58 && offsetof(WDF_BIND_INFO2, MinimumVersionRequired) == 0x30 &&
              offsetof(WDF_BIND_INFO2, StructTable) == 0x50);

struct WDF_CLASS_BIND_INFO {
  ULONG Size;
  WCHAR* ClassName;
  WDF_VERSION Version;
  PVOID* FunctionTable;
  ULONG FunctionTableCount;
  PVOID ClassBindInfo;
  PVOID ClientBindClass;
  PVOID ClientUnbindClass;
  PVOID ClassModule;
};
static_assert(sizeof(WDF_CLASS_BIND_INFO) == 0x50 && offsetof(WDF_CLASS_BIND_INFO, FunctionTable) == 0x20 &&
              offsetof(WDF_CLASS_BIND_INFO, ClientBindClass) == 0x38);
inline constexpr ULONG kClassBindInfo2Size = 0x78;

}  // namespace drydock::wdf
