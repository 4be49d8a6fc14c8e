// kmdf: 1.33
// Keeps its registers mapped when ReleaseHardware has returned.
// Expected: resources-still-mapped-after-release (WDF-444).
#define ZOO_RELEASE Release
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
