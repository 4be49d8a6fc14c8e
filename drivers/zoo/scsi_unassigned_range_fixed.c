// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_unassigned_range.c"
