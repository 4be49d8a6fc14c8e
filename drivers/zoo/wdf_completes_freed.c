// kmdf: 1.33
// Completes a request twice; at the second time the handle is gone.
// Expected: invalid-handle, WDF_VIOLATION (0x10D) with 5.
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  UNREFERENCED_PARAMETER(Zoo);
  WdfRequestComplete(Request, STATUS_SUCCESS);
#ifndef FIXED
  WdfRequestComplete(Request, STATUS_SUCCESS);
#endif
}
