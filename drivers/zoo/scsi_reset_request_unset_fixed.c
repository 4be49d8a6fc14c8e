// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_reset_request_unset.c"
