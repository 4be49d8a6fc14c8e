// libs: scsiport
// Gives ScsiPortInitialize its two pointers in the wrong order.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1000.
#define WRONG_DRIVER_ENTRY
#include "zoo_pvscsi.h"

static ULONG ZooDriverEntry(PVOID DriverObject, PVOID RegistryPath, PHW_INITIALIZATION_DATA Data) {
#ifndef REPAIRED
  return ScsiPortInitialize(RegistryPath, DriverObject, Data, NULL);
#else
  return ScsiPortInitialize(DriverObject, RegistryPath, Data, NULL);
#endif
}
