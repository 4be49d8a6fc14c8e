// kmdf: 1.33
// Frees its state in ReleaseHardware and keeps the pointer, which a timer goes on testing.
// Expected, with special pool: DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL (0xD5).
#define ZOO_ADDED Added
#define ZOO_PREPARE Prepare
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static volatile LONG* State;
static KSPIN_LOCK Lock;

static VOID NTAPI Tick(WDFTIMER Timer) {
  KeAcquireSpinLockAtDpcLevel(&Lock);
  if (State) ++*State;
  KeReleaseSpinLockFromDpcLevel(&Lock);
  WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(1));
}

static NTSTATUS Added(ZOO* Zoo) {
  WDFTIMER timer = ZooTimer(Zoo, Tick);
  if (!timer) return STATUS_INSUFFICIENT_RESOURCES;
  WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
  return STATUS_SUCCESS;
}

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  volatile LONG* state = ExAllocatePoolWithTag(NonPagedPoolNx, 64, ZOO_TAG);
  if (!state) return STATUS_INSUFFICIENT_RESOURCES;
  *state = 0;
  State = state;
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  KIRQL irql;
  UNREFERENCED_PARAMETER(Translated);
  KeAcquireSpinLock(&Lock, &irql);
  volatile LONG* state = State;
#ifdef FIXED
  State = NULL;
#endif
  KeReleaseSpinLock(&Lock, irql);
  if (state) ExFreePoolWithTag((PVOID)state, ZOO_TAG);
  ZooWait(5);  // as long as a driver may take
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
