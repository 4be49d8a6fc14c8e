#pragma once
// Device memory, contiguous memory, addresses and frames.

#include <string>
#include <vector>

#include "nt/mdl.h"
#include "nt/status.h"
#include "nt/string.h"
#include "nt/version.h"

namespace drydock::ntos {

using namespace nt;

/// A system address for device memory; null if refused. Each call wants its own MmUnmapIoSpace.
/// IRQL: at most DISPATCH_LEVEL.
PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS address, SIZE_T bytes, MEMORY_CACHING_TYPE cache);
PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS address, SIZE_T bytes, ULONG protect);
VOID NTAPI MmUnmapIoSpace(PVOID base, SIZE_T bytes);

/// Physically contiguous, page aligned, all of it at or below `highest`. Null if refused or there is none.
PVOID NTAPI MmAllocateContiguousMemory(SIZE_T bytes, PHYSICAL_ADDRESS highest);
PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T bytes, PHYSICAL_ADDRESS lowest, PHYSICAL_ADDRESS highest,
                                                   PHYSICAL_ADDRESS boundary, MEMORY_CACHING_TYPE cache);
PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T bytes, PHYSICAL_ADDRESS lowest, PHYSICAL_ADDRESS highest,
                                                       PHYSICAL_ADDRESS boundary, MEMORY_CACHING_TYPE cache,
                                                       ULONG node);
PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T bytes, PHYSICAL_ADDRESS lowest, PHYSICAL_ADDRESS highest,
                                           PHYSICAL_ADDRESS boundary, ULONG protect, ULONG node);
VOID NTAPI MmFreeContiguousMemory(PVOID base);
VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID base, SIZE_T bytes, MEMORY_CACHING_TYPE cache);
PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T bytes);
VOID NTAPI MmFreeNonCachedMemory(PVOID base, SIZE_T bytes);

/// 0 for what is no memory. IRQL: any.
PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID base);
PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS address);
BOOLEAN NTAPI MmIsAddressValid(PVOID address);
BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID address);
/// Raise what Windows raises for a buffer that is no user memory.
VOID NTAPI ProbeForRead(const VOID* address, SIZE_T bytes, ULONG alignment);
VOID NTAPI ProbeForWrite(PVOID address, SIZE_T bytes, ULONG alignment);

/// Terminated by a range of zero bytes; freed with ExFreePool.
PHYSICAL_MEMORY_RANGE* NTAPI MmGetPhysicalMemoryRanges();
/// Null if neither ntoskrnl.exe nor hal.dll offers it (or we have not built it: drivers ask before they rely on it).
PVOID NTAPI MmGetSystemRoutineAddress(UNICODE_STRING* name);
LONG NTAPI MmQuerySystemSize();
BOOLEAN NTAPI MmIsThisAnNtAsSystem();
LOGICAL NTAPI MmIsDriverVerifying(PVOID driver);
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID address);
NTSTATUS NTAPI MmIsVerifierEnabled(ULONG* flags);

// Nothing is ever paged out: these only name the image the address lies in.
PVOID NTAPI MmLockPagableDataSection(PVOID address);
VOID NTAPI MmLockPagableSectionByHandle(PVOID section);
VOID NTAPI MmUnlockPagableImageSection(PVOID section);
PVOID NTAPI MmPageEntireDriver(PVOID address);
VOID NTAPI MmResetDriverPaging(PVOID address);

namespace mm {

/// What [first_caller, last_caller], a driver's code, has not given back.
struct Leak {
  std::string what;  ///< "MDL mapping", "device memory mapping", "contiguous memory", "locked pages"
  std::uint64_t bytes;
  std::uint64_t caller;
};
std::vector<Leak> leaks_of(std::uint64_t first_caller, std::uint64_t last_caller);
/// Whether the computer has all of these addresses, whatever answers there.
bool is_device_range(std::uint64_t physical, SIZE_T bytes);
/// Device memory has one address, however often and by whatever function it is mapped; each time wants its own
/// unmap_device. Null unless is_device_range.
void* map_device(std::uint64_t physical, SIZE_T bytes);
/// False if no device memory is mapped at `base`.
bool unmap_device(const void* base);
/// The resources behind these drivers' mappings of device memory go back: an access through one that is left faults as
/// one to unmapped memory does, until it is mapped anew. MmUnmapIoSpace of it stays possible.
void make_mappings_stale(std::uint64_t first_caller, std::uint64_t last_caller);

/// User addresses end here; kernel addresses of a machine are positive and lie above (docs/architecture.md).
inline constexpr ULONG_PTR kUserProbeAddress = 0x7FFF0000;

}  // namespace mm

}  // namespace drydock::ntos
