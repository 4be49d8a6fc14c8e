// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_next_lu_untagged.c"
