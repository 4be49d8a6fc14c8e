// A bus with two children that call themselves by the same name.
// Expected: PNP_DETECTED_FATAL_ERROR (0xCA) with 1.
#define ZOO_REMOVED(Edu) ZooDeleteChildren()
#include "zoo_edu_bus.h"

static VOID ZooStarted(ZOO_EDU* Edu) {
  if (ZooChildren[0].Device) return;
  ZooNewChild(Edu->Device->DriverObject, L'0');
#ifndef FIXED
  ZooNewChild(Edu->Device->DriverObject, L'0');
#else
  ZooNewChild(Edu->Device->DriverObject, L'1');
#endif
}

static VOID ReportChildren(PDEVICE_RELATIONS Relations) {
  ZooReport(Relations, ZooChildren[0].Device);
  ZooReport(Relations, ZooChildren[1].Device);
}
