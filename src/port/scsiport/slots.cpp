#include "port/scsiport/slots.h"

#include <algorithm>
#include <cstring>

#include "machine/machine.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/notification.h"

namespace drydock::port::scsiport {

namespace {

constexpr ULONG kSrbBytes = 96;  // SCSI_REQUEST_BLOCK, rounded up so that the extension is aligned
static_assert(sizeof(SCSI_REQUEST_BLOCK) <= kSrbBytes);

/// What a fresh SRB extension holds (SP-070): never zeros.
constexpr int kExtensionPattern = 0xE5;

/// Where DataBuffer points without MapBuffers (SP-077): nothing is ever mapped there, so that a miniport that looks is
/// seen at once. One window per slot; offsets within a page are those of the buffer.
constexpr std::uint64_t kUnmappedData = 0x1800'0000'0000;
constexpr std::uint64_t kUnmappedWindow = 0x1'0000'0000;

/// The macro of that name.
PVOID system_address_of(MDL* mdl) {
  if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) return mdl->MappedSystemVa;
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE,
                                      NormalPagePriority | MdlMappingNoExecute);
}

PVOID unmapped_address(unsigned slot, const Request& request) {
  const ULONG in_page = request.mdl ? (MmGetMdlByteOffset(request.mdl) + request.mdl_offset) & (PAGE_SIZE - 1)
                                    : BYTE_OFFSET(request.data);
  return reinterpret_cast<PVOID>(kUnmappedData + slot * kUnmappedWindow + in_page);
}

}  // namespace

DmaBlock allocate_dma(Adapter& adapter, ULONG length) {
  DmaBlock block;
  if (adapter.dma) {
    block.address = static_cast<std::byte*>(machine::call_driver(adapter.dma->DmaOperations->AllocateCommonBuffer,
                                                                 adapter.dma, length, &block.physical, BOOLEAN{TRUE}));
    block.common_buffer = true;
  } else {
    PHYSICAL_ADDRESS highest;
    highest.QuadPart = adapter.dma64 ? ~0ull >> 1 : 0xFFFFFFFFll;
    block.address = static_cast<std::byte*>(MmAllocateContiguousMemory(length, highest));
    if (block.address) block.physical = MmGetPhysicalAddress(block.address);
  }
  block.length = block.address ? length : 0;
  return block;
}

void free_dma(Adapter& adapter, DmaBlock& block) {
  if (block.address && block.common_buffer)
    machine::call_driver(adapter.dma->DmaOperations->FreeCommonBuffer, adapter.dma, block.length, block.physical,
                         static_cast<PVOID>(block.address), BOOLEAN{TRUE});
  else if (block.address)
    MmFreeContiguousMemory(block.address);
  block = DmaBlock{};
}

bool allocate_slots(Adapter& adapter) {
  const bool guarded = adapter.port->settings.guard_requests;
  const auto extension_bytes = static_cast<ULONG>(align_up(adapter.config.SrbExtensionSize, 16));
  const ULONG sense_bytes = adapter.auto_request_sense ? static_cast<ULONG>(align_up(adapter.sense_length, 16)) : 0;
  ULONG stride = kSrbBytes + extension_bytes + sense_bytes;
  if (guarded) stride = static_cast<ULONG>(ROUND_TO_PAGES(stride));
  const bool many = adapter.tagged_queuing || adapter.multiple_requests;
  // Without queueing every unit has one request at most, beside bypass and sense requests.
  const unsigned count = many ? kSlotsMax : 64;
  adapter.slot_memory = allocate_dma(adapter, stride * count);
  if (!adapter.slot_memory.address) return false;
  adapter.slot_stride = stride;
  adapter.slots.assign(count, Slot{});
  adapter.first_free_slot = adapter.last_free_slot = kNoSlot;
  for (unsigned i = 0; i < count; ++i) {
    Slot& slot = adapter.slots[i];
    std::byte* base = adapter.slot_memory.address + i * stride;
    slot.srb = reinterpret_cast<SCSI_REQUEST_BLOCK*>(base);
    slot.extension = adapter.config.SrbExtensionSize ? base + kSrbBytes : nullptr;
    slot.sense = sense_bytes ? base + kSrbBytes + extension_bytes : nullptr;
    put_slot(adapter, slot);
  }
  return true;
}

void free_slots(Adapter& adapter) {
  if (adapter.port->settings.guard_requests)
    for (Slot& slot : adapter.slots) {
      guard_slot(adapter, slot, false);
      guard_slot(adapter, slot, true);
    }
  free_dma(adapter, adapter.slot_memory);
  adapter.slots.clear();
  adapter.first_free_slot = adapter.last_free_slot = kNoSlot;
}

Slot* take_slot(Adapter& adapter) {
  if (adapter.first_free_slot == kNoSlot) return nullptr;
  Slot& slot = adapter.slots[adapter.first_free_slot];
  adapter.first_free_slot = slot.next_free;
  if (adapter.first_free_slot == kNoSlot) adapter.last_free_slot = kNoSlot;
  slot.next_free = kNoSlot;
  return &slot;
}

void put_slot(Adapter& adapter, Slot& slot) {
  const auto index = static_cast<std::uint16_t>(&slot - adapter.slots.data());
  slot.state = Slot::State::Free;
  slot.request = nullptr;
  slot.next_free = kNoSlot;
  if (adapter.last_free_slot == kNoSlot)
    adapter.first_free_slot = index;
  else
    adapter.slots[adapter.last_free_slot].next_free = index;
  adapter.last_free_slot = index;
}

void guard_slot(Adapter& adapter, Slot& slot, bool accessible) {
  machine::Memory& memory = machine::Machine::current().memory();
  memory.protect(slot.srb, adapter.slot_stride / PAGE_SIZE,
                 accessible ? machine::Access::ReadWrite : machine::Access::None);
  if (accessible || !slot.alias_mapped) return;
  slot.alias_mapped = false;
  memory.unmap_alias(slot.alias - BYTE_OFFSET(slot.alias),
                     ADDRESS_AND_SIZE_TO_SPAN_PAGES(slot.alias, slot.alias_bytes));
}

namespace {
/// SP-357: the request's data at addresses of its own, which go with the request. Null if there is no room for them.
std::byte* map_alias(Slot& slot, const Request& request, ULONG bytes) {
  std::vector<std::uint64_t> frames;
  ULONG in_page = 0;
  for (ULONG offset = 0; offset < bytes;) {
    PHYSICAL_ADDRESS at;
    ULONG run = 0;
    if (!data_run(request, offset, at, run)) return nullptr;
    const auto start = static_cast<std::uint64_t>(at.QuadPart);
    if (offset == 0) in_page = static_cast<ULONG>(start & (PAGE_SIZE - 1));
    run = std::min(run, bytes - offset);
    for (std::uint64_t frame = start >> PAGE_SHIFT; frame <= (start + run - 1) >> PAGE_SHIFT; ++frame)
      frames.push_back(frame);
    offset += run;
  }
  void* first = machine::Machine::current().memory().map_alias(frames);
  if (!first) return nullptr;
  slot.alias = static_cast<std::byte*>(first) + in_page;
  slot.alias_bytes = bytes;
  slot.alias_mapped = true;
  return slot.alias;
}
}  // namespace

Slot* slot_of(Adapter& adapter, const SCSI_REQUEST_BLOCK* srb) {
  if (!adapter.slot_memory.contains(srb)) return nullptr;
  const auto offset = static_cast<ULONG>(reinterpret_cast<const std::byte*>(srb) - adapter.slot_memory.address);
  if (offset % adapter.slot_stride) return nullptr;
  Slot& slot = adapter.slots[offset / adapter.slot_stride];
  return slot.last_number ? &slot : nullptr;
}

bool map_data(Adapter& adapter, Request& request) {
  if (!adapter.map_buffers || !request.mdl || request.function != SRB_FUNCTION_EXECUTE_SCSI) return true;
  return system_address_of(request.mdl) != nullptr;
}

void hand_over(Adapter& adapter, Slot& slot, Request& request, bool tagged) {
  const auto index = static_cast<std::uint16_t>(&slot - adapter.slots.data());
  if (adapter.port->settings.guard_requests) guard_slot(adapter, slot, true);
  if (!slot.filled) {
    slot.filled = true;
    std::memset(static_cast<void*>(slot.srb), kExtensionPattern, adapter.slot_stride);
  }
  const UnitAddress at = request.unit->address;
  SCSI_REQUEST_BLOCK& copy = *slot.srb;
  copy = *request.srb;
  copy.PathId = at.path;
  copy.TargetId = at.target;
  copy.Lun = at.lun;
  copy.SrbStatus = SRB_STATUS_PENDING;
  copy.SrbFlags |= adapter.default_srb_flags | SRB_FLAGS_IS_ACTIVE;
  copy.SrbExtension = slot.extension;
  const bool wmi = request.function == SRB_FUNCTION_WMI;
  if (!wmi) {
    copy.ScsiStatus = SCSISTAT_GOOD;
    copy.QueueTag = tagged ? static_cast<UCHAR>(index + 1) : SP_UNTAGGED;
    if (slot.sense && copy.SenseInfoBuffer && copy.SenseInfoBufferLength) {
      copy.SenseInfoBuffer = slot.sense;
      copy.SenseInfoBufferLength =
          static_cast<UCHAR>(std::min<ULONG>(copy.SenseInfoBufferLength, adapter.sense_length));
    }
    copy.NextSrb = nullptr;
    if (request.function == SRB_FUNCTION_ABORT_COMMAND) {
      // The sender names the SRB it sent; the miniport knows its copy.
      for (Request* owned = request.unit->owned.first(); owned; owned = owned->next)
        if (owned->srb == request.srb->NextSrb) copy.NextSrb = adapter.slots[owned->slot].srb;
    }
  }
  slot.unmapped_data = false;
  if (request.function == SRB_FUNCTION_EXECUTE_SCSI && copy.DataTransferLength) {
    std::byte* alias = nullptr;
    if (!adapter.map_buffers) {
      copy.DataBuffer = unmapped_address(index, request);
      slot.unmapped_data = true;
    } else if (adapter.port->settings.guard_requests &&
               (alias = map_alias(slot, request, copy.DataTransferLength)) != nullptr)
      copy.DataBuffer = alias;
    else if (request.mdl)
      copy.DataBuffer = static_cast<std::byte*>(system_address_of(request.mdl)) + request.mdl_offset;
  }
  slot.state = Slot::State::Owned;
  slot.tagged = tagged;
  slot.swept = false;
  slot.request = &request;
  slot.last_number = request.number;
  slot.issued = copy;
  request.slot = index;
  request.tag = static_cast<std::uint16_t>(index + 1);
  witness_hand_over(adapter, slot);
}

void take_over_results(Adapter& adapter, Slot& slot, Request& request) {
  SCSI_REQUEST_BLOCK& srb = *request.srb;
  const SCSI_REQUEST_BLOCK& returned = slot.returned;
  srb.SrbStatus = returned.SrbStatus;
  srb.PathId = request.unit->address.path;
  srb.TargetId = request.unit->address.target;
  srb.Lun = request.unit->address.lun;
  srb.DataTransferLength = returned.DataTransferLength;
  srb.SrbExtension = nullptr;
  if (request.function == SRB_FUNCTION_WMI) return;
  srb.ScsiStatus = returned.ScsiStatus;
  srb.QueueTag = returned.QueueTag;
  if ((returned.SrbStatus & SRB_STATUS_AUTOSENSE_VALID) && srb.SenseInfoBuffer) {
    const UCHAR length = std::min(returned.SenseInfoBufferLength, srb.SenseInfoBufferLength);
    if (slot.issued.SenseInfoBuffer == slot.sense && slot.sense) {
      if (adapter.port->settings.guard_requests) guard_slot(adapter, slot, true);
      std::memcpy(srb.SenseInfoBuffer, slot.sense, length);
      if (adapter.port->settings.guard_requests) guard_slot(adapter, slot, false);
    }
    srb.SenseInfoBufferLength = length;
  }
}

bool data_run(const Request& request, ULONG offset, PHYSICAL_ADDRESS& address, ULONG& length) {
  constexpr std::uint64_t kLengthMax = 0xFFFFF000;
  if (request.mdl) {
    const MDL* mdl = request.mdl;
    const std::uint64_t position = std::uint64_t{MmGetMdlByteOffset(mdl)} + request.mdl_offset + offset;
    const std::uint64_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl));
    std::uint64_t page = position >> PAGE_SHIFT;
    if (page >= pages) return false;
    const PFN_NUMBER* frames = MmGetMdlPfnArray(mdl);
    address.QuadPart = static_cast<LONGLONG>(frames[page] << PAGE_SHIFT | (position & (PAGE_SIZE - 1)));
    std::uint64_t run = PAGE_SIZE - (position & (PAGE_SIZE - 1));
    for (; page + 1 < pages && frames[page + 1] == frames[page] + 1 && run < kLengthMax; ++page) run += PAGE_SIZE;
    length = static_cast<ULONG>(run);
    return true;
  }
  if (!request.data) return false;
  auto* at = static_cast<std::byte*>(request.data) + offset;
  address = MmGetPhysicalAddress(at);
  std::uint64_t run = PAGE_SIZE - BYTE_OFFSET(at);
  while (offset + run < request.srb->DataTransferLength) {
    const PHYSICAL_ADDRESS next = MmGetPhysicalAddress(at + run);
    if (next.QuadPart != address.QuadPart + static_cast<LONGLONG>(run)) break;
    run += PAGE_SIZE;
  }
  length = static_cast<ULONG>(run);
  return true;
}

}  // namespace drydock::port::scsiport
