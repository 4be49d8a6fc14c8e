// Leaves a block of pool for the instance that will stand in its place after the reset. But the driver is unloaded in
// between, and with it goes the only pointer to the block.
// Expected: 0xC4, pool not freed when the driver goes.
#define ZOO_REMOVED(Edu) Leave()
#include "zoo.h"

static PULONG inheritance;

static VOID Leave(VOID) {
#ifdef FIXED
  if (inheritance) ExFreePoolWithTag(inheritance, ZOO_TAG);
  inheritance = NULL;
#endif
}

#include "zoo_edu.h"

static VOID ZooStarted(ZOO_EDU* Edu) {
  UNREFERENCED_PARAMETER(Edu);
  if (!inheritance) inheritance = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ULONG), ZOO_TAG);
  if (inheritance) *inheritance = 1;
}
