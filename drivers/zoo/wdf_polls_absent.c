// kmdf: 1.33
// Waits until a factorial is ready, and does not see that a device that was pulled never will be.
// Expected: endless-wait-for-absent-device (WDF-466).
#define ZOO_DISPATCH WdfIoQueueDispatchSequential
#define ZOO_ADDED Added
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID NTAPI Compute(WDFWORKITEM Item) {
  ZOO* zoo = ZooOf(WdfWorkItemGetParentObject(Item));
  NTSTATUS status = STATUS_SUCCESS;
  ZooWrite(zoo, EDU_FACTORIAL, 5);
  for (;;) {
    const ULONG bits = ZooRead(zoo, EDU_STATUS);
    if (!(bits & EDU_COMPUTING)) break;
#ifdef FIXED
    if (bits == EDU_ALL_ONES) {
      status = STATUS_DEVICE_DOES_NOT_EXIST;
      break;
    }
#endif
    ZooWait(1);
  }
  WdfRequestComplete(zoo->Request, status);
}

static NTSTATUS Added(ZOO* Zoo) {
  WDF_WORKITEM_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_WORKITEM_CONFIG_INIT(&config, Compute);
  config.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
  return WdfWorkItemCreate(&config, &attributes, (WDFWORKITEM*)&Zoo->Object);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  Zoo->Request = Request;
  WdfWorkItemEnqueue((WDFWORKITEM)Zoo->Object);
}
