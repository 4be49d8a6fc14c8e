#include "ntos/hal/dma.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "machine/gs.h"
#include "machine/guest_call.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/ex/pool.h"
#include "ntos/hal/state.h"
#include "ntos/kernel.h"

namespace drydock::ntos {

namespace {

using hal::Adapter;
using hal::Bounce;
using hal::Transfer;

constexpr ULONG kAdapterTag = 0x64616D44, kListTag = 0x6C677344, kTransferTag = 0x78666D44;
constexpr ULONG kMapRegistersMax = 0x100000;

machine::Memory& memory() {
  return machine::Machine::current().memory();
}
std::uint64_t number(const void* address) {
  return reinterpret_cast<std::uint64_t>(address);
}

[[noreturn]] void dma_stop(std::uint64_t reason, std::uint64_t p2, std::uint64_t p3, std::string summary) {
  machine::Machine::current().bug_check(DRIVER_VERIFIER_DMA_VIOLATION, reason, p2, p3, 0, std::move(summary));
}

Adapter& adapter_of(const DMA_ADAPTER* adapter) {
  auto& adapters = kernel().hal->adapters;
  auto found = adapters.find(adapter);
  if (found == adapters.end())
    dma_stop(adapter == nullptr ? 0x19 : 0x18, number(adapter), 0,
             adapter == nullptr ? "a DMA operation on no adapter" : "a DMA adapter is used after it was put away");
  return found->second;
}

/// One piece of a buffer that is contiguous in physical memory.
struct Piece {
  machine::PhysicalAddress address;
  std::byte* original;  ///< where we see the same bytes
  ULONG bytes;
};

/// Calls `use` for every page of [va, va + length) of an MDL chain. The start is in the first MDL.
template <class Use>
void for_each_page(MDL* mdl, PVOID va, ULONG length, Use use) {
  auto offset = number(va) - number(MmGetMdlVirtualAddress(mdl));
  if (length == 0) dma_stop(0x21, 0, 0, "a DMA transfer of no bytes");
  if (number(va) < number(MmGetMdlVirtualAddress(mdl)) || offset >= mdl->ByteCount)
    dma_stop(0x1B, number(va), number(mdl), "a DMA transfer starts outside its MDL");
  while (length != 0) {
    if (mdl == nullptr) dma_stop(0x24, 0, length, "a DMA transfer is longer than its MDLs");
    if ((mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE)) == 0)
      dma_stop(0xE, number(mdl), 0, "a DMA transfer from a buffer whose pages are not locked");
    while (length != 0 && offset < mdl->ByteCount) {
      std::uint64_t at = mdl->ByteOffset + offset;
      ULONG in_page = static_cast<ULONG>(at & (PAGE_SIZE - 1));
      ULONG bytes = std::min({PAGE_SIZE - in_page, mdl->ByteCount - static_cast<ULONG>(offset), length});
      machine::PhysicalAddress address = (MmGetMdlPfnArray(mdl)[at >> PAGE_SHIFT] << PAGE_SHIFT) + in_page;
      if (!use(Piece{address, static_cast<std::byte*>(memory().va_of(address)), bytes})) return;
      offset += bytes;
      length -= bytes;
    }
    mdl = mdl->Next;
    offset = 0;
  }
}

/// A buffer within the adapter's reach for `bytes`; false when there is no memory.
bool make_bounce(const Adapter& adapter, std::size_t bytes, Bounce& bounce) {
  bounce.pages = BYTES_TO_PAGES(bytes);
  bounce.buffer =
      static_cast<std::byte*>(memory().allocate_pages(bounce.pages, machine::Zone::Contiguous, adapter.highest));
  return bounce.buffer != nullptr;
}

/// Copies back what the device wrote, and frees.
void end_bounces(Transfer& transfer, bool to_device) {
  for (const Bounce& bounce : transfer.bounces) {
    if (!to_device && bounce.original != nullptr) std::memcpy(bounce.original, bounce.buffer, bounce.bytes);
    memory().free_pages(bounce.buffer, bounce.pages);
  }
  transfer.bounces.clear();
}

struct ElementWriter {
  SCATTER_GATHER_LIST* list;
  ULONG room;
  bool add(machine::PhysicalAddress address, ULONG bytes) {
    if (list->NumberOfElements != 0) {
      SCATTER_GATHER_ELEMENT& last = list->Elements[list->NumberOfElements - 1];
      if (static_cast<machine::PhysicalAddress>(last.Address.QuadPart) + last.Length == address) {
        last.Length += bytes;
        return true;
      }
    }
    if (list->NumberOfElements == room) return false;
    list->Elements[list->NumberOfElements++] = {{.QuadPart = static_cast<LONGLONG>(address)}, bytes, 0};
    return true;
  }
};

SIZE_T list_bytes(ULONG elements) {
  return sizeof(SCATTER_GATHER_LIST) + elements * sizeof(SCATTER_GATHER_ELEMENT);
}

ULONG pages_spanned(MDL* mdl, PVOID va, ULONG length) {
  ULONG pages = 0;
  for_each_page(mdl, va, length, [&pages](const Piece&) { return ++pages, true; });
  return pages;
}

/// Fills `list` with the pieces of a buffer, bouncing pages out of reach. False when a buffer or room is lacking.
bool build_list(const Adapter& adapter, MDL* mdl, PVOID va, ULONG length, bool to_device, SCATTER_GATHER_LIST* list,
                ULONG room, Transfer& transfer) {
  list->NumberOfElements = 0;
  list->Reserved = 0;
  ElementWriter writer{list, room};
  bool done = true;
  for_each_page(mdl, va, length, [&](const Piece& piece) {
    machine::PhysicalAddress address = piece.address;
    if (address + piece.bytes - 1 > adapter.highest) {
      Bounce bounce;
      if (!make_bounce(adapter, piece.bytes, bounce)) return done = false;
      bounce.original = piece.original;
      bounce.bytes = piece.bytes;
      if (to_device && piece.original != nullptr) std::memcpy(bounce.buffer, piece.original, piece.bytes);
      transfer.bounces.push_back(bounce);
      address = memory().pa_of(bounce.buffer);
    }
    return done = writer.add(address, piece.bytes);
  });
  if (!done) end_bounces(transfer, true);
  return done;
}

NTSTATUS run_list(DMA_ADAPTER* adapter, DEVICE_OBJECT* device, MDL* mdl, PVOID va, ULONG length,
                  PDRIVER_LIST_CONTROL routine, PVOID context, bool to_device, SCATTER_GATHER_LIST* list, ULONG room,
                  ULONG map_registers) {
  Transfer transfer{adapter, map_registers, {}, machine::gs::calling_address()};
  if (!build_list(adapter_of(adapter), mdl, va, length, to_device, list, room, transfer))
    return STATUS_INSUFFICIENT_RESOURCES;
  kernel().hal->transfers[list] = std::move(transfer);
  machine::call_driver(routine, device, device->CurrentIrp, list, context);
  return STATUS_SUCCESS;
}

}  // namespace

VOID NTAPI PutDmaAdapter(DMA_ADAPTER* adapter) {
  adapter_of(adapter);
  kernel().hal->adapters.erase(adapter);
  ExFreePool(adapter);
}

PVOID NTAPI AllocateCommonBuffer(DMA_ADAPTER* adapter, ULONG length, PHYSICAL_ADDRESS* logical, BOOLEAN) {
  Adapter& state = adapter_of(adapter);
  if (length == 0 || machine::refused("AllocateCommonBuffer")) return nullptr;
  void* base = memory().allocate_pages(BYTES_TO_PAGES(length), machine::Zone::Contiguous, state.highest);
  if (base == nullptr) return nullptr;
  std::memset(base, 0, ROUND_TO_PAGES(length));
  logical->QuadPart = static_cast<LONGLONG>(memory().pa_of(base));
  state.common_buffers[number(base)] = {length, machine::gs::calling_address()};
  return base;
}

VOID NTAPI FreeCommonBuffer(DMA_ADAPTER* adapter, ULONG length, PHYSICAL_ADDRESS logical, PVOID base, BOOLEAN) {
  Adapter& state = adapter_of(adapter);
  auto found = state.common_buffers.find(number(base));
  if (found == state.common_buffers.end())
    dma_stop(3, number(base), length, "a common buffer is freed that this adapter did not hand out, or twice");
  if (found->second.bytes != length || static_cast<machine::PhysicalAddress>(logical.QuadPart) != memory().pa_of(base))
    dma_stop(0, number(base), length,
             "a common buffer is freed with another length or logical address than it was handed out with");
  memory().free_pages(base, BYTES_TO_PAGES(length));
  state.common_buffers.erase(found);
}

NTSTATUS NTAPI AllocateAdapterChannel(DMA_ADAPTER* adapter, DEVICE_OBJECT* device, ULONG map_registers,
                                      PDRIVER_CONTROL routine, PVOID context) {
  Adapter& state = adapter_of(adapter);
  if (map_registers > state.map_registers_max || machine::refused("AllocateAdapterChannel"))
    return STATUS_INSUFFICIENT_RESOURCES;
  // A bus master needs no channel: only map registers, of which there are always enough.
  void* base = ExAllocatePoolWithTag(NonPagedPoolNx, 16, kTransferTag);
  if (base == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  kernel().hal->transfers[base] = {adapter, map_registers, {}, machine::gs::calling_address()};
  IO_ALLOCATION_ACTION action = machine::call_driver(routine, device, device->CurrentIrp, base, context);
  if (action == DeallocateObject) FreeMapRegisters(adapter, base, map_registers);
  return STATUS_SUCCESS;
}

VOID NTAPI FreeAdapterChannel(DMA_ADAPTER* adapter) {
  adapter_of(adapter);
}

VOID NTAPI FreeMapRegisters(DMA_ADAPTER* adapter, PVOID base, ULONG map_registers) {
  adapter_of(adapter);
  auto& transfers = kernel().hal->transfers;
  auto found = transfers.find(base);
  if (found == transfers.end() || found->second.adapter != adapter)
    dma_stop(5, number(base), map_registers, "map registers are freed that are not allocated");
  end_bounces(found->second, true);
  transfers.erase(found);
  ExFreePool(base);
}

PHYSICAL_ADDRESS NTAPI MapTransfer(DMA_ADAPTER* adapter, MDL* mdl, PVOID base, PVOID va, ULONG* length,
                                   BOOLEAN to_device) {
  Adapter& state = adapter_of(adapter);
  machine::PhysicalAddress first = machine::kNoPhysicalAddress, next = 0;
  ULONG run = 0;
  bool reachable = true;
  for_each_page(mdl, va, *length, [&](const Piece& piece) {
    if (first == machine::kNoPhysicalAddress) first = next = piece.address;
    if (piece.address != next) return false;
    reachable = reachable && piece.address + piece.bytes - 1 <= state.highest;
    next += piece.bytes;
    run += piece.bytes;
    return true;
  });
  if (reachable && (state.scatter_gather || run == *length || base == nullptr)) {
    *length = run;
    return {.QuadPart = static_cast<LONGLONG>(first)};
  }
  auto& transfers = kernel().hal->transfers;
  auto found = transfers.find(base);
  Bounce bounce;
  if (found == transfers.end() || !make_bounce(state, *length, bounce))
    dma_stop(0x20, number(base), *length, "a transfer is mapped without map registers that the device needs for it");
  // One piece of bounce buffer for each page of the driver's, side by side.
  std::size_t done = 0;
  for_each_page(mdl, va, *length, [&](const Piece& piece) {
    if (to_device != FALSE && piece.original != nullptr) std::memcpy(bounce.buffer + done, piece.original, piece.bytes);
    done += piece.bytes;
    return true;
  });
  bounce.bytes = done;
  bounce.original = nullptr;  // scattered: FlushAdapterBuffers finds the pages again
  found->second.bounces.push_back(bounce);
  return {.QuadPart = static_cast<LONGLONG>(memory().pa_of(bounce.buffer))};
}

BOOLEAN NTAPI FlushAdapterBuffers(DMA_ADAPTER* adapter, MDL* mdl, PVOID base, PVOID va, ULONG length,
                                  BOOLEAN to_device) {
  adapter_of(adapter);
  auto& transfers = kernel().hal->transfers;
  auto found = transfers.find(base);
  if (found == transfers.end()) return TRUE;
  for (const Bounce& bounce : found->second.bounces) {
    std::size_t done = 0;
    if (to_device == FALSE)
      for_each_page(mdl, va, length, [&](const Piece& piece) {
        std::size_t bytes = std::min<std::size_t>(piece.bytes, bounce.bytes - done);
        if (piece.original != nullptr) std::memcpy(piece.original, bounce.buffer + done, bytes);
        done += bytes;
        return done < bounce.bytes;
      });
    memory().free_pages(bounce.buffer, bounce.pages);
  }
  found->second.bounces.clear();
  return TRUE;
}

ULONG NTAPI GetDmaAlignment(DMA_ADAPTER* adapter) {
  return adapter_of(adapter), 1;
}
ULONG NTAPI ReadDmaCounter(DMA_ADAPTER* adapter) {
  return adapter_of(adapter), 0;
}

NTSTATUS NTAPI GetScatterGatherList(DMA_ADAPTER* adapter, DEVICE_OBJECT* device, MDL* mdl, PVOID va, ULONG length,
                                    PDRIVER_LIST_CONTROL routine, PVOID context, BOOLEAN to_device) {
  Adapter& state = adapter_of(adapter);
  ULONG pages = pages_spanned(mdl, va, length);
  if (pages > state.map_registers_max || machine::refused("GetScatterGatherList")) return STATUS_INSUFFICIENT_RESOURCES;
  auto* list = static_cast<SCATTER_GATHER_LIST*>(ExAllocatePoolWithTag(NonPagedPoolNx, list_bytes(pages), kListTag));
  if (list == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status =
      run_list(adapter, device, mdl, va, length, routine, context, to_device != FALSE, list, pages, pages);
  if (!NT_SUCCESS(status)) ExFreePool(list);
  return status;
}

VOID NTAPI PutScatterGatherList(DMA_ADAPTER* adapter, SCATTER_GATHER_LIST* list, BOOLEAN to_device) {
  adapter_of(adapter);
  auto& transfers = kernel().hal->transfers;
  auto found = transfers.find(list);
  if (found == transfers.end() || found->second.adapter != adapter)
    dma_stop(6, number(list), 0, "a scatter/gather list is put back that is not out, or twice");
  end_bounces(found->second, to_device != FALSE);
  bool ours = found->second.map_registers != 0;
  transfers.erase(found);
  if (ours) ExFreePool(list);
}

NTSTATUS NTAPI CalculateScatterGatherList(DMA_ADAPTER* adapter, MDL* mdl, PVOID va, ULONG length, ULONG* list_size,
                                          ULONG* map_registers) {
  adapter_of(adapter);
  ULONG pages =
      mdl != nullptr ? pages_spanned(mdl, va, length) : static_cast<ULONG>(ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, length));
  *list_size = static_cast<ULONG>(list_bytes(pages));
  if (map_registers != nullptr) *map_registers = pages;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI BuildScatterGatherList(DMA_ADAPTER* adapter, DEVICE_OBJECT* device, MDL* mdl, PVOID va, ULONG length,
                                      PDRIVER_LIST_CONTROL routine, PVOID context, BOOLEAN to_device, PVOID buffer,
                                      ULONG buffer_length) {
  ULONG pages = pages_spanned(mdl, va, length);
  if (buffer_length < list_bytes(pages)) return STATUS_BUFFER_TOO_SMALL;
  // No map registers in the record: the list is the driver's memory.
  return run_list(adapter, device, mdl, va, length, routine, context, to_device != FALSE,
                  static_cast<SCATTER_GATHER_LIST*>(buffer), pages, 0);
}

NTSTATUS NTAPI BuildMdlFromScatterGatherList(DMA_ADAPTER* adapter, SCATTER_GATHER_LIST*, MDL* original, MDL** target) {
  adapter_of(adapter);
  // Logical addresses are physical ones: the original describes the same pages.
  *target = original;
  return STATUS_SUCCESS;
}

namespace {

template <class R, class... A>
machine::ExportSlot slot_of(const char* name, R(NTAPI* function)(A...), KIRQL least, KIRQL most) {
  constexpr std::uint16_t kStackArgs = sizeof...(A) > 4 ? sizeof...(A) - 4 : 0;
  return {reinterpret_cast<void*>(function), least, most, kStackArgs, 0, "hal.dll", name};
}

const machine::ExportSlot kOperations[] = {
    slot_of("PutDmaAdapter", PutDmaAdapter, PASSIVE_LEVEL, PASSIVE_LEVEL),
    slot_of("AllocateCommonBuffer", AllocateCommonBuffer, PASSIVE_LEVEL, PASSIVE_LEVEL),
    slot_of("FreeCommonBuffer", FreeCommonBuffer, PASSIVE_LEVEL, PASSIVE_LEVEL),
    slot_of("AllocateAdapterChannel", AllocateAdapterChannel, DISPATCH_LEVEL, DISPATCH_LEVEL),
    slot_of("FlushAdapterBuffers", FlushAdapterBuffers, PASSIVE_LEVEL, DISPATCH_LEVEL),
    slot_of("FreeAdapterChannel", FreeAdapterChannel, DISPATCH_LEVEL, DISPATCH_LEVEL),
    slot_of("FreeMapRegisters", FreeMapRegisters, DISPATCH_LEVEL, DISPATCH_LEVEL),
    slot_of("MapTransfer", MapTransfer, PASSIVE_LEVEL, DISPATCH_LEVEL),
    slot_of("GetDmaAlignment", GetDmaAlignment, PASSIVE_LEVEL, DISPATCH_LEVEL),
    slot_of("ReadDmaCounter", ReadDmaCounter, PASSIVE_LEVEL, DISPATCH_LEVEL),
    slot_of("GetScatterGatherList", GetScatterGatherList, DISPATCH_LEVEL, DISPATCH_LEVEL),
    slot_of("PutScatterGatherList", PutScatterGatherList, DISPATCH_LEVEL, DISPATCH_LEVEL),
    slot_of("CalculateScatterGatherList", CalculateScatterGatherList, PASSIVE_LEVEL, DISPATCH_LEVEL),
    slot_of("BuildScatterGatherList", BuildScatterGatherList, DISPATCH_LEVEL, DISPATCH_LEVEL),
    slot_of("BuildMdlFromScatterGatherList", BuildMdlFromScatterGatherList, PASSIVE_LEVEL, DISPATCH_LEVEL),
};
static_assert(sizeof(DMA_OPERATIONS) == 8 + std::size(kOperations) * sizeof(void*));

DMA_OPERATIONS* operations() {
  DMA_OPERATIONS*& shared = kernel().hal->operations;
  if (shared != nullptr) return shared;
  auto* made =
      static_cast<DMA_OPERATIONS*>(kernel().pool->allocate(ex::Pool::kInUse, sizeof(DMA_OPERATIONS), kAdapterTag, 0));
  if (made == nullptr) return nullptr;
  made->Size = sizeof(DMA_OPERATIONS);
  void* entries[std::size(kOperations)];
  for (std::size_t i = 0; i < std::size(kOperations); ++i) entries[i] = machine::guest_entry(&kOperations[i]);
  std::memcpy(reinterpret_cast<char*>(made) + offsetof(DMA_OPERATIONS, PutDmaAdapter), entries, sizeof entries);
  return shared = made;
}

}  // namespace

DMA_ADAPTER* NTAPI IoGetDmaAdapter(DEVICE_OBJECT* physical_device, DEVICE_DESCRIPTION* description,
                                   ULONG* map_registers) {
  if (description->Version > DEVICE_DESCRIPTION_VERSION3)
    dma_stop(0x25, description->Version, 0, "a device description of an unknown version");
  if (description->Version == DEVICE_DESCRIPTION_VERSION3)
    machine::Machine::current().not_implemented("IoGetDmaAdapter",
                                                "the operations of device description version 3 are not built");
  if (machine::refused("IoGetDmaAdapter")) return nullptr;
  DMA_OPERATIONS* shared = operations();
  auto* adapter = static_cast<DMA_ADAPTER*>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(DMA_ADAPTER), kAdapterTag));
  if (adapter == nullptr || shared == nullptr) return nullptr;
  *adapter = {DMA_ADAPTER_VERSION1, sizeof(DMA_ADAPTER), shared};

  Adapter state;
  state.number = ++kernel().hal->adapters_made;
  state.device = physical_device;
  bool all = description->Dma64BitAddresses != FALSE;
  bool four_gigabytes = description->Dma32BitAddresses != FALSE || description->Master != FALSE;
  state.highest = all ? machine::kNoPhysicalAddress - 1 : four_gigabytes ? 0xFFFFFFFF : 0xFFFFFF;
  state.maximum_length = description->MaximumLength;
  state.scatter_gather = description->ScatterGather != FALSE;
  ULONG wanted = static_cast<ULONG>(BYTES_TO_PAGES(SIZE_T{description->MaximumLength})) + 1;
  state.map_registers_max = std::min(wanted, kMapRegistersMax);
  state.caller = machine::gs::calling_address();
  if (map_registers != nullptr) *map_registers = state.map_registers_max;
  kernel().hal->adapters[adapter] = std::move(state);
  return adapter;
}

DMA_ADAPTER* NTAPI HalGetAdapter(DEVICE_DESCRIPTION* description, ULONG* map_registers) {
  return IoGetDmaAdapter(nullptr, description, map_registers);
}

std::vector<hal::DmaLeak> hal::dma_leaks_of(std::uint64_t first_caller, std::uint64_t last_caller) {
  auto inside = [&](std::uint64_t caller) { return caller >= first_caller && caller <= last_caller; };
  std::vector<DmaLeak> leaks;
  for (const auto& [address, adapter] : kernel().hal->adapters) {
    if (inside(adapter.caller)) leaks.push_back({"DMA adapter", 0, adapter.caller});
    for (const auto& [base, buffer] : adapter.common_buffers)
      if (inside(buffer.caller)) leaks.push_back({"common buffer", buffer.bytes, buffer.caller});
  }
  for (const auto& [base, transfer] : kernel().hal->transfers)
    if (inside(transfer.caller))
      leaks.push_back({"map registers", transfer.map_registers * std::uint64_t{PAGE_SIZE}, transfer.caller});
  return leaks;
}

void hal::install(Kernel& kernel) {
  kernel.hal = new State;
}

}  // namespace drydock::ntos
