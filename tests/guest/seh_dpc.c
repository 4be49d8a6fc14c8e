// A DPC raises while the thread it interrupts is inside a __try. Its exception is none of the thread's: expected
// KMODE_EXCEPTION_NOT_HANDLED (0x1E), and never the thread's handler.
#include "seh.h"

static VOID NTAPI Routine(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  ExRaiseStatus(STATUS_DEVICE_DATA_ERROR);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  KDPC dpc;
  KIRQL irql;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  UNREFERENCED_PARAMETER(RegistryPath);
  KeInitializeDpc(&dpc, Routine, NULL);
  __try {
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeLowerIrql(irql);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = STATUS_SUCCESS;
  }
  DriverObject->DriverUnload = GuestUnload;
  return status;
}
