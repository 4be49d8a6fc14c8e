// libs: scsiport
// The repaired twin.
#define REPAIRED
#include "scsi_foreign_import.c"
