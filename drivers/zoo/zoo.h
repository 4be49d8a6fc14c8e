// What every driver of the zoo needs. Each has one mistake, made in DriverEntry unless its header says otherwise, and
// is built again as <name>_fixed.c, where FIXED repairs the mistake and changes nothing else.
#pragma once

#include <ntddk.h>

#define ZOO_TAG 0x206F6F5A  // Zoo

DRIVER_INITIALIZE DriverEntry;

static inline VOID NTAPI ZooUnload(PDRIVER_OBJECT DriverObject) {
  if (DriverObject->DeviceObject) IoDeleteDevice(DriverObject->DeviceObject);
}
