// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_wrong_irql.c"
