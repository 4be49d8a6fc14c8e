// libs: scsiport
// Resets the bus and gives every request back at once, while the adapter may still write to their buffers.
// Expected: dma-after-reset, late-completion-match, or wrong data, once a reset takes its time or a request hangs.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
  PVSCSI_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(PathId);
  PvscsiGiveBackAll(ext, SRB_STATUS_BUS_RESET);
  PvscsiCommand(ext, PVSCSI_COMMAND_RESET_BUS, NULL, 0);
  PvscsiFinishReset(ext);
  return TRUE;
}
