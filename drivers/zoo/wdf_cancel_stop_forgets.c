// kmdf: 1.33
// Stops its queue when it is asked whether the device may be stopped. Nobody tells a framework driver that it may go
// on. Expected: lost-request.
#define ZOO_QUERY_STOP QueryStop
#include "zoo_wdf.h"

static NTSTATUS QueryStop(ZOO* Zoo) {
#ifndef FIXED
  WdfIoQueueStop(Zoo->Queue, NULL, NULL);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
  return STATUS_SUCCESS;
}
