// Calls a function pointer that points into its data.
// Expected: ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY (0xFC).
#include "zoo.h"

typedef VOID ROUTINE(VOID);

#ifdef FIXED
static VOID Routine(VOID) {}
static ROUTINE* volatile target = Routine;
#else
static UCHAR data[] = {0xC3, 0xC3, 0xC3, 0xC3};
static ROUTINE* volatile target = (ROUTINE*)(PVOID)data;
#endif

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  target();
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
