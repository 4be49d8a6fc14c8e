// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_no_next_request.c"
