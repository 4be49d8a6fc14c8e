// libs: scsiport
// Knows a completed request by its slot alone, whatever number of uses that has seen. The slot of an aborted request is
// in use again when the adapter's word on the abort arrives, which so ends a request that the adapter still works on.
// Expected: finding ScsiDmaAfterComplete, when a request hangs.
#define ZOO_BEFORE_START(Ext) ForgetUses(Ext)
#include "../pvscsi/pvscsi.h"
static VOID ForgetUses(PVSCSI_EXTENSION* Ext);
#include "zoo_pvscsi_abort.h"

static VOID ForgetUses(PVSCSI_EXTENSION* Ext) {
#ifndef REPAIRED
  for (ULONG i = 0; i < PVSCSI_SLOTS; ++i)
    if (!Ext->Slots[i].Srb) Ext->Slots[i].Generation = 0;
#else
  UNREFERENCED_PARAMETER(Ext);
#endif
}

static VOID ZooAborted(PVSCSI_EXTENSION* Ext, PVSCSI_SLOT* Slot) {
  Slot->Srb->DataTransferLength = 0;
  PvscsiRelease(Ext, Slot, SRB_STATUS_ABORTED);
}
