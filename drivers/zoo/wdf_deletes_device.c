// kmdf: 1.33
// Deletes its device itself, in SurpriseRemoval.
// Expected: delete-of-framework-owned-object (WDF-463).
#define ZOO_SURPRISE Surprise
#include "zoo_wdf.h"

static VOID Surprise(ZOO* Zoo) {
#ifndef FIXED
  WdfObjectDelete(Zoo->Device);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
}
