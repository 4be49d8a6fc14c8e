// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_length_grows.c"
