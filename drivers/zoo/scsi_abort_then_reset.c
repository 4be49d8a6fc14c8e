// libs: scsiport
// Gives an aborted request back and leaves it among those that are with the adapter, where the next reset finds it.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1003, when a request hangs and the bus is reset later.
#include "zoo_pvscsi_abort.h"

static VOID ZooAborted(PVSCSI_EXTENSION* Ext, PVSCSI_SLOT* Slot) {
#ifndef REPAIRED
  ++Slot->Generation;  // the adapter's own word on it, still to come, is known to be stale
  Slot->Srb->DataTransferLength = 0;
  PvscsiComplete(Ext, Slot->Srb, SRB_STATUS_ABORTED);
#else
  Slot->Srb->DataTransferLength = 0;
  PvscsiRelease(Ext, Slot, SRB_STATUS_ABORTED);
#endif
}
