// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_config_after_uncached.c"
