// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_bad_virtual_address.c"
