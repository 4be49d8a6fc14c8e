// kmdf: 1.33
// Keeps the list of its resources and looks into it after ReleaseHardware.
// Expected: stale-resource-list (WDF-447).
#define ZOO_PREPARE Prepare
#define ZOO_CLEANUP Cleanup
#include "zoo_wdf.h"

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Raw);
  Zoo->Object = Translated;
  Zoo->Count = (LONG)WdfCmResourceListGetCount(Translated);
  return STATUS_SUCCESS;
}

static VOID Cleanup(ZOO* Zoo) {
#ifndef FIXED
  if (Zoo->Object) Zoo->Count = (LONG)WdfCmResourceListGetCount((WDFCMRESLIST)Zoo->Object);
#endif
  Zoo->Count = 0;
}
