// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_logs_after_complete.c"
