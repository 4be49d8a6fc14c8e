// libs: scsiport
// Forgets in a reset to free the slots of the requests it gives back.
// Expected: finding ScsiNextRequestForgotten, once there are no slots left.
#define WRONG_RESET_BUS
#define WRONG_FIND_ADAPTER
#include "zoo_pvscsi.h"

/// An adapter with room for few requests: the next one is asked for only when one of them has ended.
static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  PVSCSI_EXTENSION* ext = Context;
  ULONG found = PvscsiFindAdapter(Context, HwContext, BusInformation, ArgumentString, Config, Again);
  ext->Slots[3].NextFree = PVSCSI_NO_SLOT;
  return found;
}

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  PVSCSI_EXTENSION* ext = Context;
  USHORT free = ext->FreeSlot;
  BOOLEAN done = RightResetBus(Context, PathId);
  ext->FreeSlot = free;
  return done;
#else
  return RightResetBus(Context, PathId);
#endif
}
