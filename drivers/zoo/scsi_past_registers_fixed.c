// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_past_registers.c"
