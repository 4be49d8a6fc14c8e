// libs: scsiport
// Fills in the list of control types as long as it knows it, not as long as it is.
// Expected: finding ScsiControlListOverrun.
#define WRONG_ADAPTER_CONTROL
#include "zoo_pvscsi.h"

static SCSI_ADAPTER_CONTROL_STATUS NTAPI ZooAdapterControl(PVOID Context, SCSI_ADAPTER_CONTROL_TYPE Type, PVOID List) {
#ifndef REPAIRED
  if (Type == ScsiQuerySupportedControlTypes) {
    SCSI_SUPPORTED_CONTROL_TYPE_LIST* list = List;
    for (ULONG i = ScsiRestartAdapter + 1; i < 8; ++i) list->SupportedTypeList[i] = FALSE;
  }
#endif
  return PvscsiAdapterControl(Context, Type, List);
}
