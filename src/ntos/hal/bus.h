#pragma once
// The HAL's older services: bus addresses, configuration data, interrupt vectors, the clock on the board.

#include "nt/base.h"
#include "nt/resource.h"
#include "nt/status.h"
#include "nt/time.h"

namespace drydock::ntos {

using namespace nt;

ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE bus, ULONG bus_number, ULONG level, ULONG vector, KIRQL* irql,
                                  KAFFINITY* affinity);
/// Bus addresses are system addresses.
BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE bus, ULONG bus_number, PHYSICAL_ADDRESS address,
                                     ULONG* address_space, PHYSICAL_ADDRESS* translated);
/// PCI configuration space. Returns how many bytes were moved; 2 if no function is there, 0 if no such bus.
ULONG NTAPI HalGetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length);
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length);
ULONG NTAPI HalSetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length);
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length);
BOOLEAN NTAPI HalQueryRealTimeClock(TIME_FIELDS* fields);
VOID NTAPI HalDisplayString(PSZ text);
BOOLEAN NTAPI HalMakeBeep(ULONG frequency);
VOID NTAPI KeFlushWriteBuffer();

}  // namespace drydock::ntos
