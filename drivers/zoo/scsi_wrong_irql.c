// libs: scsiport
// Reads bus data at an IRQL that it has raised itself.
// Expected: finding ScsiWrongIrql.
#define WRONG_FIND_ADAPTER
#include "zoo_pvscsi.h"

static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  ULONG found = PvscsiFindAdapter(Context, HwContext, BusInformation, ArgumentString, Config, Again);
#ifndef REPAIRED
  ULONG64 raised = DISPATCH_LEVEL, old;
  ULONG id;
  __asm__ __volatile__("mov %%cr8, %0" : "=r"(old));
  __asm__ __volatile__("mov %0, %%cr8" : : "r"(raised) : "memory");
  ScsiPortGetBusData(Context, PCIConfiguration, Config->SystemIoBusNumber, Config->SlotNumber, &id, sizeof(id));
  __asm__ __volatile__("mov %0, %%cr8" : : "r"(old) : "memory");
#endif
  return found;
}
