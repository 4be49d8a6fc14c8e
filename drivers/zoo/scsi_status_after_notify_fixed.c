// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_status_after_notify.c"
