#pragma once
// Structures of objects and of the driver (wdfobject.h, wdfdriver.h).

#include "nt/device_object.h"
#include "wdf/handles.h"

namespace drydock::wdf {

enum WDF_EXECUTION_LEVEL : LONG {
  WdfExecutionLevelInvalid,
  WdfExecutionLevelInheritFromParent,
  WdfExecutionLevelPassive,
  WdfExecutionLevelDispatch
};
enum WDF_SYNCHRONIZATION_SCOPE : LONG {
  WdfSynchronizationScopeInvalid,
  WdfSynchronizationScopeInheritFromParent,
  WdfSynchronizationScopeDevice,
  WdfSynchronizationScopeQueue,
  WdfSynchronizationScopeNone
};

using PFN_WDF_OBJECT_CONTEXT_CLEANUP = VOID(NTAPI*)(WDFOBJECT Object);
using PFN_WDF_OBJECT_CONTEXT_DESTROY = VOID(NTAPI*)(WDFOBJECT Object);

struct WDF_OBJECT_CONTEXT_TYPE_INFO {
  ULONG Size;
  const CHAR* ContextName;
  SIZE_T ContextSize;
  const WDF_OBJECT_CONTEXT_TYPE_INFO* UniqueType;
  const WDF_OBJECT_CONTEXT_TYPE_INFO*(NTAPI* EvtDriverGetUniqueContextType)();
};
static_assert(sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO) == 0x28);
inline constexpr ULONG kContextTypeInfoSize10 = 0x20;  ///< of 1.0: without the last member

struct WDF_OBJECT_ATTRIBUTES {
  ULONG Size;
  PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback;
  PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback;
  WDF_EXECUTION_LEVEL ExecutionLevel;
  WDF_SYNCHRONIZATION_SCOPE SynchronizationScope;
  WDFOBJECT ParentObject;
  SIZE_T ContextSizeOverride;
  const WDF_OBJECT_CONTEXT_TYPE_INFO* ContextTypeInfo;
};
static_assert(sizeof(WDF_OBJECT_ATTRIBUTES) == 0x38 && offsetof(WDF_OBJECT_ATTRIBUTES, ExecutionLevel) == 0x18 &&
              offsetof(WDF_OBJECT_ATTRIBUTES, ParentObject) == 0x20 &&
              offsetof(WDF_OBJECT_ATTRIBUTES, ContextTypeInfo) == 0x30);

struct WDFDEVICE_INIT;

using PFN_WDF_DRIVER_DEVICE_ADD = NTSTATUS(NTAPI*)(WDFDRIVER Driver, WDFDEVICE_INIT* DeviceInit);
using PFN_WDF_DRIVER_UNLOAD = VOID(NTAPI*)(WDFDRIVER Driver);

inline constexpr ULONG WdfDriverInitNonPnpDriver = 0x1;
inline constexpr ULONG WdfDriverInitNoDispatchOverride = 0x2;
inline constexpr ULONG WdfVerifyOn = 0x4;
inline constexpr ULONG WdfVerifierOn = 0x8;
inline constexpr ULONG WdfDriverInitCompanion = 0x10;

struct WDF_DRIVER_CONFIG {
  ULONG Size;
  PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd;
  PFN_WDF_DRIVER_UNLOAD EvtDriverUnload;
  ULONG DriverInitFlags;
  ULONG DriverPoolTag;
};
static_assert(sizeof(WDF_DRIVER_CONFIG) == 0x20 && offsetof(WDF_DRIVER_CONFIG, DriverPoolTag) == 0x1C);
struct WDF_DRIVER_VERSION_AVAILABLE_PARAMS {
  ULONG Size;
  ULONG MajorVersion;
  ULONG MinorVersion;
};

}  // namespace drydock::wdf
