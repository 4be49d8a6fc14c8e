#pragma once
// DMA adapters. Devices reach memory by physical address; a buffer's pages are scattered, and what a device cannot
// reach goes through a bounce buffer.

#include <string>
#include <vector>

#include "nt/dma.h"

namespace drydock::ntos {

using namespace nt;

/// The adapter of a bus-master device. Null if refused or the description is of no use. IRQL: PASSIVE_LEVEL.
/// Ownership: the driver's until PutDmaAdapter.
DMA_ADAPTER* NTAPI IoGetDmaAdapter(DEVICE_OBJECT* physical_device, DEVICE_DESCRIPTION* description,
                                   ULONG* map_registers);
DMA_ADAPTER* NTAPI HalGetAdapter(DEVICE_DESCRIPTION* description, ULONG* map_registers);

// The operations, as DMA_ADAPTER.DmaOperations offers them.
VOID NTAPI PutDmaAdapter(DMA_ADAPTER* adapter);
PVOID NTAPI AllocateCommonBuffer(DMA_ADAPTER* adapter, ULONG length, PHYSICAL_ADDRESS* logical, BOOLEAN cached);
VOID NTAPI FreeCommonBuffer(DMA_ADAPTER* adapter, ULONG length, PHYSICAL_ADDRESS logical, PVOID base, BOOLEAN cached);
NTSTATUS NTAPI AllocateAdapterChannel(DMA_ADAPTER* adapter, DEVICE_OBJECT* device, ULONG map_registers,
                                      PDRIVER_CONTROL routine, PVOID context);
BOOLEAN NTAPI FlushAdapterBuffers(DMA_ADAPTER* adapter, MDL* mdl, PVOID base, PVOID va, ULONG length,
                                  BOOLEAN to_device);
VOID NTAPI FreeAdapterChannel(DMA_ADAPTER* adapter);
VOID NTAPI FreeMapRegisters(DMA_ADAPTER* adapter, PVOID base, ULONG map_registers);
PHYSICAL_ADDRESS NTAPI MapTransfer(DMA_ADAPTER* adapter, MDL* mdl, PVOID base, PVOID va, ULONG* length,
                                   BOOLEAN to_device);
ULONG NTAPI GetDmaAlignment(DMA_ADAPTER* adapter);
ULONG NTAPI ReadDmaCounter(DMA_ADAPTER* adapter);
NTSTATUS NTAPI GetScatterGatherList(DMA_ADAPTER* adapter, DEVICE_OBJECT* device, MDL* mdl, PVOID va, ULONG length,
                                    PDRIVER_LIST_CONTROL routine, PVOID context, BOOLEAN to_device);
VOID NTAPI PutScatterGatherList(DMA_ADAPTER* adapter, SCATTER_GATHER_LIST* list, BOOLEAN to_device);
NTSTATUS NTAPI CalculateScatterGatherList(DMA_ADAPTER* adapter, MDL* mdl, PVOID va, ULONG length, ULONG* list_bytes,
                                          ULONG* map_registers);
NTSTATUS NTAPI BuildScatterGatherList(DMA_ADAPTER* adapter, DEVICE_OBJECT* device, MDL* mdl, PVOID va, ULONG length,
                                      PDRIVER_LIST_CONTROL routine, PVOID context, BOOLEAN to_device, PVOID buffer,
                                      ULONG buffer_length);
NTSTATUS NTAPI BuildMdlFromScatterGatherList(DMA_ADAPTER* adapter, SCATTER_GATHER_LIST* list, MDL* original,
                                             MDL** target);

namespace hal {

/// What is left of adapters that a driver at [first_caller, last_caller] got: "adapter", "common buffer", "map
/// registers".
struct DmaLeak {
  std::string what;
  std::uint64_t bytes;
  std::uint64_t caller;
};
std::vector<DmaLeak> dma_leaks_of(std::uint64_t first_caller, std::uint64_t last_caller);

}  // namespace hal

}  // namespace drydock::ntos
