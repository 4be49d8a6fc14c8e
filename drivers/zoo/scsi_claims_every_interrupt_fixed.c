// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_claims_every_interrupt.c"
