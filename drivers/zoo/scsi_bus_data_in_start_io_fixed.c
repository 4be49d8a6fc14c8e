// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_bus_data_in_start_io.c"
