// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_address_as_tag.c"
