// kmdf: 1.33
// Says that it has created a child and has not.
// Expected: child-not-created (WDF-457).
#include "zoo_wdf_bus.h"

static NTSTATUS CreateChild(PWDFDEVICE_INIT Init) {
#ifndef FIXED
  UNREFERENCED_PARAMETER(Init);
  return STATUS_SUCCESS;
#else
  return ZooCreateChild(Init);
#endif
}
