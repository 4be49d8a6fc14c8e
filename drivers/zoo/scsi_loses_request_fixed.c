// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_loses_request.c"
