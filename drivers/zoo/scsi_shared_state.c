// libs: scsiport
// Keeps its adapter in a global variable: with two of them, the interrupts of the first are never served.
// Expected, with two adapters on one line: HARDWARE_INTERRUPT_STORM (0xF2).
#define WRONG_INTERRUPT
#define WRONG_FIND_ADAPTER
#include "zoo_pvscsi.h"

static PVOID TheAdapter;

static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  TheAdapter = Context;
  return PvscsiFindAdapter(Context, HwContext, BusInformation, ArgumentString, Config, Again);
}

BOOLEAN NTAPI PvscsiInterrupt(PVOID Context) {
#ifndef REPAIRED
  UNREFERENCED_PARAMETER(Context);
  return RightInterrupt(TheAdapter);
#else
  return RightInterrupt(Context);
#endif
}
