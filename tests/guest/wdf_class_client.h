// A client of class extensions. The first is bound by its own ClientBindClass; the last is the same (0), one that is
// asked of the loader (1), or an entry of a size that nobody had (2).

#include <ntddk.h>
#include <wdfclass.h>

#include "wdf_diary.h"

enum { kBound = 1, kUnbound };

static WDFFUNC FirstTable[2];
static ULONG Own;  // what an extension may leave at ClassBindInfo

static VOID NTAPI ClassFunction(VOID) {}

static NTSTATUS NTAPI BindClass(PFN_WDF_VERSION_BIND_CLASS Loader, PWDF_BIND_INFO BindInfo,
                                PWDF_DRIVER_GLOBALS Globals, PWDF_CLASS_BIND_INFO Class) {
  WriteDown(1, PuppetNote, kBound);
  MUST(Loader == WdfVersionBindClass && Globals == WdfDriverGlobals && BindInfo->Version.Major == 1);
  for (ULONG i = 0; i < Class->FunctionTableCount; ++i) Class->FunctionTable[i] = ClassFunction;
  Class->ClassBindInfo = &Own;
  return STATUS_SUCCESS;
}
static VOID NTAPI UnbindClass(PFN_WDF_VERSION_UNBIND_CLASS Loader, PWDF_BIND_INFO BindInfo,
                              PWDF_DRIVER_GLOBALS Globals, PWDF_CLASS_BIND_INFO Class) {
  (void)BindInfo;
  (void)Globals;
  WriteDown(1, PuppetNote, kUnbound);
  MUST(Loader == WdfVersionUnbindClass && Class->ClassBindInfo == &Own);
}

WDF_CLASS_ENTRY WDF_CLASS_BIND_INFO FirstClass = {.Size = sizeof(WDF_CLASS_BIND_INFO),
                                                  .ClassName = (PWCHAR)L"HostClassCx",
                                                  .Version = {1, 0, 0},
                                                  .FunctionTable = FirstTable,
                                                  .FunctionTableCount = 2,
                                                  .ClientBindClass = (PVOID)BindClass,
                                                  .ClientUnbindClass = (PVOID)UnbindClass};
WDF_CLASS_ENTRY PVOID Between[3] = {NULL, NULL, NULL};
#if LAST_CLASS == 0
WDF_CLASS_ENTRY WDF_CLASS_BIND_INFO2 LastClass = {.V1 = {.Size = sizeof(WDF_CLASS_BIND_INFO2),
                                                         .ClassName = (PWCHAR)L"HostOtherCx",
                                                         .ClientBindClass = (PVOID)BindClass,
                                                         .ClientUnbindClass = (PVOID)UnbindClass}};
#else
WDF_CLASS_ENTRY WDF_CLASS_BIND_INFO LastClass = {
    .Size = LAST_CLASS == 2 ? 0x40 : sizeof(WDF_CLASS_BIND_INFO), .ClassName = (PWCHAR)L"NetAdapterCx", .Version = {2, 3, 0}};
#endif

static VOID NTAPI OnUnload(WDFDRIVER Driver) {
  (void)Driver;
  WriteDown(1, PuppetUnload, 0);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WriteDown(1, PuppetDriverEntry, 0);
  MUST(FirstTable[0] == ClassFunction && FirstTable[1] == ClassFunction);
  WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
  config.DriverInitFlags = WdfDriverInitNonPnpDriver;
  config.EvtDriverUnload = OnUnload;
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
