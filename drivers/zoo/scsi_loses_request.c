// libs: scsiport
// When its adapter is pulled, begins to give its requests back with the second one.
// Expected, in a surprise removal under load: finding ScsiRequestLost.
#define WRONG_GIVE_BACK_ALL
#include "zoo_pvscsi.h"

#undef PvscsiGiveBackAll

static VOID ZooGiveBackAll(PVSCSI_EXTENSION* Ext, UCHAR SrbStatus) {
#ifndef REPAIRED
  BOOLEAN forgets = SrbStatus == SRB_STATUS_NO_HBA;
  for (ULONG i = 0; i < PVSCSI_SLOTS && Ext->Outstanding; ++i) {
    if (!Ext->Slots[i].Srb) continue;
    if (forgets) {
      forgets = FALSE;
      continue;
    }
    Ext->Slots[i].Srb->DataTransferLength = 0;
    PvscsiRelease(Ext, &Ext->Slots[i], SrbStatus);
  }
#else
  PvscsiGiveBackAll(Ext, SrbStatus);
#endif
}
