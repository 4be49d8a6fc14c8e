// kmdf: 1.33
// Unmaps its registers when the device object is cleaned up; by then they may be another device's.
// Expected: resources-still-mapped-after-release (WDF-444), then hardware-unmapped-in-wrong-place (WDF-464).
#define ZOO_RELEASE Release
#define ZOO_CLEANUP Cleanup
#include "zoo_wdf.h"

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
#ifdef FIXED
  ZooUnmap(Zoo);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
  return STATUS_SUCCESS;
}

static VOID Cleanup(ZOO* Zoo) {
  ZooUnmap(Zoo);
}
