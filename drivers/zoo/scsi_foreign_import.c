// libs: scsiport
// Asks the kernel for the time, although everything that a miniport needs is in its port driver.
// Expected: ScsiForeignImport, in the verbose trace only.
#define WRONG_DRIVER_ENTRY
#include "zoo_pvscsi.h"

static ULONG ZooDriverEntry(PVOID DriverObject, PVOID RegistryPath, PHW_INITIALIZATION_DATA Data) {
#ifndef REPAIRED
  __declspec(dllimport) ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(VOID);
  if (KeQueryUnbiasedInterruptTime() == 0) return SP_RETURN_ERROR;
#endif
  return ScsiPortInitialize(DriverObject, RegistryPath, Data, NULL);
}
