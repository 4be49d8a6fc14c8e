#include "ntos/exports.h"
#include "ntos/mm/io_space.h"
#include "ntos/mm/mdl.h"

namespace drydock::ntos {

namespace {

using image::any_irql;
using image::at_most;
using image::DataExport;
using image::exactly;
using image::ExportFamily;
using image::not_built;

template <ULONG_PTR Value>
void put_address(void* guest) {
  *static_cast<ULONG_PTR*>(guest) = Value;
}

const ExportFamily kMmMdls{
    "ntoskrnl.exe",
    {
        {"MmBuildMdlForNonPagedPool", MmBuildMdlForNonPagedPool, at_most(DISPATCH_LEVEL)},
        {"MmProbeAndLockPages", MmProbeAndLockPages, at_most(DISPATCH_LEVEL), {STATUS_WORKING_SET_QUOTA}},
        {"MmUnlockPages", MmUnlockPages, at_most(DISPATCH_LEVEL)},
        {"MmMapLockedPagesSpecifyCache",
         MmMapLockedPagesSpecifyCache,
         at_most(DISPATCH_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmMapLockedPages", MmMapLockedPages, at_most(DISPATCH_LEVEL)},
        {"MmUnmapLockedPages", MmUnmapLockedPages, at_most(DISPATCH_LEVEL)},
        {"MmSizeOfMdl", MmSizeOfMdl, any_irql()},
        {"MmCreateMdl", MmCreateMdl, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmAdvanceMdl", MmAdvanceMdl, at_most(DISPATCH_LEVEL)},
        {"MmAllocatePagesForMdl", MmAllocatePagesForMdl, at_most(APC_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmAllocatePagesForMdlEx", MmAllocatePagesForMdlEx, at_most(APC_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmAllocateNodePagesForMdlEx",
         MmAllocateNodePagesForMdlEx,
         at_most(APC_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmFreePagesFromMdl", MmFreePagesFromMdl, at_most(APC_LEVEL)},
        {"MmAllocateMdlForIoSpace", MmAllocateMdlForIoSpace, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmProtectMdlSystemAddress", not_built("mappings are read-write"), at_most(DISPATCH_LEVEL)},
        {"MmProbeAndLockProcessPages", not_built("there is one process"), at_most(APC_LEVEL)},
        {"MmProbeAndLockSelectedPages", not_built("no driver that has been seen calls it"), at_most(APC_LEVEL)},
        {"MmAllocateMappingAddress", not_built("reserved mappings have no user yet"), at_most(APC_LEVEL)},
        {"MmFreeMappingAddress", not_built("reserved mappings have no user yet"), at_most(APC_LEVEL)},
        {"MmMapLockedPagesWithReservedMapping", not_built("reserved mappings have no user yet"),
         at_most(DISPATCH_LEVEL)},
        {"MmUnmapReservedMapping", not_built("reserved mappings have no user yet"), at_most(DISPATCH_LEVEL)},
    },
    "mm/mdl"};

const ExportFamily kMmAddresses{
    "ntoskrnl.exe",
    {
        {"MmMapIoSpace", MmMapIoSpace, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmMapIoSpaceEx", MmMapIoSpaceEx, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmUnmapIoSpace", MmUnmapIoSpace, at_most(DISPATCH_LEVEL)},
        {"MmAllocateContiguousMemory",
         MmAllocateContiguousMemory,
         at_most(DISPATCH_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmAllocateContiguousMemorySpecifyCache",
         MmAllocateContiguousMemorySpecifyCache,
         at_most(DISPATCH_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmAllocateContiguousMemorySpecifyCacheNode",
         MmAllocateContiguousMemorySpecifyCacheNode,
         at_most(DISPATCH_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmAllocateContiguousNodeMemory",
         MmAllocateContiguousNodeMemory,
         at_most(DISPATCH_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmFreeContiguousMemory", MmFreeContiguousMemory, at_most(DISPATCH_LEVEL)},
        {"MmFreeContiguousMemorySpecifyCache", MmFreeContiguousMemorySpecifyCache, at_most(DISPATCH_LEVEL)},
        {"MmAllocateNonCachedMemory", MmAllocateNonCachedMemory, at_most(APC_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmFreeNonCachedMemory", MmFreeNonCachedMemory, at_most(APC_LEVEL)},
        {"MmGetPhysicalAddress", MmGetPhysicalAddress, any_irql()},
        {"MmGetVirtualForPhysical", MmGetVirtualForPhysical, any_irql()},
        {"MmIsAddressValid", MmIsAddressValid, any_irql()},
        {"MmIsNonPagedSystemAddressValid", MmIsNonPagedSystemAddressValid, any_irql()},
        {"ProbeForRead", ProbeForRead, at_most(APC_LEVEL)},
        {"ProbeForWrite", ProbeForWrite, at_most(APC_LEVEL)},
        {"MmGetPhysicalMemoryRanges",
         MmGetPhysicalMemoryRanges,
         exactly(PASSIVE_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"MmAddPhysicalMemory", not_built("memory does not grow while a machine runs"), exactly(PASSIVE_LEVEL)},
        {"MmRemovePhysicalMemory", not_built("memory does not shrink while a machine runs"), exactly(PASSIVE_LEVEL)},
        {"MmHighestUserAddress", DataExport{8, put_address<mm::kUserProbeAddress - 1>}},
        {"MmUserProbeAddress", DataExport{8, put_address<mm::kUserProbeAddress>}},
        {"MmSystemRangeStart", DataExport{8, put_address<ULONG_PTR{0x80000000}>}},
    },
    "mm/address"};

const ExportFamily kMmServices{
    "ntoskrnl.exe",
    {
        {"MmGetSystemRoutineAddress", MmGetSystemRoutineAddress, exactly(PASSIVE_LEVEL)},
        {"MmQuerySystemSize", MmQuerySystemSize, any_irql()},
        {"MmIsThisAnNtAsSystem", MmIsThisAnNtAsSystem, any_irql()},
        {"MmIsDriverVerifying", MmIsDriverVerifying, at_most(DISPATCH_LEVEL)},
        {"MmIsDriverVerifyingByAddress", MmIsDriverVerifyingByAddress, at_most(DISPATCH_LEVEL)},
        {"MmIsVerifierEnabled", MmIsVerifierEnabled, at_most(DISPATCH_LEVEL)},
        {"MmLockPagableDataSection", MmLockPagableDataSection, at_most(APC_LEVEL)},
        {"MmLockPagableImageSection", MmLockPagableDataSection, at_most(APC_LEVEL)},
        {"MmLockPagableSectionByHandle", MmLockPagableSectionByHandle, at_most(APC_LEVEL)},
        {"MmUnlockPagableImageSection", MmUnlockPagableImageSection, at_most(APC_LEVEL)},
        {"MmPageEntireDriver", MmPageEntireDriver, at_most(APC_LEVEL)},
        {"MmResetDriverPaging", MmResetDriverPaging, at_most(APC_LEVEL)},
        {"MmSecureVirtualMemory", not_built("there is no user memory to hold on to")},
        {"MmUnsecureVirtualMemory", not_built("there is no user memory to hold on to")},
        {"MmCreateSection", not_built("no file can be mapped")},
        {"MmMapViewInSystemSpace", not_built("no section can be mapped")},
        {"MmUnmapViewInSystemSpace", not_built("no section can be mapped")},
    },
    "mm/services"};

}  // namespace

void mm::add_exports(image::ExportIndex& index) {
  for (const ExportFamily* family : {&kMmMdls, &kMmAddresses, &kMmServices}) index.add(*family);
}

}  // namespace drydock::ntos
