// kmdf: 1.33
// Unmaps its registers twice.
// Expected: IO_SPACE_NOT_MAPPED (WDF-445).
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
#ifndef FIXED
  MmUnmapIoSpace(Zoo->Registers, Zoo->Bytes);
#endif
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
