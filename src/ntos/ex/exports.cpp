#include "ntos/exports.h"

#include "ntos/ex/callback.h"
#include "ntos/ex/interlocked.h"
#include "ntos/ex/lookaside.h"
#include "ntos/ex/pool.h"
#include "ntos/ex/resource.h"
#include "ntos/ex/rundown.h"
#include "ntos/ex/state.h"
#include "ntos/ex/work_queue.h"
#include "ntos/kernel.h"

namespace drydock::ntos {

namespace {

using image::any_irql;
using image::at_most;
using image::exactly;
using image::ExportFamily;
using image::not_built;

const ExportFamily kExLists{"ntoskrnl.exe",
                            {
                                {"ExInterlockedInsertHeadList", ExInterlockedInsertHeadList, any_irql()},
                                {"ExInterlockedInsertTailList", ExInterlockedInsertTailList, any_irql()},
                                {"ExInterlockedRemoveHeadList", ExInterlockedRemoveHeadList, any_irql()},
                                {"ExInterlockedPushEntryList", ExInterlockedPushEntryList, any_irql()},
                                {"ExInterlockedPopEntryList", ExInterlockedPopEntryList, any_irql()},
                                {"ExInterlockedAddLargeInteger", ExInterlockedAddLargeInteger, any_irql()},
                                {"ExInterlockedAddUlong", ExInterlockedAddUlong, any_irql()},
                                {"ExInterlockedAddLargeStatistic", ExInterlockedAddLargeStatistic, any_irql()},
                                {"InitializeSListHead", ntos::InitializeSListHead, any_irql()},
                                {"ExpInterlockedPushEntrySList", ExpInterlockedPushEntrySList, any_irql()},
                                {"ExpInterlockedPopEntrySList", ExpInterlockedPopEntrySList, any_irql()},
                                {"ExpInterlockedFlushSList", ExpInterlockedFlushSList, any_irql()},
                                {"InterlockedPushEntrySList", ExpInterlockedPushEntrySList, any_irql()},
                                {"InterlockedPopEntrySList", ExpInterlockedPopEntrySList, any_irql()},
                                {"ExInterlockedPushEntrySList", ExInterlockedPushEntrySList, any_irql()},
                                {"ExInterlockedPopEntrySList", ExInterlockedPopEntrySList, any_irql()},
                                {"ExInterlockedFlushSList", ExpInterlockedFlushSList, any_irql()},
                                {"ExQueryDepthSList", ExQueryDepthSList, any_irql()},
                                {"FirstEntrySList", FirstEntrySList, any_irql()},
                            },
                            "ex/interlocked"};

const ExportFamily kExLookaside{
    "ntoskrnl.exe",
    {
        {"ExInitializeNPagedLookasideList", ExInitializeNPagedLookasideList, at_most(DISPATCH_LEVEL)},
        {"ExInitializePagedLookasideList", ExInitializePagedLookasideList, at_most(APC_LEVEL)},
        {"ExInitializeLookasideListEx", ExInitializeLookasideListEx, at_most(DISPATCH_LEVEL)},
        {"ExDeleteNPagedLookasideList", ExDeleteNPagedLookasideList, at_most(DISPATCH_LEVEL)},
        {"ExDeletePagedLookasideList", ExDeletePagedLookasideList, at_most(APC_LEVEL)},
        {"ExDeleteLookasideListEx", ExDeleteLookasideListEx, at_most(DISPATCH_LEVEL)},
        {"ExFlushLookasideListEx", ExFlushLookasideListEx, at_most(DISPATCH_LEVEL)},
        {"ExAllocateFromPagedLookasideList",
         ExAllocateFromPagedLookasideList,
         at_most(APC_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExFreeToPagedLookasideList", ExFreeToPagedLookasideList, at_most(APC_LEVEL)},
        {"ExAllocateFromNPagedLookasideList",
         ExAllocateFromNPagedLookasideList,
         at_most(DISPATCH_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExFreeToNPagedLookasideList", ExFreeToNPagedLookasideList, at_most(DISPATCH_LEVEL)},
    },
    "ex/lookaside"};

const ExportFamily kExLocks{
    "ntoskrnl.exe",
    {
        {"ExInitializeResourceLite", ExInitializeResourceLite, at_most(DISPATCH_LEVEL)},
        {"ExReinitializeResourceLite", ExReinitializeResourceLite, at_most(DISPATCH_LEVEL)},
        {"ExDeleteResourceLite", ExDeleteResourceLite, at_most(DISPATCH_LEVEL)},
        {"ExAcquireResourceExclusiveLite", ExAcquireResourceExclusiveLite, at_most(APC_LEVEL)},
        {"ExAcquireResourceSharedLite", ExAcquireResourceSharedLite, at_most(APC_LEVEL)},
        {"ExAcquireSharedStarveExclusive", ExAcquireSharedStarveExclusive, at_most(APC_LEVEL)},
        {"ExAcquireSharedWaitForExclusive", ExAcquireSharedWaitForExclusive, at_most(APC_LEVEL)},
        {"ExReleaseResourceLite", ExReleaseResourceLite, at_most(DISPATCH_LEVEL)},
        {"ExReleaseResourceForThreadLite", ExReleaseResourceForThreadLite, at_most(DISPATCH_LEVEL)},
        {"ExConvertExclusiveToSharedLite", ExConvertExclusiveToSharedLite, at_most(DISPATCH_LEVEL)},
        {"ExIsResourceAcquiredExclusiveLite", ExIsResourceAcquiredExclusiveLite, at_most(DISPATCH_LEVEL)},
        {"ExIsResourceAcquiredSharedLite", ExIsResourceAcquiredSharedLite, at_most(DISPATCH_LEVEL)},
        {"ExGetExclusiveWaiterCount", ExGetExclusiveWaiterCount, at_most(DISPATCH_LEVEL)},
        {"ExGetSharedWaiterCount", ExGetSharedWaiterCount, at_most(DISPATCH_LEVEL)},
        {"ExEnterCriticalRegionAndAcquireResourceExclusive", ExEnterCriticalRegionAndAcquireResourceExclusive,
         at_most(APC_LEVEL)},
        {"ExEnterCriticalRegionAndAcquireResourceShared", ExEnterCriticalRegionAndAcquireResourceShared,
         at_most(APC_LEVEL)},
        {"ExReleaseResourceAndLeaveCriticalRegion", ExReleaseResourceAndLeaveCriticalRegion, at_most(DISPATCH_LEVEL)},
        {"ExSetResourceOwnerPointer", not_built("resources are owned by threads here")},
        {"ExDisableResourceBoostLite", not_built("waiting for a resource boosts nobody")},
        {"ExInitializeRundownProtection", ExInitializeRundownProtection, any_irql()},
        {"ExReInitializeRundownProtection", ExReInitializeRundownProtection, any_irql()},
        {"ExAcquireRundownProtection", ExAcquireRundownProtection, any_irql()},
        {"ExAcquireRundownProtectionEx", ExAcquireRundownProtectionEx, any_irql()},
        {"ExReleaseRundownProtection", ExReleaseRundownProtection, at_most(DISPATCH_LEVEL)},
        {"ExReleaseRundownProtectionEx", ExReleaseRundownProtectionEx, at_most(DISPATCH_LEVEL)},
        {"ExWaitForRundownProtectionRelease", ExWaitForRundownProtectionRelease, at_most(APC_LEVEL)},
        {"ExRundownCompleted", ExRundownCompleted, any_irql()},
        {"ExInitializePushLock", ExInitializePushLock, any_irql()},
        {"ExfAcquirePushLockExclusive", ExfAcquirePushLockExclusive, at_most(APC_LEVEL)},
        {"ExfAcquirePushLockShared", ExfAcquirePushLockShared, at_most(APC_LEVEL)},
        {"ExfTryAcquirePushLockShared", ExfTryAcquirePushLockShared, at_most(APC_LEVEL)},
        {"ExfReleasePushLock", ExfReleasePushLock, at_most(APC_LEVEL)},
        {"ExfReleasePushLockExclusive", ExfReleasePushLock, at_most(APC_LEVEL)},
        {"ExfReleasePushLockShared", ExfReleasePushLock, at_most(APC_LEVEL)},
        {"ExAcquirePushLockExclusiveEx", ExAcquirePushLockExclusiveEx, at_most(APC_LEVEL)},
        {"ExAcquirePushLockSharedEx", ExAcquirePushLockSharedEx, at_most(APC_LEVEL)},
        {"ExReleasePushLockExclusiveEx", ExReleasePushLockExclusiveEx, at_most(APC_LEVEL)},
        {"ExReleasePushLockSharedEx", ExReleasePushLockSharedEx, at_most(APC_LEVEL)},
    },
    "ex/lock"};

const ExportFamily kExServices{
    "ntoskrnl.exe",
    {
        {"ExQueueWorkItem", ExQueueWorkItem, at_most(DISPATCH_LEVEL)},
        {"ExCreateCallback", ExCreateCallback, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExRegisterCallback", ExRegisterCallback, at_most(APC_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExUnregisterCallback", ExUnregisterCallback, at_most(APC_LEVEL)},
        {"ExNotifyCallback", ExNotifyCallback, at_most(DISPATCH_LEVEL)},
        {"ExUuidCreate", ExUuidCreate, at_most(APC_LEVEL)},
        {"ExIsProcessorFeaturePresent", ExIsProcessorFeaturePresent, any_irql()},
        {"ExVerifySuite", ExVerifySuite, any_irql()},
        {"ExRaiseHardError", not_built("there is no session to show a message in")},
        {"ExAllocateTimer", not_built("high-resolution timers have no user yet")},
        {"ExSetTimer", not_built("high-resolution timers have no user yet")},
        {"ExCancelTimer", not_built("high-resolution timers have no user yet")},
        {"ExDeleteTimer", not_built("high-resolution timers have no user yet")},
    },
    "ex/services"};

}  // namespace

void ex::add_exports(image::ExportIndex& index) {
  add_pool_exports(index);
  for (const ExportFamily* family : {&kExLists, &kExLookaside, &kExLocks, &kExServices}) index.add(*family);
}

void ex::install(Kernel& kernel) {
  auto& machine = machine::Machine::current();
  kernel.pool = new Pool(machine.memory(), machine.decisions().asks_at_points());
  kernel.ex = new State;
}

}  // namespace drydock::ntos
