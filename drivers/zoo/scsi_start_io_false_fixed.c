// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_start_io_false.c"
