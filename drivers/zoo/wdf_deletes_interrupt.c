// kmdf: 1.33
// Deletes in ReleaseHardware the interrupt object that the framework deletes.
// Expected: delete-of-framework-owned-object (WDF-463).
#define ZOO_INTERRUPT Interrupted
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static VOID Interrupted(ZOO* Zoo, ULONG Bits) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Bits);
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
#ifndef FIXED
  WdfObjectDelete(Zoo->Interrupt);
#endif
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
