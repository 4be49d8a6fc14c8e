/// Notices that a request does not end.
#include "medic.h"

/// The timer of the request on the device has expired.
static VOID NTAPI MedicWatchdog(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  PMEDIC_EXTENSION ext = Context;
  ULONG found = 0;
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  KeAcquireSpinLockAtDpcLevel(&ext->Lock);
  // This DPC may have been on its way when its request ended and the next one began.
  if (ext->OnDevice && KeQueryInterruptTime() >= ext->Deadline) {
    ULONG bits = MedicReadRegister(ext, EDU_INTERRUPT_STATUS);
    if (bits != EDU_ALL_ONES) found = bits & MedicInterruptOf(ext->Current);
    if (found) {
      // Finished long ago: its interrupt was lost on the way.
      ext->Statistics.LostInterrupts += 1;
      MedicWriteRegister(ext, EDU_INTERRUPT_ACKNOWLEDGE, found);
    } else {
      ext->Statistics.Hangs += 1;
      MedicBeginRecovery(ext);
    }
  }
  KeReleaseSpinLockFromDpcLevel(&ext->Lock);
  if (found) MedicEndCurrent(ext, found);
}

VOID MedicWatchdogInitialize(PMEDIC_EXTENSION Ext) {
  KeInitializeTimer(&Ext->Watchdog);
  KeInitializeDpc(&Ext->WatchdogDpc, MedicWatchdog, Ext);
}

/// The caller holds Lock.
VOID MedicWatchdogStart(PMEDIC_EXTENSION Ext) {
  LARGE_INTEGER due;
  due.QuadPart = -(LONGLONG)MEDIC_REQUEST_LIMIT_MS * 10000;
  Ext->Deadline = KeQueryInterruptTime() + (ULONGLONG)MEDIC_REQUEST_LIMIT_MS * 10000;
  KeSetTimer(&Ext->Watchdog, due, &Ext->WatchdogDpc);
}

/// The caller holds Lock. The DPC may still come; it finds nothing to do.
VOID MedicWatchdogStop(PMEDIC_EXTENSION Ext) {
  KeCancelTimer(&Ext->Watchdog);
}
