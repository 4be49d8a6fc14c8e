// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_reset_too_soon.c"
