// libs: scsiport
// Reads bus data where only HwScsiFindAdapter may.
// Expected: finding ScsiCalledFromWrongRoutine.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  ULONG id;
  ScsiPortGetBusData(Context, PCIConfiguration, 0, 0, &id, sizeof(id));
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#else
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
