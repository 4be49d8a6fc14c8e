// kmdf: 1.33
// Takes a resource off its list in PrepareHardware.
// Expected: resource-list-changed-in-prepare (WDF-448).
#define ZOO_PREPARE Prepare
#include "zoo_wdf.h"

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Raw);
#ifndef FIXED
  WdfCmResourceListRemove(Translated, 0);
#else
  UNREFERENCED_PARAMETER(Translated);
#endif
  return STATUS_SUCCESS;
}
