// The upper of two drivers: catches what seh_lower.c, to be loaded before, raises in its dispatch routine. Reports
// through DriverEntry's status, see GuestStatus.
#include "seh.h"

/// Sends the lower driver a request to raise Status; a success is its result instead.
/// The request was not completed if the lower driver raised, so it is ours to free in either case.
static NTSTATUS Ask(PDEVICE_OBJECT Lower, NTSTATUS Status, ULONG* Finally) {
  NTSTATUS answer;
  PIRP irp = IoAllocateIrp(Lower->StackSize, FALSE);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  stack->Parameters.Others.Argument1 = (PVOID)(LONG_PTR)Status;
  __try {
    __try {
      answer = IoCallDriver(Lower, irp);
    } __finally {
      ++*Finally;
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    answer = GetExceptionCode();
  }
  IoFreeIrp(irp);
  return answer;
}

static NTSTATUS NTAPI Keep(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Context);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

/// The same without a raise: the completion routine keeps the request for us to free.
static NTSTATUS AskKindly(PDEVICE_OBJECT Lower) {
  PIRP irp = IoAllocateIrp(Lower->StackSize, FALSE);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  stack->Parameters.Others.Argument1 = NULL;
  IoSetCompletionRoutine(irp, Keep, NULL, TRUE, TRUE, TRUE);
  NTSTATUS answer = IoCallDriver(Lower, irp);
  IoFreeIrp(irp);
  return answer;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  GUEST_RESULT result = {0, 0, 0};
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\SehLower");
  PFILE_OBJECT file;
  PDEVICE_OBJECT lower;
  ULONG finally = 0;
  UNREFERENCED_PARAMETER(RegistryPath);
  NTSTATUS status = IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &lower);
  if (!NT_SUCCESS(status)) return status;

  CHECK(&result, Ask(lower, STATUS_DEVICE_DATA_ERROR, &finally) == STATUS_DEVICE_DATA_ERROR);
  CHECK(&result, finally == 1);
  CHECK(&result, KeGetCurrentIrql() == PASSIVE_LEVEL);
  CHECK(&result, Ask(lower, STATUS_ACCESS_VIOLATION, &finally) == STATUS_ACCESS_VIOLATION);
  CHECK(&result, finally == 2);
  CHECK(&result, AskKindly(lower) == STATUS_SUCCESS);  // the lower driver is none the worse for it

  ObDereferenceObject(file);
  DriverObject->DriverUnload = GuestUnload;
  return GuestStatus(&result);
}
