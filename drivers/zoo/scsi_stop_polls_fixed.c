// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_stop_polls.c"
