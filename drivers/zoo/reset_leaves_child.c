// A bus with one child, which it forgets to delete when it is removed itself.
// Expected: RST-142.
#define ZOO_REMOVED(Edu) DeleteChild()
static void DeleteChild(void);
#include "zoo_edu_bus.h"

static void DeleteChild(void) {
#ifdef FIXED
  ZooDeleteChildren();
#endif
  RtlZeroMemory(ZooChildren, sizeof(ZooChildren));
}

static VOID ZooStarted(ZOO_EDU* Edu) {
  if (!ZooChildren[0].Device) ZooNewChild(Edu->Device->DriverObject, L'0');
}

static VOID ReportChildren(PDEVICE_RELATIONS Relations) {
  ZooReport(Relations, ZooChildren[0].Device);
}
