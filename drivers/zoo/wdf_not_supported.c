// kmdf: 1.33
// Has nothing against a rebalance, and says so with a status that it may not use.
// Expected: not-supported-returned (WDF-456).
#define ZOO_QUERY_STOP QueryStop
#include "zoo_wdf.h"

static NTSTATUS QueryStop(ZOO* Zoo) {
  UNREFERENCED_PARAMETER(Zoo);
#ifndef FIXED
  return STATUS_NOT_SUPPORTED;
#else
  return STATUS_SUCCESS;
#endif
}
