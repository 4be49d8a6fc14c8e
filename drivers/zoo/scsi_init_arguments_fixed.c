// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_init_arguments.c"
