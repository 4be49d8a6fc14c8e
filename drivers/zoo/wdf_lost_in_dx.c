// kmdf: 1.33
// Programs its device in PrepareHardware and not again in D0Entry, though sleep makes the device forget.
// Expected: a warning, initialisation-lost-in-dx (WDF-465).
#define ZOO_PREPARE Prepare
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  ZooWrite(Zoo, EDU_STATUS, EDU_INTERRUPT_AFTER_FACTORIAL);
  return STATUS_SUCCESS;
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
#ifdef FIXED
  ZooWrite(Zoo, EDU_STATUS, EDU_INTERRUPT_AFTER_FACTORIAL);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
  return STATUS_SUCCESS;
}
