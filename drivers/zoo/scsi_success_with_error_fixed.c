// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_success_with_error.c"
