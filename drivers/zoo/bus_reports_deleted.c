// A bus whose child is unplugged and plugged again. It deletes the child's device object when that has been removed,
// forgets to strike it off its list, and reports it once more.
// Expected: PNP_DETECTED_FATAL_ERROR (0xCA) with 4.
#include <ntddk.h>

static VOID ChildRemoved(PDEVICE_OBJECT Device);
#define ZOO_CHILD_REMOVED(Device) ChildRemoved(Device)
#define ZOO_REMOVED(Edu) Unplugged()
static VOID Unplugged(VOID);
#include "zoo_edu_bus.h"

static BOOLEAN plugged;
static KEVENT finished;
static PDEVICE_OBJECT kept;  // the list's reference

/// The bus's own removal: nobody plugs any more, and all children go.
static VOID Unplugged(VOID) {
  if (kept) {
    KeWaitForSingleObject(&finished, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(kept);
  }
  kept = NULL;
  ZooDeleteChildren();
}

static VOID ChildRemoved(PDEVICE_OBJECT Device) {
  if (plugged) return;
#ifndef FIXED
  IoDeleteDevice(Device);
#else
  ZooDeleteChild(Device);
#endif
}

static VOID NTAPI UnplugAndPlug(PDEVICE_OBJECT Device, PVOID Context) {
  ZOO_EDU* edu = Device->DeviceExtension;
  LARGE_INTEGER a_while;
  UNREFERENCED_PARAMETER(Context);
  a_while.QuadPart = -10 * 10000;  // 10 ms
  KeDelayExecutionThread(KernelMode, FALSE, &a_while);
  plugged = FALSE;
  IoInvalidateDeviceRelations(edu->Physical, BusRelations);
  KeDelayExecutionThread(KernelMode, FALSE, &a_while);
  plugged = TRUE;
  if (!ZooChildren[0].Device) ZooNewChild(Device->DriverObject, L'0');
  IoInvalidateDeviceRelations(edu->Physical, BusRelations);
  KeSetEvent(&finished, IO_NO_INCREMENT, FALSE);
}

static VOID ZooStarted(ZOO_EDU* Edu) {
  if (ZooChildren[0].Device) return;
  KeInitializeEvent(&finished, NotificationEvent, FALSE);
  plugged = TRUE;
  kept = ZooNewChild(Edu->Device->DriverObject, L'0');
  if (!kept) return;
  ObReferenceObject(kept);
  IoQueueWorkItem(Edu->WorkItem, UnplugAndPlug, DelayedWorkQueue, NULL);
}

static VOID ReportChildren(PDEVICE_RELATIONS Relations) {
  if (plugged) ZooReport(Relations, ZooChildren[0].Device);
}
