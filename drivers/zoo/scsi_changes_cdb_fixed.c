// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_changes_cdb.c"
