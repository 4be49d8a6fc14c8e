// libs: scsiport
// Waits in ScsiStopAdapter until the adapter says that it has stopped, however long that takes.
// Expected, in a surprise removal: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1002; on Windows the processor never comes back.
#define WRONG_ADAPTER_CONTROL
#include "zoo_pvscsi.h"

static SCSI_ADAPTER_CONTROL_STATUS NTAPI ZooAdapterControl(PVOID Context, SCSI_ADAPTER_CONTROL_TYPE Type, PVOID List) {
#ifndef REPAIRED
  if (Type == ScsiStopAdapter) {
    PVSCSI_EXTENSION* ext = Context;
    PvscsiCommand(ext, PVSCSI_COMMAND_ADAPTER_RESET, NULL, 0);
    while (PvscsiRead(ext, PVSCSI_REG_COMMAND_STATUS) != PVSCSI_COMMAND_GOOD) ScsiPortStallExecution(50);
  }
#endif
  return PvscsiAdapterControl(Context, Type, List);
}
