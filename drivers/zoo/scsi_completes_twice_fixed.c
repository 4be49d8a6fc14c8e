// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_completes_twice.c"
