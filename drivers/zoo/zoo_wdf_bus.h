// The driver of zoo_wdf.h as a bus with one child, which has no driver but its own (a raw PDO). A driver of the zoo
// gives CreateChild, with ZooCreateChild to fall back on.
#pragma once

#define ZOO_INIT ZooBusInit
#define ZOO_ADDED ZooBusAdded
#include "zoo_wdf.h"

typedef struct _ZOO_CHILD {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
  ULONG Number;
} ZOO_CHILD;

static NTSTATUS CreateChild(PWDFDEVICE_INIT Init);

static inline NTSTATUS ZooCreateChild(PWDFDEVICE_INIT Init) {
  static const GUID raw_class = {0x7A1F0A31, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x03}};
  DECLARE_CONST_UNICODE_STRING(id, L"ZOO\\Child");
  DECLARE_CONST_UNICODE_STRING(instance, L"1");
  WDFDEVICE child;
  NTSTATUS status = WdfPdoInitAssignDeviceID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddHardwareID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignInstanceID(Init, &instance);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignRawDevice(Init, &raw_class);
  return NT_SUCCESS(status) ? WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &child) : status;
}

static NTSTATUS NTAPI ZooChildWanted(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id,
                                     PWDFDEVICE_INIT Init) {
  UNREFERENCED_PARAMETER(List);
  UNREFERENCED_PARAMETER(Id);
  return CreateChild(Init);
}

static VOID ZooBusInit(PWDFDEVICE_INIT Init) {
  WDF_CHILD_LIST_CONFIG config;
  WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(ZOO_CHILD), ZooChildWanted);
  WdfFdoInitSetDefaultChildListConfig(Init, &config, WDF_NO_OBJECT_ATTRIBUTES);
}

static NTSTATUS ZooBusAdded(ZOO* Zoo) {
  ZOO_CHILD child;
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&child.Header, sizeof(child));
  child.Number = 1;
  return WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(Zoo->Device), &child.Header, NULL);
}
