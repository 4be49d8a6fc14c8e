// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_abort_then_reset.c"
