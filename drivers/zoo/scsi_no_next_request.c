// libs: scsiport
// Resets the bus, gives everything back and does not ask for the next request.
// Expected: finding ScsiNoNextRequestAfterReset, if the port was waiting for it.
#define WRONG_RESET_BUS
#define WRONG_FIND_ADAPTER
#include "zoo_pvscsi.h"

/// An adapter with room for few requests: the next one is asked for only when one of them has ended.
static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  PVSCSI_EXTENSION* ext = Context;
  ULONG found = PvscsiFindAdapter(Context, HwContext, BusInformation, ArgumentString, Config, Again);
  ext->Slots[0].NextFree = PVSCSI_NO_SLOT;
  return found;
}

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  PVSCSI_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(PathId);
  PvscsiCommand(ext, PVSCSI_COMMAND_ADAPTER_RESET, NULL, 0);
  PvscsiDrain(ext);
  PvscsiGiveBackAll(ext, SRB_STATUS_BUS_RESET);
  PvscsiSetUpRings(ext);
  ext->State = PvscsiRunning;
  ext->ResetSeen = ext->NextOwed = FALSE;
  return TRUE;
#else
  return RightResetBus(Context, PathId);
#endif
}
