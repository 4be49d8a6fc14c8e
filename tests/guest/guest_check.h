// Checks inside a driver.
#pragma once

#include <ntddk.h>

#include "guest_ioctl.h"

#define CHECK(result, condition) GuestCheck((result), !!(condition), __LINE__)

static inline VOID GuestCheck(GUEST_RESULT* Result, BOOLEAN Holds, ULONG Line) {
  ++Result->Checks;
  if (Holds) return;
  if (Result->Failures++ == 0) Result->FirstFailure = Line;
}

/// For tests that report through DriverEntry: STATUS_SUCCESS, or 0xE0000000 and the line of the first failure.
static inline NTSTATUS GuestStatus(const GUEST_RESULT* Result) {
  return Result->Failures ? (NTSTATUS)(0xE0000000 | Result->FirstFailure) : STATUS_SUCCESS;
}

static inline VOID NTAPI GuestUnload(PDRIVER_OBJECT DriverObject) {
  if (DriverObject->DeviceObject) IoDeleteDevice(DriverObject->DeviceObject);
}

static inline NTSTATUS GuestComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = Information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

static inline NTSTATUS NTAPI GuestCreateClose(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  return GuestComplete(Irp, STATUS_SUCCESS, 0);
}

/// A named device that opens, closes, takes device controls and goes with the driver.
static inline NTSTATUS GuestCreateDevice(PDRIVER_OBJECT DriverObject, PCWSTR Name, PDRIVER_DISPATCH DeviceControl) {
  UNICODE_STRING name;
  PDEVICE_OBJECT device;
  RtlInitUnicodeString(&name, Name);
  NTSTATUS status =
      IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = GuestCreateClose;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = GuestCreateClose;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
  DriverObject->DriverUnload = GuestUnload;
  return STATUS_SUCCESS;
}
