// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_shared_state.c"
