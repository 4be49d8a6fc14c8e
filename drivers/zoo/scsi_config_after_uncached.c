// libs: scsiport
// Allows itself longer lists after the uncached extension has been allocated for shorter ones.
// Expected: finding ScsiConfigChangedAfterUncached.
#define WRONG_FIND_ADAPTER
#include "zoo_pvscsi.h"

static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  ULONG found = PvscsiFindAdapter(Context, HwContext, BusInformation, ArgumentString, Config, Again);
#ifndef REPAIRED
  if (found == SP_RETURN_FOUND) Config->SrbExtensionSize += sizeof(PVSCSI_ELEMENT);
#endif
  return found;
}
