#pragma once
// The slots of an adapter: SRB copies, SRB extensions and sense buffers in one block of DMA memory, allocated at start.

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// IRQL: PASSIVE_LEVEL. False if memory is refused.
bool allocate_slots(Adapter& adapter);
void free_slots(Adapter& adapter);

/// A free slot, or null. Slots are used in turn, so that a stale pointer is noticed. Caller holds the port lock.
Slot* take_slot(Adapter& adapter);
void put_slot(Adapter& adapter, Slot& slot);

/// A miniport with MapBuffers finds the data at a system address. False if there is none to be had.
bool map_data(Adapter& adapter, Request& request);
/// Fills the slot with what the miniport is to see of `request` (SP-067 to SP-081).
void hand_over(Adapter& adapter, Slot& slot, Request& request, bool tagged);
/// Copies back what a miniport may have changed (SP-082), after it was given back.
void take_over_results(Adapter& adapter, Slot& slot, Request& request);

/// SP-357: gives the miniport the slot's pages, or takes them away.
void guard_slot(Adapter& adapter, Slot& slot, bool accessible);

/// The physical run that byte `offset` of the request's data begins in. False if there is no such byte.
bool data_run(const Request& request, ULONG offset, PHYSICAL_ADDRESS& address, ULONG& length);

/// DMA memory as the adapter can reach it: a common buffer for bus masters, contiguous pages otherwise. Not zeroed.
/// IRQL: PASSIVE_LEVEL.
DmaBlock allocate_dma(Adapter& adapter, ULONG length);
void free_dma(Adapter& adapter, DmaBlock& block);

}  // namespace drydock::port::scsiport
