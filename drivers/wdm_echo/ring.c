/// The ring that holds what was written, and the reads that wait for it.
#include "wdm_echo.h"

/// IRQL: at most DISPATCH_LEVEL. Returns how many bytes fitted.
ULONG EchoRingPut(ECHO_EXTENSION* Ext, const UCHAR* From, ULONG Bytes) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->RingLock, &irql);
  ULONG room = WDM_ECHO_RING_BYTES - Ext->RingCount;
  if (Bytes > room) Bytes = room;
  ULONG tail = (Ext->RingHead + Ext->RingCount) % WDM_ECHO_RING_BYTES;
  ULONG first = WDM_ECHO_RING_BYTES - tail;
  if (first > Bytes) first = Bytes;
  RtlCopyMemory(Ext->Ring + tail, From, first);
  RtlCopyMemory(Ext->Ring, From + first, Bytes - first);
  Ext->RingCount += Bytes;
  KeReleaseSpinLock(&Ext->RingLock, irql);
  return Bytes;
}

VOID EchoRingEmpty(ECHO_EXTENSION* Ext) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->RingLock, &irql);
  Ext->RingCount = 0;
  KeReleaseSpinLock(&Ext->RingLock, irql);
}

/// The caller holds RingLock.
static ULONG EchoRingTake(ECHO_EXTENSION* Ext, PUCHAR To, ULONG Bytes) {
  if (Bytes > Ext->RingCount) Bytes = Ext->RingCount;
  ULONG first = WDM_ECHO_RING_BYTES - Ext->RingHead;
  if (first > Bytes) first = Bytes;
  RtlCopyMemory(To, Ext->Ring + Ext->RingHead, first);
  RtlCopyMemory(To + first, Ext->Ring, Bytes - first);
  Ext->RingHead = (Ext->RingHead + Bytes) % WDM_ECHO_RING_BYTES;
  Ext->RingCount -= Bytes;
  return Bytes;
}

/// Completes waiting reads while there is data. IRQL: at most DISPATCH_LEVEL.
/// A read leaves its queue under the ring's lock, so that data and readers meet in order and none is overlooked.
VOID EchoMatchReads(ECHO_EXTENSION* Ext) {
  for (;;) {
    KIRQL irql;
    KeAcquireSpinLock(&Ext->RingLock, &irql);
    PIRP irp = Ext->RingCount ? EchoQueueRemove(&Ext->Reads, NULL) : NULL;
    ULONG bytes = 0;
    if (irp) {
      // Mapped by EchoRead already, so this cannot fail.
      PUCHAR to = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
      bytes = EchoRingTake(Ext, to, IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
    }
    KeReleaseSpinLock(&Ext->RingLock, irql);
    if (!irp) return;
    InterlockedIncrement((LONG*)&Ext->Statistics.ReadsCompleted);
    EchoComplete(Ext, irp, STATUS_SUCCESS, bytes);
  }
}
