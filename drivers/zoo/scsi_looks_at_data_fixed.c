// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_looks_at_data.c"
