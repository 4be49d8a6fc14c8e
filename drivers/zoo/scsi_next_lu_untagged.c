// libs: scsiport
// Asks for more requests for a unit while an untagged one is out.
// Expected: warning ScsiNextLuWhileUntagged; 0xF1, 0x1005 where Windows checks it.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  BOOLEAN result = RightStartIo(Context, Srb);
#ifndef REPAIRED
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->QueueTag == SP_UNTAGGED)
    ScsiPortNotification(NextLuRequest, Context, Srb->PathId, Srb->TargetId, Srb->Lun);
#endif
  return result;
}
