// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_tag_leak.c"
