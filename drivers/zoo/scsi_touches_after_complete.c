// libs: scsiport
// Looks at a request after HwScsiStartIo has ended it: it is the port driver's by then.
// Expected: finding ScsiTouchAfterComplete; on Windows usually DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1).
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (Srb->Function != SRB_FUNCTION_EXECUTE_SCSI || Srb->Cdb[0] != SCSIOP_TEST_UNIT_READY)
    return RightStartIo(Context, Srb);
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
  return *(volatile UCHAR*)&Srb->SrbStatus != 0xFF;
}
