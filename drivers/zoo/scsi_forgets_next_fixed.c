// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_forgets_next.c"
