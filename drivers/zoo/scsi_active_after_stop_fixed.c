// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_active_after_stop.c"
