// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_touches_after_complete.c"
