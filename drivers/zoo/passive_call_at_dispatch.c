// Makes a call at DISPATCH_LEVEL that is allowed at PASSIVE_LEVEL only.
// Expected: DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4), 0xE5.
#include "zoo.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\ZooLink");
  UNICODE_STRING target = RTL_CONSTANT_STRING(L"\\Device\\Null");
  KIRQL irql;
  UNREFERENCED_PARAMETER(RegistryPath);
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  IoCreateSymbolicLink(&link, &target);
#ifndef FIXED
  KeLowerIrql(irql);
#endif
  IoDeleteSymbolicLink(&link);
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
