#include "ntos/mm/mdl.h"

#include <cstring>
#include <span>

#include <fmt/format.h>

#include "machine/gs.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/ex/pool.h"
#include "ntos/kernel.h"
#include "ntos/mm/io_space.h"
#include "ntos/mm/state.h"
#include "ntos/ob/storage.h"
#include "ntos/rtl/exception.h"

namespace drydock::ntos {

namespace {

using machine::Access;

constexpr ULONG kNoMoreSystemPtes = 0x3F;
constexpr ULONG kMdlTag = 0x206C644D;  // 'Mdl '
constexpr CSHORT kAddressable = MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE;

machine::Memory& memory() {
  return machine::Machine::current().memory();
}
std::uint64_t number(const void* address) {
  return reinterpret_cast<std::uint64_t>(address);
}
SIZE_T pages_of(const MDL* mdl) {
  return ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);
}

[[noreturn]] void verifier_stop(std::uint64_t reason, const MDL* mdl, std::uint64_t p3, std::string summary) {
  machine::Machine::current().bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, reason, number(mdl),
                                        static_cast<USHORT>(mdl->MdlFlags), p3, std::move(summary));
}

/// The frame behind every page of the buffer; false, and `bad` the page, if one is no memory.
template <class Allowed>
bool fill_frames(MDL* mdl, Allowed allowed, const char*& bad) {
  PFN_NUMBER* frames = MmGetMdlPfnArray(mdl);
  const auto* page = static_cast<const char*>(mdl->StartVa);
  for (SIZE_T i = 0, count = pages_of(mdl); i < count; ++i, page += PAGE_SIZE) {
    machine::PhysicalAddress address = memory().pa_of(page);
    if (address == machine::kNoPhysicalAddress || !allowed(page)) {
      bad = page;
      return false;
    }
    frames[i] = address >> PAGE_SHIFT;
  }
  return true;
}

bool readable(Access access) {
  return access != Access::None;
}
bool writable(Access access) {
  return access == Access::ReadWrite || access == Access::ReadWriteExecute;
}

/// An alias window has no protection of its own: its pages are as readable as the machine let them be mapped.
Access access_behind(const void* page) {
  if (memory().is_ram(page)) return memory().access_of(page);
  machine::PhysicalAddress address = memory().pa_of(page);
  return address == machine::kNoPhysicalAddress ? Access::None : Access::ReadWrite;
}

bool is_io_space(const MDL* mdl) {
  return (mdl->MdlFlags & MDL_IO_SPACE) != 0;
}

void* map_device_frames(const MDL* mdl) {
  const PFN_NUMBER* frames = MmGetMdlPfnArray(mdl);
  for (SIZE_T i = 1, count = pages_of(mdl); i < count; ++i)
    if (frames[i] != frames[0] + i)
      machine::Machine::current().not_implemented(
          "MmMapLockedPagesSpecifyCache",
          "the MDL describes ranges of device memory that do not adjoin, and each has the one address that it has");
  return mm::map_device(frames[0] << PAGE_SHIFT, SIZE_T{mdl->ByteOffset} + mdl->ByteCount);
}

void* map_alias_frames(const MDL* mdl) {
  void* mapped =
      memory().map_alias(std::span(reinterpret_cast<const std::uint64_t*>(MmGetMdlPfnArray(mdl)), pages_of(mdl)));
  if (mapped != nullptr)
    kernel().mm->mappings[number(mapped)] = {mdl->ByteCount, pages_of(mdl), 1, mdl, machine::gs::calling_address()};
  return mapped;
}

[[noreturn]] void nothing_to_free(MDL* mdl) {
  machine::Machine::current().bug_check(PROCESS_HAS_LOCKED_PAGES, 1, number(mdl), pages_of(mdl), 0,
                                        "pages of an MDL are freed that are not there");
}

}  // namespace

VOID NTAPI MmBuildMdlForNonPagedPool(MDL* mdl) {
  const char* bad = nullptr;
  if (!fill_frames(
          mdl, [](const char* page) { return readable(access_behind(page)); }, bad))
    machine::Machine::current().bug_check(PAGE_FAULT_IN_NONPAGED_AREA, number(bad), 0, machine::gs::calling_address(),
                                          2,
                                          fmt::format("MmBuildMdlForNonPagedPool: no memory at page {} of the buffer",
                                                      (bad - static_cast<char*>(mdl->StartVa)) / PAGE_SIZE));
  mdl->Process = nullptr;
  mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
  mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

NTSTATUS mm::lock_pages(MDL* mdl, LOCK_OPERATION operation) {
  if ((mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL)) != 0)
    verifier_stop(0xB0, mdl, static_cast<USHORT>(mdl->MdlFlags & kAddressable),
                  "pages are locked with an MDL that describes some already");
  const char* bad = nullptr;
  bool write = operation != IoReadAccess;
  bool all = fill_frames(
      mdl,
      [write](const char* page) {
        Access access = access_behind(page);
        return write ? writable(access) : readable(access);
      },
      bad);
  if (!all) return STATUS_ACCESS_VIOLATION;
  if (machine::refused("MmProbeAndLockPages")) return STATUS_WORKING_SET_QUOTA;
  mdl->MdlFlags |= write ? MDL_PAGES_LOCKED | MDL_WRITE_OPERATION : MDL_PAGES_LOCKED;
  kernel().mm->locked[mdl] = machine::gs::calling_address();
  return STATUS_SUCCESS;
}

VOID NTAPI MmProbeAndLockPages(MDL* mdl, KPROCESSOR_MODE, LOCK_OPERATION operation) {
  const NTSTATUS status = mm::lock_pages(mdl, operation);
  if (!NT_SUCCESS(status)) ExRaiseStatus(status);
}

VOID NTAPI MmUnlockPages(MDL* mdl) {
  if ((mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0)
    verifier_stop(0x7D, mdl, 0, "pages of nonpaged pool are unlocked");
  if ((mdl->MdlFlags & MDL_PAGES_LOCKED) == 0)
    machine::Machine::current().bug_check(PROCESS_HAS_LOCKED_PAGES, 1, number(mdl), pages_of(mdl), 0,
                                          "pages are unlocked that were never locked, or twice");
  if ((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) != 0) MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
  mdl->MdlFlags &= static_cast<CSHORT>(~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION));
  kernel().mm->locked.erase(mdl);
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(MDL* mdl, KPROCESSOR_MODE mode, MEMORY_CACHING_TYPE, PVOID,
                                         ULONG bug_check_on_failure, ULONG) {
  auto& machine = machine::Machine::current();
  if (mode != KernelMode)
    machine.not_implemented("MmMapLockedPagesSpecifyCache", "a machine has no user mode to map pages into");
  if ((mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0) return mdl->MappedSystemVa;
  if ((mdl->MdlFlags & kAddressable) == 0)
    verifier_stop(0x83, mdl, pages_of(mdl), "pages are mapped that are not locked");
  void* mapped = nullptr;
  if (!machine::refused("MmMapLockedPagesSpecifyCache"))
    mapped = is_io_space(mdl) ? map_device_frames(mdl) : map_alias_frames(mdl);
  if (mapped == nullptr) {
    if (bug_check_on_failure != 0)
      machine.bug_check(kNoMoreSystemPtes, 0, pages_of(mdl), 0, 0, "no address space for a mapping that must not fail");
    return nullptr;
  }
  mdl->MappedSystemVa = static_cast<char*>(mapped) + mdl->ByteOffset;
  mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
  if ((mdl->MdlFlags & MDL_PARTIAL) != 0) mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
  return mdl->MappedSystemVa;
}

PVOID NTAPI MmMapLockedPages(MDL* mdl, KPROCESSOR_MODE mode) {
  return MmMapLockedPagesSpecifyCache(mdl, mode, MmCached, nullptr, TRUE, HighPagePriority);
}

VOID NTAPI MmUnmapLockedPages(PVOID base, MDL* mdl) {
  if ((mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0) return;
  auto& mappings = kernel().mm->mappings;
  auto found = mappings.find(number(PAGE_ALIGN(base)));
  if (found == mappings.end() || (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0 ||
      is_io_space(mdl) != (found->second.mdl == nullptr))
    machine::Machine::current().bug_check(SYSTEM_PTE_MISUSE, 1, number(mdl), number(base), pages_of(mdl),
                                          "a mapping of an MDL is undone that is not there");
  if (is_io_space(mdl)) {
    mm::unmap_device(PAGE_ALIGN(base));
  } else {
    memory().unmap_alias(PAGE_ALIGN(base), found->second.pages);
    mappings.erase(found);
  }
  mdl->MdlFlags &= static_cast<CSHORT>(~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED));
}

SIZE_T NTAPI MmSizeOfMdl(PVOID base, SIZE_T bytes) {
  return mdl_size_bytes(base, bytes);
}

MDL* NTAPI MmCreateMdl(MDL* mdl, PVOID base, SIZE_T bytes) {
  if (mdl == nullptr)
    mdl = static_cast<MDL*>(ExAllocatePoolWithTag(NonPagedPoolNx, mdl_size_bytes(base, bytes), kMdlTag));
  if (mdl != nullptr) MmInitializeMdl(mdl, base, bytes);
  return mdl;
}

NTSTATUS NTAPI MmAdvanceMdl(MDL* mdl, ULONG bytes) {
  if (bytes >= mdl->ByteCount) return STATUS_INVALID_PARAMETER_2;
  ULONG offset = mdl->ByteOffset + bytes;
  SIZE_T whole = offset >> PAGE_SHIFT;
  if (whole != 0) {
    PFN_NUMBER* frames = MmGetMdlPfnArray(mdl);
    std::memmove(frames, frames + whole, (pages_of(mdl) - whole) * sizeof(PFN_NUMBER));
    mdl->StartVa = static_cast<char*>(mdl->StartVa) + whole * PAGE_SIZE;
  }
  mdl->ByteOffset = offset & (PAGE_SIZE - 1);
  mdl->ByteCount -= bytes;
  if ((mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0)
    mdl->MappedSystemVa = static_cast<char*>(mdl->MappedSystemVa) + bytes;
  return STATUS_SUCCESS;
}

MDL* NTAPI MmAllocateNodePagesForMdlEx(PHYSICAL_ADDRESS, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS, SIZE_T bytes,
                                       MEMORY_CACHING_TYPE, ULONG, ULONG flags) {
  constexpr ULONG kContiguous = 0x20, kDontZero = 1;  // MM_ALLOCATE_*
  if (machine::refused("MmAllocatePagesForMdl")) return nullptr;
  SIZE_T pages = BYTES_TO_PAGES(bytes);
  auto* mdl =
      static_cast<MDL*>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(MDL) + pages * sizeof(PFN_NUMBER), kMdlTag));
  if (mdl == nullptr) return nullptr;
  auto highest =
      high.QuadPart <= 0 ? machine::kNoPhysicalAddress : static_cast<machine::PhysicalAddress>(high.QuadPart);
  void* block = memory().allocate_pages(
      pages, (flags & kContiguous) != 0 ? machine::Zone::Contiguous : machine::Zone::Scattered, highest);
  if (block == nullptr) {
    ExFreePool(mdl);
    return nullptr;
  }
  if ((flags & kDontZero) == 0) std::memset(block, 0, pages * PAGE_SIZE);
  MmInitializeMdl(mdl, nullptr, pages * PAGE_SIZE);
  for (SIZE_T i = 0; i < pages; ++i)
    MmGetMdlPfnArray(mdl)[i] = memory().pa_of(static_cast<char*>(block) + i * PAGE_SIZE) >> PAGE_SHIFT;
  mdl->MdlFlags = MDL_PAGES_LOCKED;
  kernel().mm->locked[mdl] = machine::gs::calling_address();
  return mdl;
}

MDL* NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS skip, SIZE_T bytes) {
  return MmAllocateNodePagesForMdlEx(low, high, skip, bytes, MmCached, 0, 0);
}
MDL* NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS skip, SIZE_T bytes,
                                   MEMORY_CACHING_TYPE cache, ULONG flags) {
  return MmAllocateNodePagesForMdlEx(low, high, skip, bytes, cache, 0, flags);
}

NTSTATUS NTAPI MmAllocateMdlForIoSpace(MM_PHYSICAL_ADDRESS_LIST* list, SIZE_T entries, MDL** mdl) {
  constexpr SIZE_T kBytesMax = 0xFFFFFFFF;
  *mdl = nullptr;
  SIZE_T bytes = 0;
  for (SIZE_T i = 0; i < entries; ++i) {
    const auto start = static_cast<machine::PhysicalAddress>(list[i].PhysicalAddress.QuadPart);
    const SIZE_T length = list[i].NumberOfBytes;
    if (start % PAGE_SIZE != 0 || length % PAGE_SIZE != 0) return STATUS_INVALID_PARAMETER_1;
    if (length > kBytesMax - bytes) return STATUS_INVALID_PARAMETER_2;
    if (length != 0 && !mm::is_device_range(start, length)) return STATUS_INVALID_PARAMETER_1;
    for (SIZE_T at = 0; at < length; at += PAGE_SIZE)
      if (memory().va_of(start + at) != nullptr) return STATUS_INVALID_PARAMETER_1;
    bytes += length;
  }
  if (bytes == 0) return STATUS_INVALID_PARAMETER_2;
  if (machine::refused("MmAllocateMdlForIoSpace")) return STATUS_INSUFFICIENT_RESOURCES;
  auto* made = static_cast<MDL*>(kernel_allocate(mdl_size_bytes(nullptr, bytes), kMdlTag));
  if (made == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  MmInitializeMdl(made, nullptr, bytes);
  PFN_NUMBER* frame = MmGetMdlPfnArray(made);
  for (SIZE_T i = 0; i < entries; ++i)
    for (SIZE_T at = 0; at < list[i].NumberOfBytes; at += PAGE_SIZE)
      *frame++ = (static_cast<std::uint64_t>(list[i].PhysicalAddress.QuadPart) + at) >> PAGE_SHIFT;
  made->MdlFlags = MDL_PAGES_LOCKED | MDL_IO_SPACE;
  *mdl = made;
  return STATUS_SUCCESS;
}

VOID NTAPI MmFreePagesFromMdl(MDL* mdl) {
  if ((mdl->MdlFlags & MDL_PAGES_LOCKED) == 0) nothing_to_free(mdl);
  if ((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) != 0) MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
  // Neighbours were allocated together, but each may be given back alone.
  for (SIZE_T i = 0, count = pages_of(mdl); i < count; ++i) {
    void* page = memory().va_of(MmGetMdlPfnArray(mdl)[i] << PAGE_SHIFT);
    if (page == nullptr) nothing_to_free(mdl);  // device memory
    memory().free_pages(page, 1);
  }
  mdl->MdlFlags = 0;
  kernel().mm->locked.erase(mdl);
}

}  // namespace drydock::ntos
