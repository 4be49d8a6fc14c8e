#include "ntos/mm/io_space.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "image/loader.h"
#include "machine/gs.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/ex/pool.h"
#include "ntos/kernel.h"
#include "ntos/mm/state.h"
#include "ntos/rtl/exception.h"
#include "ntos/rtl/string.h"

namespace drydock::ntos {

namespace {

machine::Memory& memory() {
  return machine::Machine::current().memory();
}
std::uint64_t number(const void* address) {
  return reinterpret_cast<std::uint64_t>(address);
}

void add_mapping(const void* base, SIZE_T bytes) {
  mm::Mapping& mapping = kernel().mm->mappings[number(base)];
  ++mapping.times;
  mapping.bytes = std::max(mapping.bytes, bytes);
  mapping.caller = machine::gs::calling_address();
  mapping.stale = false;
}

}  // namespace

bool mm::is_device_range(std::uint64_t physical, SIZE_T bytes) {
  const std::uint64_t last = physical + bytes - 1;
  return bytes != 0 && last >= physical && memory().device_va(last) != nullptr;
}

void* mm::map_device(std::uint64_t physical, SIZE_T bytes) {
  if (!is_device_range(physical, bytes)) return nullptr;
  void* base = memory().device_va(physical);
  kernel().mm->watch.mapped(number(base), bytes);
  add_mapping(base, bytes);
  return base;
}

bool mm::unmap_device(const void* base) {
  auto& mappings = kernel().mm->mappings;
  auto found = mappings.find(number(base));
  if (found == mappings.end() || found->second.mdl != nullptr) return false;
  if (--found->second.times != 0) return true;
  const SIZE_T bytes = found->second.bytes;
  mappings.erase(found);
  if (!memory().is_ram(base)) kernel().mm->watch.unmapped(number(base), bytes, machine::gs::calling_address());
  return true;
}

PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS address, SIZE_T bytes, MEMORY_CACHING_TYPE) {
  if (bytes == 0 || machine::refused("MmMapIoSpace")) return nullptr;
  auto pa = static_cast<machine::PhysicalAddress>(address.QuadPart);
  // Memory that is RAM has an address already.
  void* base = memory().va_of(pa);
  if (base == nullptr) return mm::map_device(pa, bytes);
  add_mapping(base, bytes);
  return base;
}

PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS address, SIZE_T bytes, ULONG) {
  return MmMapIoSpace(address, bytes, MmNonCached);
}

VOID NTAPI MmUnmapIoSpace(PVOID base, SIZE_T) {
  if (!mm::unmap_device(base))
    machine::Machine::current().report(machine::finding(
        "IO_SPACE_NOT_MAPPED", fmt::format("MmUnmapIoSpace of {:#x}, where nothing is mapped", number(base))));
}

namespace {

PVOID allocate_contiguous(SIZE_T bytes, PHYSICAL_ADDRESS highest, ULONGLONG boundary) {
  if (bytes == 0 || machine::refused("MmAllocateContiguousMemory")) return nullptr;
  SIZE_T pages = BYTES_TO_PAGES(bytes);
  auto limit =
      highest.QuadPart == 0 ? machine::kNoPhysicalAddress : static_cast<machine::PhysicalAddress>(highest.QuadPart);
  // With a boundary not to cross, enough is taken for a run that does not cross it.
  SIZE_T extra = boundary != 0 && boundary >= pages * PAGE_SIZE ? pages - 1 : 0;
  auto* block = static_cast<char*>(memory().allocate_pages(pages + extra, machine::Zone::Contiguous, limit));
  if (block == nullptr) return nullptr;
  SIZE_T first = 0;
  if (extra != 0) {
    machine::PhysicalAddress start = memory().pa_of(block);
    if (start / boundary != (start + pages * PAGE_SIZE - 1) / boundary)
      first = (boundary - start % boundary) / PAGE_SIZE;
    if (first != 0) memory().free_pages(block, first);
    if (first != extra) memory().free_pages(block + (first + pages) * PAGE_SIZE, extra - first);
  }
  block += first * PAGE_SIZE;
  std::memset(block, static_cast<int>(ex::Pool::kFreshPattern & 0xFF), pages * PAGE_SIZE);
  kernel().mm->contiguous[number(block)] = {bytes, pages, machine::gs::calling_address()};
  return block;
}

void free_contiguous(PVOID base) {
  auto& blocks = kernel().mm->contiguous;
  auto found = blocks.find(number(base));
  if (found == blocks.end())
    machine::Machine::current().bug_check(BAD_POOL_CALLER, 0x60, number(base), 0, 0,
                                          "contiguous memory is freed that was not allocated, or twice");
  memory().free_pages(base, found->second.pages);
  blocks.erase(found);
}

constexpr PHYSICAL_ADDRESS kAnywhere{.QuadPart = 0};

}  // namespace

PVOID NTAPI MmAllocateContiguousMemory(SIZE_T bytes, PHYSICAL_ADDRESS highest) {
  return allocate_contiguous(bytes, highest, 0);
}
PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T bytes, PHYSICAL_ADDRESS, PHYSICAL_ADDRESS highest,
                                                   PHYSICAL_ADDRESS boundary, MEMORY_CACHING_TYPE) {
  return allocate_contiguous(bytes, highest, static_cast<ULONGLONG>(boundary.QuadPart));
}
PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T bytes, PHYSICAL_ADDRESS, PHYSICAL_ADDRESS highest,
                                                       PHYSICAL_ADDRESS boundary, MEMORY_CACHING_TYPE, ULONG) {
  return allocate_contiguous(bytes, highest, static_cast<ULONGLONG>(boundary.QuadPart));
}
PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T bytes, PHYSICAL_ADDRESS, PHYSICAL_ADDRESS highest,
                                           PHYSICAL_ADDRESS boundary, ULONG, ULONG) {
  return allocate_contiguous(bytes, highest, static_cast<ULONGLONG>(boundary.QuadPart));
}
VOID NTAPI MmFreeContiguousMemory(PVOID base) {
  free_contiguous(base);
}
VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID base, SIZE_T, MEMORY_CACHING_TYPE) {
  free_contiguous(base);
}
PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T bytes) {
  return allocate_contiguous(bytes, kAnywhere, 0);
}
VOID NTAPI MmFreeNonCachedMemory(PVOID base, SIZE_T) {
  free_contiguous(base);
}

PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID base) {
  machine::PhysicalAddress address = memory().pa_of(base);
  if (address == machine::kNoPhysicalAddress) address = memory().device_pa(base);
  return {.QuadPart = address == machine::kNoPhysicalAddress ? 0 : static_cast<LONGLONG>(address)};
}

PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS address) {
  return memory().va_of(static_cast<machine::PhysicalAddress>(address.QuadPart));
}

BOOLEAN NTAPI MmIsAddressValid(PVOID address) {
  if (memory().is_ram(address)) return memory().access_of(address) != machine::Access::None;
  return memory().pa_of(address) != machine::kNoPhysicalAddress ||
         memory().device_pa(address) != machine::kNoPhysicalAddress;
}
BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID address) {
  return MmIsAddressValid(address);
}

namespace {

void probe(ULONG_PTR start, SIZE_T bytes, ULONG alignment) {
  if (bytes == 0) return;
  if (alignment != 0 && (start & (alignment - 1)) != 0) ExRaiseDatatypeMisalignment();
  if (start + bytes < start || start + bytes > mm::kUserProbeAddress) ExRaiseAccessViolation();
}

}  // namespace

VOID NTAPI ProbeForRead(const VOID* address, SIZE_T bytes, ULONG alignment) {
  probe(number(address), bytes, alignment);
}
VOID NTAPI ProbeForWrite(PVOID address, SIZE_T bytes, ULONG alignment) {
  probe(number(address), bytes, alignment);
  for (SIZE_T i = 0; i < bytes; i += PAGE_SIZE) {
    volatile char* byte = static_cast<char*>(address) + i;
    *byte = *byte;
  }
}

PHYSICAL_MEMORY_RANGE* NTAPI MmGetPhysicalMemoryRanges() {
  constexpr ULONG kTag = 0x6850744D;
  auto* ranges = static_cast<PHYSICAL_MEMORY_RANGE*>(
      ExAllocatePoolWithTag(NonPagedPoolNx, 3 * sizeof(PHYSICAL_MEMORY_RANGE), kTag));
  if (ranges == nullptr) return nullptr;
  constexpr LONGLONG kFourGigabytes = LONGLONG{1} << 32;
  auto bytes = static_cast<LONGLONG>(memory().ram_bytes());
  LONGLONG high = static_cast<LONGLONG>(memory().highest_address()) + 1 - kFourGigabytes;
  if (high < 0) high = 0;
  unsigned count = 0;
  ranges[count++] = {{.QuadPart = 0}, {.QuadPart = bytes - high}};
  if (high > 0) ranges[count++] = {{.QuadPart = kFourGigabytes}, {.QuadPart = high}};
  ranges[count] = {{.QuadPart = 0}, {.QuadPart = 0}};
  return ranges;
}

PVOID NTAPI MmGetSystemRoutineAddress(UNICODE_STRING* name) {
  auto& images = image::Images::current();
  std::string wanted = rtl::to_utf8(name);
  for (const char* module : {"ntoskrnl.exe", "hal.dll"}) {
    const image::Export* row = images.exports().find(module, wanted);
    if (row != nullptr && row->kind != image::Export::Kind::NotBuilt) return images.address_of_export(module, wanted);
  }
  return nullptr;
}

LONG NTAPI MmQuerySystemSize() {
  return 2;
}  // MmLargeSystem
BOOLEAN NTAPI MmIsThisAnNtAsSystem() {
  return FALSE;
}
LOGICAL NTAPI MmIsDriverVerifying(PVOID) {
  return FALSE;
}
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID) {
  return FALSE;
}
NTSTATUS NTAPI MmIsVerifierEnabled(ULONG* flags) {
  *flags = 0;
  return STATUS_NOT_SUPPORTED;
}

namespace {

PVOID image_at(PVOID address) {
  image::LoadedImage* image = image::Images::current().at(address);
  return image == nullptr ? nullptr : image->base();
}

}  // namespace

PVOID NTAPI MmLockPagableDataSection(PVOID address) {
  return image_at(address);
}
VOID NTAPI MmLockPagableSectionByHandle(PVOID) {}
VOID NTAPI MmUnlockPagableImageSection(PVOID) {}
PVOID NTAPI MmPageEntireDriver(PVOID address) {
  return image_at(address);
}
VOID NTAPI MmResetDriverPaging(PVOID) {}

std::vector<mm::Leak> mm::leaks_of(std::uint64_t first_caller, std::uint64_t last_caller) {
  auto inside = [&](std::uint64_t caller) { return caller >= first_caller && caller <= last_caller; };
  std::vector<Leak> leaks;
  for (const auto& [address, mapping] : kernel().mm->mappings)
    if (inside(mapping.caller))
      leaks.push_back(
          {mapping.mdl != nullptr ? "MDL mapping" : "device memory mapping", mapping.bytes, mapping.caller});
  for (const auto& [address, block] : kernel().mm->contiguous)
    if (inside(block.caller)) leaks.push_back({"contiguous memory", block.bytes, block.caller});
  for (const auto& [mdl, caller] : kernel().mm->locked)
    if (inside(caller)) leaks.push_back({"locked pages", mdl->ByteCount, caller});
  return leaks;
}

void mm::make_mappings_stale(std::uint64_t first_caller, std::uint64_t last_caller) {
  for (auto& [address, mapping] : kernel().mm->mappings) {
    const bool inside = mapping.caller >= first_caller && mapping.caller <= last_caller;
    if (!inside || mapping.mdl || memory().is_ram(reinterpret_cast<void*>(address))) continue;
    mapping.stale = true;
    kernel().mm->watch.unmapped(address, mapping.bytes, mapping.caller, true);
  }
}

void mm::install(Kernel& kernel) {
  kernel.mm = new State;
}

}  // namespace drydock::ntos
