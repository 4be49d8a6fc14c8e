// kmdf: 1.33
// Purges its queue in EvtDeviceSurpriseRemoval, which is only a notice.
// Expected: surprise-callback-does-work (WDF-470).
#define ZOO_SURPRISE Surprise
#include "zoo_wdf.h"

static VOID Surprise(ZOO* Zoo) {
#ifndef FIXED
  WdfIoQueuePurge(Zoo->Queue, NULL, NULL);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
}
