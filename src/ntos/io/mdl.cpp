#include "ntos/io/mdl.h"

#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/mm/mdl.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagMdl = 0x206C644D;  // "Mdl "

}  // namespace

MDL* NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN, IRP* Irp) {
  if (machine::refused("IoAllocateMdl")) return nullptr;
  SIZE_T bytes = mdl_size_bytes(VirtualAddress, Length);
  if (bytes > 0x7FFF) return nullptr;  // MDL.Size is a CSHORT
  auto* mdl = static_cast<MDL*>(kernel_allocate(bytes, kTagMdl));
  if (mdl == nullptr) return nullptr;
  std::memset(mdl, 0, bytes);
  MmInitializeMdl(mdl, VirtualAddress, Length);
  if (Irp == nullptr) return mdl;
  if (SecondaryBuffer == FALSE) {
    Irp->MdlAddress = mdl;
    return mdl;
  }
  MDL** link = &Irp->MdlAddress;
  while (*link != nullptr) link = &(*link)->Next;
  *link = mdl;
  return mdl;
}

void NTAPI IoFreeMdl(MDL* Mdl) {
  // Windows unmaps what a driver mapped of a partial MDL; other mappings are the driver's mistake.
  if ((Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0) MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
  kernel_free(Mdl);
}

void NTAPI IoBuildPartialMdl(MDL* SourceMdl, MDL* TargetMdl, PVOID VirtualAddress, ULONG Length) {
  auto source_start = reinterpret_cast<ULONG_PTR>(MmGetMdlVirtualAddress(SourceMdl));
  auto wanted = reinterpret_cast<ULONG_PTR>(VirtualAddress);
  ULONG_PTR offset = wanted - source_start;
  if (Length == 0) Length = static_cast<ULONG>(SourceMdl->ByteCount - offset);
  SIZE_T room = (static_cast<SIZE_T>(TargetMdl->Size) - sizeof(MDL)) / sizeof(PFN_NUMBER);
  bool inside = wanted >= source_start && offset + Length <= SourceMdl->ByteCount;
  if (!inside || ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length) > room)
    machine::Machine::current().bug_check(
        INVALID_MDL_RANGE, reinterpret_cast<std::uint64_t>(SourceMdl), reinterpret_cast<std::uint64_t>(TargetMdl),
        wanted, Length,
        inside ? std::string("IoBuildPartialMdl: the target MDL has too few page entries")
               : fmt::format("IoBuildPartialMdl: {} bytes at offset {} do not lie within the source MDL's {} bytes",
                             Length, static_cast<std::int64_t>(offset), SourceMdl->ByteCount));

  TargetMdl->Process = SourceMdl->Process;
  TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
  TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
  TargetMdl->ByteCount = Length;
  TargetMdl->MdlFlags &= MDL_ALLOCATED_FIXED_SIZE;
  TargetMdl->MdlFlags |= SourceMdl->MdlFlags & (MDL_IO_SPACE | MDL_IO_PAGE_READ | MDL_WRITE_OPERATION);
  TargetMdl->MdlFlags |= MDL_PARTIAL;
  constexpr CSHORT kHasAddress = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARENT_MAPPED_SYSTEM_VA;
  if ((SourceMdl->MdlFlags & kHasAddress) != 0) {
    TargetMdl->MappedSystemVa = static_cast<CHAR*>(SourceMdl->MappedSystemVa) + offset;
    TargetMdl->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA;
  } else {
    TargetMdl->MappedSystemVa = VirtualAddress;
  }
  SIZE_T first =
      (reinterpret_cast<ULONG_PTR>(TargetMdl->StartVa) - reinterpret_cast<ULONG_PTR>(SourceMdl->StartVa)) >> PAGE_SHIFT;
  SIZE_T pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
  std::memcpy(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + first, pages * sizeof(PFN_NUMBER));
}

}  // namespace drydock::ntos::io
