// The part of a KMDF driver that the kit links in: it binds the driver to the framework's library, then hands over.
//
// Version: KMDF_VERSION_MINOR (1.9 to 1.33). From 1.25 on a driver may run on an older library than it was built for,
// down to KMDF_MINIMUM_VERSION_REQUIRED, and is told what the library lacks.

#include <ntddk.h>
#include <wdf.h>
#include <wdfclass.h>

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

// Markers of the class entries (wdfldr.h); the linker sorts by what follows the dollar.
static PVOID WdfClassesBegin __attribute__((section(".data$wdfclass_a"), used, aligned(8)));
static PVOID WdfClassesEnd __attribute__((section(".data$wdfclass_c"), used, aligned(8)));
static PWDF_CLASS_BIND_INFO WdfBoundClasses[16];
static ULONG WdfBoundClassCount;

static NTSTATUS WdfBindClass(PWDF_CLASS_BIND_INFO Class) {
  PWDF_BIND_INFO info = (PWDF_BIND_INFO)&WdfBindInfo;
  if (WdfBoundClassCount == ARRAYSIZE(WdfBoundClasses)) return STATUS_INSUFFICIENT_RESOURCES;
  PFN_WDF_CLIENT_BIND_CLASS own = (PFN_WDF_CLIENT_BIND_CLASS)Class->ClientBindClass;
  NTSTATUS status = own ? own(WdfVersionBindClass, info, WdfDriverGlobals, Class)
                        : WdfVersionBindClass(info, WdfDriverGlobals, Class);
  if (NT_SUCCESS(status)) WdfBoundClasses[WdfBoundClassCount++] = Class;
  return status;
}

static NTSTATUS WdfBindClasses(VOID) {
  PVOID volatile* at = &WdfClassesBegin + 1;
  while (at < (PVOID volatile*)&WdfClassesEnd) {
    if (*at == NULL) {
      ++at;
      continue;
    }
    PWDF_CLASS_BIND_INFO each = (PWDF_CLASS_BIND_INFO)at;
    BOOLEAN known = each->Size == sizeof(WDF_CLASS_BIND_INFO);
#if KMDF_VERSION_MINOR >= 25
    known = known || each->Size == sizeof(WDF_CLASS_BIND_INFO2);
#endif
    if (!known) return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = WdfBindClass(each);
    if (!NT_SUCCESS(status)) return status;
    at += each->Size / sizeof(PVOID);
  }
  return STATUS_SUCCESS;
}

static VOID WdfUnbindClasses(VOID) {
  PWDF_BIND_INFO info = (PWDF_BIND_INFO)&WdfBindInfo;
  while (WdfBoundClassCount != 0) {
    PWDF_CLASS_BIND_INFO each = WdfBoundClasses[--WdfBoundClassCount];
    PFN_WDF_CLIENT_UNBIND_CLASS own = (PFN_WDF_CLIENT_UNBIND_CLASS)each->ClientUnbindClass;
    if (own)
      own(WdfVersionUnbindClass, info, WdfDriverGlobals, each);
    else
      WdfVersionUnbindClass(info, WdfDriverGlobals, each);
  }
}

static VOID WdfUnbind(VOID) {
  WdfUnbindClasses();
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

  status = WdfBindClasses();
  if (NT_SUCCESS(status)) status = DriverEntry(DriverObject, RegistryPath);
  if (!NT_SUCCESS(status)) {
    WdfUnbind();
  } else if (WdfDriverGlobals->DisplaceDriverUnload) {
    WdfDisplacedDriverUnload = DriverObject->DriverUnload;
    DriverObject->DriverUnload = FxStubDriverUnload;
  }
  return status;
}
