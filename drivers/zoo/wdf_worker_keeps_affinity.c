// kmdf: 1.33
// Has a work item do something on one processor, and leaves the worker's thread there, which is not its own.
// Expected: worker-affinity-changed.
#define ZOO_ADDED Added
#define ZOO_IO Io
#include "zoo_wdf.h"

static volatile ULONG Processor;

static VOID NTAPI Work(WDFWORKITEM WorkItem) {
  UNREFERENCED_PARAMETER(WorkItem);
  KAFFINITY before = KeSetSystemAffinityThreadEx(1);
  Processor = KeGetCurrentProcessorNumberEx(NULL);
#ifdef FIXED
  KeRevertToUserAffinityThreadEx(before);
#else
  UNREFERENCED_PARAMETER(before);
#endif
}

static NTSTATUS Added(ZOO* Zoo) {
  WDF_WORKITEM_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_WORKITEM_CONFIG_INIT(&config, Work);
  config.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
  return WdfWorkItemCreate(&config, &attributes, (WDFWORKITEM*)&Zoo->Object);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  WdfWorkItemEnqueue((WDFWORKITEM)Zoo->Object);
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
