// The part of a KMDF driver that the kit links in: it binds the driver to the framework's library, then hands over.
//
// Version: KMDF_VERSION_MINOR (1.9 to 1.33). From 1.25 on a driver may run on an older library than it was built for,
// down to KMDF_MINIMUM_VERSION_REQUIRED, and is told what the library lacks.

#include <ntddk.h>
#include <wdf.h>

#ifndef KMDF_MINIMUM_VERSION_REQUIRED
#define KMDF_MINIMUM_VERSION_REQUIRED KMDF_VERSION_MINOR
#endif

NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, PWDF_BIND_INFO BindInfo,
                              PWDF_DRIVER_GLOBALS* Globals);
VOID NTAPI WdfVersionUnbind(PUNICODE_STRING RegistryPath, PWDF_BIND_INFO BindInfo, PWDF_DRIVER_GLOBALS Globals);

DRIVER_INITIALIZE DriverEntry;
DRIVER_INITIALIZE FxDriverEntry;

PWDF_DRIVER_GLOBALS WdfDriverGlobals;

#if KMDF_VERSION_MINOR <= 13
// The framework copies its pointers here.
static WDFFUNC WdfFunctionTable[WdfFunctionTableNumEntries];
const WDFFUNC* WdfFunctions = WdfFunctionTable;
#define WDF_FUNCTION_TABLE WdfFunctionTable
#else
// The framework stores the address of its table here.
const WDFFUNC* WdfFunctions;
#define WDF_FUNCTION_TABLE ((WDFFUNC*)(PVOID)&WdfFunctions)
#endif

#define WDF_BIND_INFO_FIELDS(size)                                                                           \
  {                                                                                                          \
    (size), (PWCHAR)L"KmdfLibrary", {KMDF_VERSION_MAJOR, KMDF_VERSION_MINOR, 0}, WdfFunctionTableNumEntries, \
        WDF_FUNCTION_TABLE, NULL                                                                             \
  }

#if KMDF_VERSION_MINOR >= 25
static ULONG WdfMinimumVersionRequired = KMDF_MINIMUM_VERSION_REQUIRED;
BOOLEAN WdfClientVersionHigherThanFramework;
ULONG WdfFunctionCount = WdfFunctionTableNumEntries;
ULONG WdfStructureCount;
SIZE_T* WdfStructures;
static WDF_BIND_INFO2 WdfBindInfo = {WDF_BIND_INFO_FIELDS(sizeof(WDF_BIND_INFO2)),
                                     &WdfMinimumVersionRequired,
                                     &WdfClientVersionHigherThanFramework,
                                     &WdfFunctionCount,
                                     &WdfStructureCount,
                                     &WdfStructures};
#else
static WDF_BIND_INFO WdfBindInfo = WDF_BIND_INFO_FIELDS(sizeof(WDF_BIND_INFO));
#endif

static WCHAR WdfRegistryPathBuffer[260];
static UNICODE_STRING WdfRegistryPath = {0, sizeof(WdfRegistryPathBuffer), WdfRegistryPathBuffer};
static PDRIVER_UNLOAD WdfDisplacedDriverUnload;

static VOID WdfUnbind(VOID) {
  WdfVersionUnbind(&WdfRegistryPath, (PWDF_BIND_INFO)&WdfBindInfo, WdfDriverGlobals);
}

static VOID NTAPI FxStubDriverUnload(PDRIVER_OBJECT DriverObject) {
  if (WdfDisplacedDriverUnload != NULL) WdfDisplacedDriverUnload(DriverObject);
  WdfUnbind();
}

NTSTATUS NTAPI FxDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  RtlCopyUnicodeString(&WdfRegistryPath, RegistryPath);
  NTSTATUS status = WdfVersionBind(DriverObject, &WdfRegistryPath, (PWDF_BIND_INFO)&WdfBindInfo, &WdfDriverGlobals);
  if (!NT_SUCCESS(status)) return status;

  status = DriverEntry(DriverObject, RegistryPath);
  if (!NT_SUCCESS(status)) {
    WdfUnbind();
  } else if (WdfDriverGlobals->DisplaceDriverUnload) {
    WdfDisplacedDriverUnload = DriverObject->DriverUnload;
    DriverObject->DriverUnload = FxStubDriverUnload;
  }
  return status;
}
