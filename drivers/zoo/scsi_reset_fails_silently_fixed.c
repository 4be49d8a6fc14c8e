// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_reset_fails_silently.c"
