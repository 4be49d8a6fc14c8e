// kmdf: 1.33
// The service routine adds to a list that a DPC takes from: one under the interrupt's lock, the other under a spin lock
// of its own. The DPC reads the device in the middle of taking an entry out.
// Expected: KERNEL_SECURITY_CHECK_FAILURE (0x139), 3.
#define ZOO_INTERRUPT Interrupted
#define ZOO_ADDED Added
#define ZOO_IO Io
#include "zoo_wdf.h"

#define EDU_INTERRUPT_RAISE 0x60
#define EVENTS 64

typedef struct _EVENT {
  LIST_ENTRY Link;
  ULONG Answer;
} EVENT;

static EVENT Events[EVENTS];
static LIST_ENTRY Free, Arrived;
static KSPIN_LOCK Lock;
static KDPC Dpc;

/// As Windows' headers do it.
static VOID CheckedInsertTail(PLIST_ENTRY Head, PLIST_ENTRY Entry) {
  PLIST_ENTRY last = Head->Blink;
  if (last->Flink != Head) __asm__ __volatile__("int $0x29" : : "c"(3) : "memory");
  Entry->Flink = Head;
  Entry->Blink = last;
  last->Flink = Entry;
  Head->Blink = Entry;
}

static VOID Interrupted(ZOO* Zoo, ULONG Bits) {
  UNREFERENCED_PARAMETER(Bits);
  if (!IsListEmpty(&Free)) CheckedInsertTail(&Arrived, RemoveHeadList(&Free));
  KeInsertQueueDpc(&Dpc, Zoo, NULL);
}

static VOID TakeFirst(ZOO* Zoo) {
  PLIST_ENTRY entry = Arrived.Flink, next = entry->Flink;
  CONTAINING_RECORD(entry, EVENT, Link)->Answer = ZooRead(Zoo, EDU_FACTORIAL);
  if (entry->Blink != &Arrived || next->Blink != entry) __asm__ __volatile__("int $0x29" : : "c"(3) : "memory");
  Arrived.Flink = next;
  next->Blink = &Arrived;
  CheckedInsertTail(&Free, entry);
}

static VOID NTAPI TakeAll(PKDPC Self, PVOID Context, PVOID Device, PVOID Unused) {
  ZOO* zoo = Device;
  UNREFERENCED_PARAMETER(Self);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Unused);
#ifdef FIXED
  WdfInterruptAcquireLock(zoo->Interrupt);
#else
  KeAcquireSpinLockAtDpcLevel(&Lock);
#endif
  while (!IsListEmpty(&Arrived)) TakeFirst(zoo);
#ifdef FIXED
  WdfInterruptReleaseLock(zoo->Interrupt);
#else
  KeReleaseSpinLockFromDpcLevel(&Lock);
#endif
}

static NTSTATUS Added(ZOO* Zoo) {
  UNREFERENCED_PARAMETER(Zoo);
  InitializeListHead(&Free);
  InitializeListHead(&Arrived);
  for (ULONG i = 0; i < EVENTS; ++i) InsertTailList(&Free, &Events[i].Link);
  KeInitializeSpinLock(&Lock);
  KeInitializeDpc(&Dpc, TakeAll, NULL);
  return STATUS_SUCCESS;
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  ZooWrite(Zoo, EDU_INTERRUPT_RAISE, EDU_INTERRUPT_FACTORIAL);
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
