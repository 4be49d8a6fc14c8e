// kmdf: 1.33
// Describes its child with a pointer, which the framework copies as it is, and frees what that points to.
// Expected, with special pool: DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL (0xD5).
#define ZOO_INIT Init
#define ZOO_ADDED Added
#include "zoo_wdf.h"

typedef struct _CHILD {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
#ifndef FIXED
  volatile LONG* Number;
#else
  LONG Number;
#endif
} CHILD;

static LONG Created;

static NTSTATUS NTAPI CreateChild(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id,
                                  PWDFDEVICE_INIT DeviceInit) {
  UNREFERENCED_PARAMETER(List);
  UNREFERENCED_PARAMETER(DeviceInit);
#ifndef FIXED
  Created = *((CHILD*)Id)->Number;
#else
  Created = ((CHILD*)Id)->Number;
#endif
  return STATUS_UNSUCCESSFUL;  // it is not ready yet
}

static VOID Init(PWDFDEVICE_INIT DeviceInit) {
  WDF_CHILD_LIST_CONFIG config;
  WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(CHILD), CreateChild);
  WdfFdoInitSetDefaultChildListConfig(DeviceInit, &config, WDF_NO_OBJECT_ATTRIBUTES);
}

static NTSTATUS Added(ZOO* Zoo) {
  CHILD child;
  volatile LONG* number = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(LONG), ZOO_TAG);
  if (!number) return STATUS_INSUFFICIENT_RESOURCES;
  *number = 1;
  RtlZeroMemory(&child, sizeof(child));
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&child.Header, sizeof(child));
#ifndef FIXED
  child.Number = number;
#else
  child.Number = *number;
#endif
  NTSTATUS status =
      WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(Zoo->Device), &child.Header, NULL);
  ExFreePoolWithTag((PVOID)number, ZOO_TAG);
  return status;
}
