// kmdf: 1.33
// Waits for four objects at once and gives no wait blocks: without them three are the limit.
// Expected: MAXIMUM_WAIT_OBJECTS_EXCEEDED (0xC).
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

#define EVENTS 4

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  KEVENT events[EVENTS];
  PVOID objects[EVENTS];
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Previous);
  for (ULONG i = 0; i < EVENTS; ++i) {
    KeInitializeEvent(&events[i], NotificationEvent, TRUE);
    objects[i] = &events[i];
  }
#ifdef FIXED
  KWAIT_BLOCK blocks[EVENTS];
  return KeWaitForMultipleObjects(EVENTS, objects, WaitAll, Executive, KernelMode, FALSE, NULL, blocks);
#else
  return KeWaitForMultipleObjects(EVENTS, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
#endif
}
