// kmdf: 1.33
// Completes a request that may be cancelled meanwhile, and does not take back the cancel routine first.
// Expected: request-completed-while-cancelable (WDF-433).
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID NTAPI Cancel(WDFREQUEST Request) {
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  UNREFERENCED_PARAMETER(Zoo);
  if (!NT_SUCCESS(WdfRequestMarkCancelableEx(Request, Cancel))) return WdfRequestComplete(Request, STATUS_CANCELLED);
#ifdef FIXED
  if (WdfRequestUnmarkCancelable(Request) == STATUS_CANCELLED) return;
#endif
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
