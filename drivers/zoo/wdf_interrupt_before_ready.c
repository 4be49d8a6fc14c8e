// kmdf: 1.33
// Gets ready for interrupts when they are on already: the first one comes before.
// Expected: DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1).
#define ZOO_INTERRUPT Interrupted
#define ZOO_D0_ENTRY D0Entry
#define ZOO_INTERRUPTS_ENABLED InterruptsEnabled
#include "zoo_wdf.h"

#define EDU_INTERRUPT_RAISE 0x60

static LONG Counter;
static volatile LONG* Interrupts;

static VOID Interrupted(ZOO* Zoo, ULONG Bits) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Bits);
  ++*Interrupts;
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
#ifdef FIXED
  Interrupts = &Counter;
#endif
  ZooWrite(Zoo, EDU_INTERRUPT_RAISE, EDU_INTERRUPT_FACTORIAL);
  return STATUS_SUCCESS;
}

static NTSTATUS InterruptsEnabled(ZOO* Zoo) {
  UNREFERENCED_PARAMETER(Zoo);
  Interrupts = &Counter;
  return STATUS_SUCCESS;
}
