#pragma once
// What a miniport tells the port: noted under the interrupt lock, acted on by the completion DPC (SP-102).

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// Asks for the DPC if something was noted. Under the interrupt lock, after a routine of the miniport has returned.
void request_completion_dpc(Adapter& adapter);

/// SP-085: HwScsiStartIo returned FALSE. Under the interrupt lock.
void take_back_refused(Adapter& adapter, Slot& slot);

/// The slot whose SRB `srb` is; null if it never was one of this adapter.
Slot* slot_of(Adapter& adapter, const SCSI_REQUEST_BLOCK* srb);

/// Takes everything noted so far, and lets units go on that had NextLuRequest. Caller holds the port lock.
void take_notifications(Adapter& adapter, Notified& notified, std::vector<LogEntry>& log, std::vector<WmiNews>& wmi);

/// The DPC (SP-103). Context: Adapter.
VOID NTAPI ScsiPortCompletionDpc(KDPC* Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2);
/// HwScsiTimer is due. Context: Adapter.
VOID NTAPI ScsiPortMiniportTimerDpc(KDPC* Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2);

// ---- what miniports call ----
/// Rules: SP-112, SP-119 to SP-144. Any IRQL up to the adapter's.
VOID NTAPI ScsiPortNotification(SCSI_NOTIFICATION_TYPE NotificationType, PVOID HwDeviceExtension, ...);
/// Rules: SP-145 to SP-150.
VOID NTAPI ScsiPortCompleteRequest(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, UCHAR SrbStatus);
/// Rule: SP-151.
SCSI_REQUEST_BLOCK* NTAPI ScsiPortGetSrb(PVOID DeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, LONG QueueTag);
/// Rule: SP-152.
PVOID NTAPI ScsiPortGetLogicalUnit(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun);
/// Rules: SP-281 to SP-287.
VOID NTAPI ScsiPortLogError(PVOID HwDeviceExtension, SCSI_REQUEST_BLOCK* Srb, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                            ULONG ErrorCode, ULONG UniqueId);

}  // namespace drydock::port::scsiport
