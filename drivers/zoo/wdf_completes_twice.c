// kmdf: 1.33
// Completes a request that it has completed already and still refers to.
// Expected: request-completed-twice (WDF-432).
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  UNREFERENCED_PARAMETER(Zoo);
  WdfObjectReference(Request);
  WdfRequestComplete(Request, STATUS_SUCCESS);
#ifndef FIXED
  WdfRequestComplete(Request, STATUS_SUCCESS);
#endif
  WdfObjectDereference(Request);
}
