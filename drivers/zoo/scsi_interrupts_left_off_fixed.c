// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_interrupts_left_off.c"
