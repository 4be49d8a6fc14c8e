// libs: scsiport
// Stops by sending one more command and not waiting for it.
// Expected: finding ScsiActiveAfterStop.
#define WRONG_ADAPTER_CONTROL
#include "zoo_pvscsi.h"

#ifndef REPAIRED
static VOID FlushWithoutWaiting(PVSCSI_EXTENSION* Ext) {
  volatile PVSCSI_REQUEST* request = &Ext->Requests[Ext->RequestProducer & (PVSCSI_REQUEST_ENTRIES - 1)];
  for (ULONG i = 0; i < sizeof(*request); ++i) ((volatile UCHAR*)request)[i] = 0;
  request->Context = PVSCSI_CONTEXT(0, PVSCSI_SLOTS);
  request->Flags = PVSCSI_REQUEST_NO_DATA;
  request->Cdb[0] = SCSIOP_SYNCHRONIZE_CACHE;
  request->CdbLength = 10;
  request->Tag = SRB_SIMPLE_TAG_REQUEST;
  PvscsiOrder();
  Ext->Ring->RequestProducer = ++Ext->RequestProducer;
  PvscsiOrder();
  PvscsiWrite(Ext, PVSCSI_REG_KICK_OTHER, 0);
}
#endif

static SCSI_ADAPTER_CONTROL_STATUS NTAPI ZooAdapterControl(PVOID Context, SCSI_ADAPTER_CONTROL_TYPE Type, PVOID List) {
  switch (Type) {
    case ScsiQuerySupportedControlTypes: {
      SCSI_SUPPORTED_CONTROL_TYPE_LIST* list = List;
      if (ScsiSetBootConfig < list->MaxControlType) list->SupportedTypeList[ScsiSetBootConfig] = TRUE;
      return PvscsiAdapterControl(Context, Type, List);
    }
    case ScsiSetBootConfig:
      ScsiPortStallExecution(500);
      return ScsiAdapterControlSuccess;
#ifndef REPAIRED
    case ScsiStopAdapter:
      FlushWithoutWaiting(Context);
      return ScsiAdapterControlSuccess;
#endif
    default:
      return PvscsiAdapterControl(Context, Type, List);
  }
}
