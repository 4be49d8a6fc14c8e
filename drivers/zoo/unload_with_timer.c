// Is unloaded while its timer runs; a second later the DPC routine is gone.
// Expected: TIMER_OR_DPC_INVALID (0xC7), 0; without the verifier DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS
// (0xCE) when the timer expires.
#include "zoo.h"

static KTIMER timer;
static KDPC dpc;
static volatile LONG expired;

static VOID NTAPI Expired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  expired = TRUE;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
#ifdef FIXED
  KeCancelTimer(&timer);
  KeFlushQueuedDpcs();
#endif
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  LARGE_INTEGER second;
  UNREFERENCED_PARAMETER(RegistryPath);
  KeInitializeTimer(&timer);
  KeInitializeDpc(&dpc, Expired, NULL);
  second.QuadPart = -10000000;
  KeSetTimer(&timer, second, &dpc);
  DriverObject->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
