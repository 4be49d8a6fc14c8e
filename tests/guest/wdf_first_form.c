// libs: wdfldr
// A driver with a stub of its own, which asks for KMDF 1.99 with bind information of the first form.

#include <ntddk.h>

typedef struct _BIND_INFO {
  ULONG Size;
  PWCHAR Component;
  struct {
    ULONG Major, Minor, Build;
  } Version;
  ULONG FuncCount;
  PVOID FuncTable;
  PVOID Module;
} BIND_INFO;

__declspec(dllimport) NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
                                                    BIND_INFO* BindInfo, PVOID* Globals);

static PVOID Functions;
static BIND_INFO Info = {sizeof(BIND_INFO), (PWCHAR)L"KmdfLibrary", {1, 99, 0}, 458, &Functions, NULL};
static PVOID Globals;

static NTSTATUS DriversEntry(VOID) {
  DbgPrint("the driver's entry runs\n");
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  NTSTATUS status = WdfVersionBind(DriverObject, RegistryPath, &Info, &Globals);
  return NT_SUCCESS(status) ? DriversEntry() : status;
}
