// libs: scsiport
// Reads one register beyond those that it has mapped.
// Expected: finding ScsiUnassignedRange.
#define WRONG_FIND_ADAPTER
#include "zoo_pvscsi.h"

static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  ULONG found = PvscsiFindAdapter(Context, HwContext, BusInformation, ArgumentString, Config, Again);
#ifndef REPAIRED
  if (found == SP_RETURN_FOUND) PvscsiRead(Context, PVSCSI_REGISTER_SPACE);
#endif
  return found;
}
