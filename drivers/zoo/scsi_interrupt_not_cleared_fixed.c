// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_interrupt_not_cleared.c"
