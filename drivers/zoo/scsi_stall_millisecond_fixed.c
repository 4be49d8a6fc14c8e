// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_stall_millisecond.c"
