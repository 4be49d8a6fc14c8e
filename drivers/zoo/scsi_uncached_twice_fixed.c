// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_uncached_twice.c"
