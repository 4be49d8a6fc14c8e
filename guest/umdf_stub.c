// The part of a UMDF 2 driver that stands for the kit's WdfDriverStubUm library: exports FxDriverEntryUm, binds the driver
// by names (wdfumdf.h), then hands over to DriverEntry. Version: UMDF_VERSION_MINOR (2.0 to 2.33).

#include <wudfwdm.h>
#include <wdf.h>

DRIVER_INITIALIZE DriverEntry;

PWDF_DRIVER_GLOBALS WdfDriverGlobals;

// What tells the host whose stub this is; the kit's has no such export.
__declspec(dllexport) const ULONG DrydockUmdfStub = 1;

static const CHAR* const WdfFunctionNames[] = {
#define WDF_FUNCTION(index, result, name, parameters, arguments) #name,
#define WDF_FUNCTION_KM(index, result, name, parameters, arguments)
#define WDF_FUNCTION_BY_NAME(index, name)
#define WDF_FUNCTION_UM(result, name, parameters, arguments) #name,
#include <wdffunctions.inc>
#include <wdffunctions_um.inc>
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME
#undef WDF_FUNCTION_UM
};

#if UMDF_VERSION_MINOR == 0
static WDFFUNC WdfFunctionTable[sizeof(WdfFunctionNames) / sizeof(WdfFunctionNames[0])];
const WDFFUNC* WdfFunctions = WdfFunctionTable;
#define WDF_FUNCTION_TABLE WdfFunctionTable
#else
const WDFFUNC* WdfFunctions;
#define WDF_FUNCTION_TABLE ((WDFFUNC*)(PVOID)&WdfFunctions)
#endif

#ifndef UMDF_FUNCTION_COUNT
#define UMDF_FUNCTION_COUNT WdfFunctionTableNumEntries
#endif
static UMDF_BIND_INFO WdfBindInfo = {{sizeof(UMDF_BIND_INFO),
                                      (PWCHAR)L"UmdfLibrary",
                                      {UMDF_VERSION_MAJOR, UMDF_VERSION_MINOR, 0},
                                      UMDF_FUNCTION_COUNT,
                                      WDF_FUNCTION_TABLE,
                                      NULL},
                                     sizeof(WdfFunctionNames) / sizeof(WdfFunctionNames[0]),
                                     WdfFunctionNames};

BOOL NTAPI DllMain(PVOID Instance, ULONG Reason, PVOID Reserved) {
  (void)Instance;
  (void)Reason;
  (void)Reserved;
  return TRUE;
}

__declspec(dllexport) NTSTATUS NTAPI FxDriverEntryUm(PVOID LoaderInterface, PVOID Context, PVOID DriverObject,
                                                     PUNICODE_STRING RegistryPath) {
  const UMDF_LOADER_INTERFACE* loader = LoaderInterface;
  if (loader == NULL || loader->Size < sizeof(*loader)) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = loader->Bind(Context, RegistryPath, &WdfBindInfo, &WdfDriverGlobals);
  if (!NT_SUCCESS(status)) return status;
  status = DriverEntry((PDRIVER_OBJECT)DriverObject, RegistryPath);
  if (!NT_SUCCESS(status)) loader->Unbind(RegistryPath, &WdfBindInfo, WdfDriverGlobals);
  return status;
}
