// libs: scsiport
// Turns a command into its longer form in place, which the class driver's error handling does not expect.
// Expected: finding ScsiSrbFieldChanged.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
#ifndef REPAIRED
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->Cdb[0] == SCSIOP_READ && Srb->CdbLength == 10) {
    UCHAR blocks_high = Srb->Cdb[7];
    UCHAR blocks_low = Srb->Cdb[8];
    Srb->Cdb[0] = SCSIOP_READ12;
    Srb->Cdb[6] = 0;
    Srb->Cdb[7] = 0;
    Srb->Cdb[8] = blocks_high;
    Srb->Cdb[9] = blocks_low;
    Srb->Cdb[10] = 0;
    Srb->Cdb[11] = 0;
    Srb->CdbLength = 12;
  }
#endif
  return RightStartIo(Context, Srb);
}
