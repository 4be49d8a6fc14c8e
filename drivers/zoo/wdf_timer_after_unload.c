// kmdf: 1.33
// Has a timer of the kernel's own, of which the framework does not know, and leaves it set when it unloads.
// Expected: TIMER_OR_DPC_INVALID (0xC7).
#define ZOO_D0_ENTRY D0Entry
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static KTIMER Timer;
static KDPC Dpc;

static VOID NTAPI Tick(PKDPC Dpc, PVOID Context, PVOID A, PVOID B) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(A);
  UNREFERENCED_PARAMETER(B);
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  LARGE_INTEGER due;
  UNREFERENCED_PARAMETER(Zoo);
  if (Previous == WdfPowerDeviceD3Final) {
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Tick, NULL);
  }
  due.QuadPart = -10000ll * 1000 * 3600;
  KeSetTimer(&Timer, due, &Dpc);
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
#ifdef FIXED
  KeCancelTimer(&Timer);
  KeFlushQueuedDpcs();
#endif
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
