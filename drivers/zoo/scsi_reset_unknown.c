// libs: scsiport
// Does not know SRB_FUNCTION_RESET_BUS, with which a class driver asks for a bus reset, and leaves it lying.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1007, once the class driver has asked for a reset.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
#ifndef REPAIRED
  if (Srb->Function == SRB_FUNCTION_RESET_BUS) {
    PvscsiAskForNext(Context);
    return TRUE;
  }
#endif
  return RightStartIo(Context, Srb);
}
