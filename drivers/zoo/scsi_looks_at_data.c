// libs: scsiport
// Looks into the data of a write, although it has not asked for buffers that are mapped.
// Expected: finding ScsiDataBufferTouched; on Windows usually DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1).
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
#ifndef REPAIRED
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->Cdb[0] == SCSIOP_WRITE && *(volatile UCHAR*)Srb->DataBuffer == 0xFF)
    return RightStartIo(Context, Srb);
#endif
  return RightStartIo(Context, Srb);
}
