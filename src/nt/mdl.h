#pragma once
// Memory descriptor lists and page arithmetic.

#include "nt/base.h"
#include "nt/dispatcher.h"

namespace drydock::nt {

inline constexpr ULONG PAGE_SHIFT = 12;
inline constexpr ULONG PAGE_SIZE = 0x1000;

struct MDL {
  MDL* Next;
  CSHORT Size;
  CSHORT MdlFlags;
  USHORT AllocationProcessorNumber;
  USHORT Reserved;
  EPROCESS* Process;
  PVOID MappedSystemVa;
  PVOID StartVa;
  ULONG ByteCount;
  ULONG ByteOffset;
};
static_assert(sizeof(MDL) == 0x30 && offsetof(MDL, MdlFlags) == 0x0A && offsetof(MDL, MappedSystemVa) == 0x18 &&
              offsetof(MDL, ByteCount) == 0x28);
using PMDL = MDL*;
using PMDLX = MDL*;
using PCMDL = const MDL*;

inline constexpr CSHORT MDL_MAPPED_TO_SYSTEM_VA = 0x0001;
inline constexpr CSHORT MDL_PAGES_LOCKED = 0x0002;
inline constexpr CSHORT MDL_SOURCE_IS_NONPAGED_POOL = 0x0004;
inline constexpr CSHORT MDL_ALLOCATED_FIXED_SIZE = 0x0008;
inline constexpr CSHORT MDL_PARTIAL = 0x0010;
inline constexpr CSHORT MDL_PARTIAL_HAS_BEEN_MAPPED = 0x0020;
inline constexpr CSHORT MDL_IO_PAGE_READ = 0x0040;
inline constexpr CSHORT MDL_WRITE_OPERATION = 0x0080;
inline constexpr CSHORT MDL_PARENT_MAPPED_SYSTEM_VA = 0x0100;
inline constexpr CSHORT MDL_FREE_EXTRA_PTES = 0x0200;
inline constexpr CSHORT MDL_DESCRIBES_AWE = 0x0400;
inline constexpr CSHORT MDL_IO_SPACE = 0x0800;
inline constexpr CSHORT MDL_NETWORK_HEADER = 0x1000;
inline constexpr CSHORT MDL_MAPPING_CAN_FAIL = 0x2000;
inline constexpr CSHORT MDL_PAGE_CONTENTS_INVARIANT = 0x4000;
inline constexpr CSHORT MDL_INTERNAL = static_cast<CSHORT>(0x8000);

enum MEMORY_CACHING_TYPE : LONG {
  MmNonCached = 0,
  MmCached = 1,
  MmWriteCombined = 2,
  MmHardwareCoherentCached,
  MmNonCachedUnordered,
  MmUSWCCached,
  MmMaximumCacheType,
  MmNotMapped = -1
};

enum LOCK_OPERATION : LONG { IoReadAccess, IoWriteAccess, IoModifyAccess };

enum MM_PAGE_PRIORITY : LONG { LowPagePriority, NormalPagePriority = 16, HighPagePriority = 32 };
inline constexpr ULONG MdlMappingNoWrite = 0x80000000;
inline constexpr ULONG MdlMappingNoExecute = 0x40000000;

constexpr ULONG BYTE_OFFSET(ULONG_PTR va) {
  return static_cast<ULONG>(va & (PAGE_SIZE - 1));
}
inline ULONG BYTE_OFFSET(const volatile void* va) {
  return BYTE_OFFSET(reinterpret_cast<ULONG_PTR>(va));
}
inline PVOID PAGE_ALIGN(const volatile void* va) {
  return reinterpret_cast<PVOID>(reinterpret_cast<ULONG_PTR>(va) & ~static_cast<ULONG_PTR>(PAGE_SIZE - 1));
}
constexpr SIZE_T ROUND_TO_PAGES(SIZE_T size) {
  return (size + PAGE_SIZE - 1) & ~static_cast<SIZE_T>(PAGE_SIZE - 1);
}
constexpr SIZE_T BYTES_TO_PAGES(SIZE_T size) {
  return (size >> PAGE_SHIFT) + ((size & (PAGE_SIZE - 1)) != 0);
}
constexpr SIZE_T ADDRESS_AND_SIZE_TO_SPAN_PAGES(ULONG_PTR va, SIZE_T size) {
  return (BYTE_OFFSET(va) + size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}
inline SIZE_T ADDRESS_AND_SIZE_TO_SPAN_PAGES(const volatile void* va, SIZE_T size) {
  return ADDRESS_AND_SIZE_TO_SPAN_PAGES(reinterpret_cast<ULONG_PTR>(va), size);
}

/// The page frame numbers, which follow the structure.
inline PFN_NUMBER* MmGetMdlPfnArray(MDL* mdl) {
  return reinterpret_cast<PFN_NUMBER*>(mdl + 1);
}
inline const PFN_NUMBER* MmGetMdlPfnArray(const MDL* mdl) {
  return reinterpret_cast<const PFN_NUMBER*>(mdl + 1);
}
inline PVOID MmGetMdlVirtualAddress(const MDL* mdl) {
  return static_cast<CHAR*>(mdl->StartVa) + mdl->ByteOffset;
}
inline ULONG MmGetMdlByteCount(const MDL* mdl) {
  return mdl->ByteCount;
}
inline ULONG MmGetMdlByteOffset(const MDL* mdl) {
  return mdl->ByteOffset;
}

/// The bytes an MDL for `size` bytes at `va` occupies, page array included.
inline SIZE_T mdl_size_bytes(const volatile void* va, SIZE_T size) {
  return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, size);
}

inline void MmInitializeMdl(MDL* mdl, PVOID va, SIZE_T length) {
  mdl->Next = nullptr;
  mdl->Size = static_cast<CSHORT>(mdl_size_bytes(va, length));
  mdl->MdlFlags = 0;
  mdl->StartVa = PAGE_ALIGN(va);
  mdl->ByteOffset = BYTE_OFFSET(va);
  mdl->ByteCount = static_cast<ULONG>(length);
}

}  // namespace drydock::nt
