// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_control_list_overrun.c"
