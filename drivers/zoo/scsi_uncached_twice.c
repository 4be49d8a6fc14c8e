// libs: scsiport
// Asks for a second uncached extension when the first has turned out too small.
// Expected: finding ScsiUncachedExtensionTwice.
#define WRONG_FIND_ADAPTER
#include "zoo_pvscsi.h"

static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  ULONG found = PvscsiFindAdapter(Context, HwContext, BusInformation, ArgumentString, Config, Again);
#ifndef REPAIRED
  if (found == SP_RETURN_FOUND) ScsiPortGetUncachedExtension(Context, Config, PVSCSI_PAGE_SIZE);
#endif
  return found;
}
