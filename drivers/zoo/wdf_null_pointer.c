// kmdf: 1.33
// Asks for a request and gives nowhere to put it.
// Expected: null-pointer, WDF_VIOLATION (0x10D) with 4.
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  WDFMEMORY memory = NULL;
  PVOID buffer;
  UNREFERENCED_PARAMETER(memory);
  UNREFERENCED_PARAMETER(Previous);
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
#ifndef FIXED
  return WdfMemoryCreate(&attributes, NonPagedPoolNx, 0, 64, NULL, &buffer);
#else
  return WdfMemoryCreate(&attributes, NonPagedPoolNx, 0, 64, &memory, &buffer);
#endif
}
