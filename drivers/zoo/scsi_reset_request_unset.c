// libs: scsiport
// Has one way to end whatever it has asked the adapter for, resets included, and that looks at the request's SRB, which
// a reset that the port asked for does not have.
// Expected: DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1), at any reset.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

typedef struct _ADAPTER_REQUEST {
  PSCSI_REQUEST_BLOCK Srb;
  BOOLEAN Done;
} ADAPTER_REQUEST;

static VOID EndRequest(ADAPTER_REQUEST* Request, BOOLEAN Done) {
  Request->Done = Done;
#ifdef REPAIRED
  if (!Request->Srb) return;
#endif
  Request->Srb->DataTransferLength = 0;
}

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
  ADAPTER_REQUEST request = {NULL, FALSE};
  EndRequest(&request, RightResetBus(Context, PathId));
  return request.Done;
}
