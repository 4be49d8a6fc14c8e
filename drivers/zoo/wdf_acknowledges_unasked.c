// kmdf: 1.33
// Acknowledges the stop of a request that nobody wants stopped.
// Expected: stop-acknowledged-outside-evtiostop (WDF-454).
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  UNREFERENCED_PARAMETER(Zoo);
#ifndef FIXED
  WdfRequestStopAcknowledge(Request, FALSE);
#endif
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
