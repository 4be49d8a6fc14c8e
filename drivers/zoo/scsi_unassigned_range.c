// libs: scsiport
// Looks for a second adapter where one used to be on ISA buses.
// Expected: finding ScsiUnassignedRange.
#define WRONG_FIND_ADAPTER
#include "zoo_pvscsi.h"

static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  ULONG found = PvscsiFindAdapter(Context, HwContext, BusInformation, ArgumentString, Config, Again);
#ifndef REPAIRED
  SCSI_PHYSICAL_ADDRESS address;
  address.QuadPart = 0x330;
  PVOID ports = ScsiPortGetDeviceBase(Context, Isa, 0, address, 4, TRUE);
  if (ports) ScsiPortFreeDeviceBase(Context, ports);
#endif
  return found;
}
