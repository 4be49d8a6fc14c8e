// A bus that asks for the ejection of a child which has just fallen off it, as if somebody had pressed a button. While
// a handle is open an ejection is refused, and nobody ever ends the child's requests.
// Expected: lost-request, when the child vanishes with one of them out.
#include <ntddk.h>

#define ZOO_READ ChildRead
static NTSTATUS NTAPI ChildRead(PDEVICE_OBJECT Device, PIRP Irp);
#define ZOO_CHILD_STARTED(Device) ChildStarted(Device)
static VOID ChildStarted(PDEVICE_OBJECT Device);
#define ZOO_CHILD_GONE(Device) ChildGone()
static VOID ChildGone(VOID);
#define ZOO_CHILD_REMOVED(Device) ChildRemoved(Device)
static VOID ChildRemoved(PDEVICE_OBJECT Device);
#define ZOO_REMOVED(Edu) BusRemoved()
static VOID BusRemoved(VOID);
#include "zoo_edu_bus.h"

#define TICK_100NS 10000     // 1 ms
#define TICKS_UNTIL_GONE 50  // without an answer

static const GUID interface_class = {0x7B0E3C11, 0x52A4, 0x4E0D, {0x9C, 0x3F, 0x11, 0x8A, 0x64, 0xD0, 0x27, 0x5B}};

static ZOO_EDU* bus;
static UNICODE_STRING interface_link;
static KTIMER timer;
static KDPC tick_dpc;
static KSPIN_LOCK lock;  // of what follows
static LIST_ENTRY reads;
static ULONG ticks;
static BOOLEAN present, reported, ended;

static VOID Ask(VOID) {
  LARGE_INTEGER due;
  due.QuadPart = -TICK_100NS;
  ZooWrite(bus, EDU_FACTORIAL, 5);
  ticks = 0;
  KeSetTimerEx(&timer, due, 1, &tick_dpc);
}

/// The first read of the list, or all of them. The caller does not hold the lock.
static VOID EndReads(NTSTATUS Status, BOOLEAN All) {
  do {
    KIRQL irql;
    PIRP irp = NULL;
    KeAcquireSpinLock(&lock, &irql);
    if (!IsListEmpty(&reads)) irp = CONTAINING_RECORD(RemoveHeadList(&reads), IRP, Tail.Overlay.ListEntry);
    if (!All && !IsListEmpty(&reads)) Ask();
    KeReleaseSpinLock(&lock, irql);
    if (!irp) return;
    irp->IoStatus.Information = 0;
    ZooFinish(irp, Status);
  } while (All);
}

static NTSTATUS NTAPI ChildRead(PDEVICE_OBJECT Device, PIRP Irp) {
  KIRQL irql;
  UNREFERENCED_PARAMETER(Device);
  KeAcquireSpinLock(&lock, &irql);
  BOOLEAN refused = ended;
  if (!refused) {
    IoMarkIrpPending(Irp);
    BOOLEAN first = IsListEmpty(&reads);
    InsertTailList(&reads, &Irp->Tail.Overlay.ListEntry);
    if (first && present) Ask();
  }
  KeReleaseSpinLock(&lock, irql);
  return refused ? ZooFinish(Irp, STATUS_NO_SUCH_DEVICE) : STATUS_PENDING;
}

static VOID NTAPI Tick(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  if (ZooRead(bus, EDU_STATUS) & EDU_COMPUTING) {
    if (++ticks != TICKS_UNTIL_GONE) return;
    KeCancelTimer(&timer);
    present = FALSE;
#ifndef FIXED
    IoRequestDeviceEject(ZooChildren[0].Device);
#else
    reported = FALSE;
    IoInvalidateDeviceRelations(bus->Physical, BusRelations);
#endif
    return;
  }
  KeCancelTimer(&timer);
  EndReads(STATUS_SUCCESS, FALSE);
}

static VOID ChildStarted(PDEVICE_OBJECT Device) {
  ended = FALSE;
  if (!interface_link.Buffer) IoRegisterDeviceInterface(Device, &interface_class, NULL, &interface_link);
  if (interface_link.Buffer) IoSetDeviceInterfaceState(&interface_link, TRUE);
}

static VOID ChildLeaves(VOID) {
  KIRQL irql;
  KeAcquireSpinLock(&lock, &irql);
  ended = TRUE;
  KeReleaseSpinLock(&lock, irql);
  if (interface_link.Buffer) {
    IoSetDeviceInterfaceState(&interface_link, FALSE);
    RtlFreeUnicodeString(&interface_link);
    RtlZeroMemory(&interface_link, sizeof(interface_link));
  }
}

static VOID ChildGone(VOID) {
  KeCancelTimer(&timer);
  ChildLeaves();
  EndReads(STATUS_NO_SUCH_DEVICE, TRUE);
}

static VOID ChildRemoved(PDEVICE_OBJECT Device) {
  ChildLeaves();
  if (!reported) ZooDeleteChild(Device);
}

static VOID BusRemoved(VOID) {
  KeCancelTimer(&timer);
  KeFlushQueuedDpcs();
  ZooDeleteChildren();
}

static VOID ZooStarted(ZOO_EDU* Edu) {
  bus = Edu;
  if (ZooChildren[0].Device) return;
  KeInitializeSpinLock(&lock);
  InitializeListHead(&reads);
  KeInitializeTimer(&timer);
  KeInitializeDpc(&tick_dpc, Tick, NULL);
  ended = FALSE;
  present = reported = ZooNewChild(Edu->Device->DriverObject, L'0') != NULL;
}

static VOID ReportChildren(PDEVICE_RELATIONS Relations) {
  if (reported) ZooReport(Relations, ZooChildren[0].Device);
}
