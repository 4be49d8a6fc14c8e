// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_reset_completes_twice.c"
