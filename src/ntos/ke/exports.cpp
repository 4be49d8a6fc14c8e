#include "ntos/exports.h"
#include "ntos/ke/affinity.h"
#include "ntos/ke/apc.h"
#include "ntos/ke/bugcheck.h"
#include "ntos/ke/clock.h"
#include "ntos/ke/device_queue.h"
#include "ntos/ke/dpc.h"
#include "ntos/ke/event.h"
#include "ntos/ke/interrupt.h"
#include "ntos/ke/irql.h"
#include "ntos/ke/mutex.h"
#include "ntos/ke/spin_lock.h"
#include "ntos/ke/timer.h"
#include "ntos/ke/wait.h"

#include "machine/processor.h"

namespace drydock::ntos {

namespace {

using image::any_irql;
using image::at_least;
using image::at_most;
using image::exactly;
using image::ExportFamily;
using image::not_built;

const ExportFamily kKeIrql{"ntoskrnl.exe",
                           {
                               {"KeGetCurrentIrql", KeGetCurrentIrql, any_irql()},
                               {"KfRaiseIrql", KfRaiseIrql, any_irql()},
                               {"KeRaiseIrqlToDpcLevel", KeRaiseIrqlToDpcLevel, any_irql()},
                               {"KeRaiseIrqlToSynchLevel", KeRaiseIrqlToSynchLevel, any_irql()},
                               {"KeLowerIrql", KeLowerIrql, any_irql()},
                               {"KfLowerIrql", KeLowerIrql, any_irql()},
                           },
                           "ke/irql"};

const ExportFamily kKeDispatcher{
    "ntoskrnl.exe",
    {
        {"KeInitializeEvent", KeInitializeEvent, any_irql()},
        {"KeSetEvent", KeSetEvent, at_most(DISPATCH_LEVEL)},
        {"KeSetEventBoostPriority", not_built("no driver that has been seen calls it"), at_most(DISPATCH_LEVEL)},
        {"KeResetEvent", KeResetEvent, at_most(DISPATCH_LEVEL)},
        {"KeClearEvent", KeClearEvent, at_most(DISPATCH_LEVEL)},
        {"KePulseEvent", KePulseEvent, at_most(DISPATCH_LEVEL)},
        {"KeReadStateEvent", KeReadStateEvent, any_irql()},
        {"KeInitializeSemaphore", KeInitializeSemaphore, any_irql()},
        {"KeReleaseSemaphore", KeReleaseSemaphore, at_most(DISPATCH_LEVEL)},
        {"KeReadStateSemaphore", KeReadStateSemaphore, any_irql()},
        {"KeInitializeMutex", KeInitializeMutex, any_irql()},
        {"KeInitializeMutant", KeInitializeMutant, any_irql()},
        {"KeReleaseMutex", KeReleaseMutex, at_most(DISPATCH_LEVEL)},
        {"KeReleaseMutant", KeReleaseMutant, at_most(DISPATCH_LEVEL)},
        {"KeReadStateMutex", KeReadStateMutex, at_most(DISPATCH_LEVEL)},
        {"KeReadStateMutant", KeReadStateMutex, at_most(DISPATCH_LEVEL)},
        // The machine judges waits: at DISPATCH_LEVEL only one that would block is a stop.
        {"KeWaitForSingleObject", KeWaitForSingleObject, any_irql()},
        {"KeWaitForMultipleObjects", KeWaitForMultipleObjects, any_irql()},
        {"KeWaitForMutexObject", KeWaitForMutexObject, any_irql()},
        {"KeDelayExecutionThread", KeDelayExecutionThread, at_most(APC_LEVEL)},
        {"KeIsWaitListEmpty", KeIsWaitListEmpty, at_most(DISPATCH_LEVEL)},
        {"KeInitializeQueue", not_built("kernel queues have no user yet"), at_most(DISPATCH_LEVEL)},
        {"KeInsertQueue", not_built("kernel queues have no user yet"), at_most(DISPATCH_LEVEL)},
        {"KeInsertHeadQueue", not_built("kernel queues have no user yet"), at_most(DISPATCH_LEVEL)},
        {"KeRemoveQueue", not_built("kernel queues have no user yet"), at_most(APC_LEVEL)},
        {"KeRundownQueue", not_built("kernel queues have no user yet"), at_most(DISPATCH_LEVEL)},
    },
    "ke/dispatcher"};

const ExportFamily kKeTimers{"ntoskrnl.exe",
                             {
                                 {"KeInitializeTimer", KeInitializeTimer, at_most(DISPATCH_LEVEL)},
                                 {"KeInitializeTimerEx", KeInitializeTimerEx, at_most(DISPATCH_LEVEL)},
                                 {"KeSetTimer", KeSetTimer, at_most(DISPATCH_LEVEL)},
                                 {"KeSetTimerEx", KeSetTimerEx, at_most(DISPATCH_LEVEL)},
                                 {"KeSetCoalescableTimer", KeSetCoalescableTimer, at_most(DISPATCH_LEVEL)},
                                 {"KeCancelTimer", KeCancelTimer, at_most(DISPATCH_LEVEL)},
                                 {"KeReadStateTimer", KeReadStateTimer, at_most(DISPATCH_LEVEL)},
                             },
                             "ke/timer"};

const ExportFamily kKeDpcs{"ntoskrnl.exe",
                           {
                               {"KeInitializeDpc", KeInitializeDpc, any_irql()},
                               {"KeInitializeThreadedDpc", KeInitializeThreadedDpc, any_irql()},
                               {"KeInsertQueueDpc", KeInsertQueueDpc, any_irql()},
                               {"KeRemoveQueueDpc", KeRemoveQueueDpc, any_irql()},
                               {"KeSetImportanceDpc", KeSetImportanceDpc, any_irql()},
                               {"KeSetTargetProcessorDpc", KeSetTargetProcessorDpc, any_irql()},
                               {"KeSetTargetProcessorDpcEx", KeSetTargetProcessorDpcEx, any_irql()},
                               {"KeFlushQueuedDpcs", KeFlushQueuedDpcs, exactly(PASSIVE_LEVEL)},
                               {"KeIsExecutingDpc", KeIsExecutingDpc, any_irql()},
                               {"KeGenericCallDpc", KeGenericCallDpc, at_most(APC_LEVEL)},
                               {"KeSignalCallDpcDone", KeSignalCallDpcDone, exactly(DISPATCH_LEVEL)},
                               {"KeSignalCallDpcSynchronize", KeSignalCallDpcSynchronize, exactly(DISPATCH_LEVEL)},
                               {"KeIpiGenericCall", KeIpiGenericCall, at_most(IPI_LEVEL - 1)},
                           },
                           "ke/dpc"};

const ExportFamily kKeApcs{"ntoskrnl.exe",
                           {
                               {"KeInitializeApc", KeInitializeApc, any_irql()},
                               {"KeInsertQueueApc", KeInsertQueueApc, at_most(DISPATCH_LEVEL)},
                               {"KeRemoveQueueApc", KeRemoveQueueApc, at_most(DISPATCH_LEVEL)},
                               {"KeEnterCriticalRegion", KeEnterCriticalRegion, at_most(APC_LEVEL)},
                               {"KeLeaveCriticalRegion", KeLeaveCriticalRegion, at_most(APC_LEVEL)},
                               {"KeEnterGuardedRegion", KeEnterGuardedRegion, at_most(APC_LEVEL)},
                               {"KeLeaveGuardedRegion", KeLeaveGuardedRegion, at_most(APC_LEVEL)},
                               {"KeAreApcsDisabled", KeAreApcsDisabled, at_most(DISPATCH_LEVEL)},
                               {"KeAreAllApcsDisabled", KeAreAllApcsDisabled, at_most(DISPATCH_LEVEL)},
                               {"KeAlertThread", KeAlertThread, at_most(DISPATCH_LEVEL)},
                               {"KeTestAlertThread", KeTestAlertThread, at_most(APC_LEVEL)},
                               {"FsRtlEnterFileSystem", FsRtlEnterFileSystem, at_most(APC_LEVEL)},
                               {"FsRtlExitFileSystem", FsRtlExitFileSystem, at_most(APC_LEVEL)},
                           },
                           "ke/apc"};

const ExportFamily kKeSpinLocks{
    "ntoskrnl.exe",
    {
        {"KeInitializeSpinLock", KeInitializeSpinLock, any_irql()},
        {"KeAcquireSpinLockRaiseToDpc", KeAcquireSpinLockRaiseToDpc, at_most(DISPATCH_LEVEL)},
        {"KeAcquireSpinLockRaiseToSynch", KeAcquireSpinLockRaiseToSynch, at_most(SYNCH_LEVEL)},
        {"KeReleaseSpinLock", KeReleaseSpinLock, at_least(DISPATCH_LEVEL)},
        {"KeAcquireSpinLockAtDpcLevel", KeAcquireSpinLockAtDpcLevel, at_least(DISPATCH_LEVEL)},
        {"KeReleaseSpinLockFromDpcLevel", KeReleaseSpinLockFromDpcLevel, at_least(DISPATCH_LEVEL)},
        {"KefAcquireSpinLockAtDpcLevel", KeAcquireSpinLockAtDpcLevel, at_least(DISPATCH_LEVEL)},
        {"KefReleaseSpinLockFromDpcLevel", KeReleaseSpinLockFromDpcLevel, at_least(DISPATCH_LEVEL)},
        {"KeTryToAcquireSpinLockAtDpcLevel", KeTryToAcquireSpinLockAtDpcLevel, at_least(DISPATCH_LEVEL)},
        {"KeTestSpinLock", KeTestSpinLock, any_irql()},
        {"KeAcquireSpinLockForDpc", KeAcquireSpinLockForDpc, any_irql()},
        {"KeReleaseSpinLockForDpc", KeReleaseSpinLockForDpc, at_least(DISPATCH_LEVEL)},
        {"KeAcquireInStackQueuedSpinLock", KeAcquireInStackQueuedSpinLock, at_most(DISPATCH_LEVEL)},
        {"KeAcquireInStackQueuedSpinLockRaiseToSynch", KeAcquireInStackQueuedSpinLockRaiseToSynch,
         at_most(SYNCH_LEVEL)},
        {"KeReleaseInStackQueuedSpinLock", KeReleaseInStackQueuedSpinLock, at_least(DISPATCH_LEVEL)},
        {"KeAcquireInStackQueuedSpinLockAtDpcLevel", KeAcquireInStackQueuedSpinLockAtDpcLevel,
         at_least(DISPATCH_LEVEL)},
        {"KeReleaseInStackQueuedSpinLockFromDpcLevel", KeReleaseInStackQueuedSpinLockFromDpcLevel,
         at_least(DISPATCH_LEVEL)},
        {"KeAcquireInStackQueuedSpinLockForDpc", KeAcquireInStackQueuedSpinLockForDpc, any_irql()},
        {"KeReleaseInStackQueuedSpinLockForDpc", KeReleaseInStackQueuedSpinLockForDpc, at_least(DISPATCH_LEVEL)},
        {"ExAcquireSpinLockExclusive", ExAcquireSpinLockExclusive, at_most(DISPATCH_LEVEL)},
        {"ExReleaseSpinLockExclusive", ExReleaseSpinLockExclusive, exactly(DISPATCH_LEVEL)},
        {"ExAcquireSpinLockShared", ExAcquireSpinLockShared, at_most(DISPATCH_LEVEL)},
        {"ExReleaseSpinLockShared", ExReleaseSpinLockShared, exactly(DISPATCH_LEVEL)},
        {"ExAcquireSpinLockExclusiveAtDpcLevel", ExAcquireSpinLockExclusiveAtDpcLevel, at_least(DISPATCH_LEVEL)},
        {"ExReleaseSpinLockExclusiveFromDpcLevel", ExReleaseSpinLockExclusiveFromDpcLevel, at_least(DISPATCH_LEVEL)},
        {"ExAcquireSpinLockSharedAtDpcLevel", ExAcquireSpinLockSharedAtDpcLevel, at_least(DISPATCH_LEVEL)},
        {"ExReleaseSpinLockSharedFromDpcLevel", ExReleaseSpinLockSharedFromDpcLevel, at_least(DISPATCH_LEVEL)},
        {"ExTryConvertSharedSpinLockExclusive", ExTryConvertSharedSpinLockExclusive, at_least(DISPATCH_LEVEL)},
    },
    "ke/spin lock"};

const ExportFamily kKeMutexes{"ntoskrnl.exe",
                              {
                                  {"ExInitializeFastMutex", ExInitializeFastMutex, any_irql()},
                                  {"ExAcquireFastMutex", ExAcquireFastMutex, at_most(APC_LEVEL)},
                                  {"ExReleaseFastMutex", ExReleaseFastMutex, exactly(APC_LEVEL)},
                                  {"ExTryToAcquireFastMutex", ExTryToAcquireFastMutex, at_most(APC_LEVEL)},
                                  {"ExAcquireFastMutexUnsafe", ExAcquireFastMutexUnsafe, at_most(APC_LEVEL)},
                                  {"ExReleaseFastMutexUnsafe", ExReleaseFastMutexUnsafe, at_most(APC_LEVEL)},
                                  {"ExEnterCriticalRegionAndAcquireFastMutexUnsafe",
                                   ExEnterCriticalRegionAndAcquireFastMutexUnsafe, at_most(APC_LEVEL)},
                                  {"ExReleaseFastMutexUnsafeAndLeaveCriticalRegion",
                                   ExReleaseFastMutexUnsafeAndLeaveCriticalRegion, at_most(APC_LEVEL)},
                                  {"KeInitializeGuardedMutex", KeInitializeGuardedMutex, any_irql()},
                                  {"KeAcquireGuardedMutex", KeAcquireGuardedMutex, at_most(APC_LEVEL)},
                                  {"KeReleaseGuardedMutex", KeReleaseGuardedMutex, at_most(APC_LEVEL)},
                                  {"KeTryToAcquireGuardedMutex", KeTryToAcquireGuardedMutex, at_most(APC_LEVEL)},
                                  {"KeAcquireGuardedMutexUnsafe", KeAcquireGuardedMutexUnsafe, at_most(APC_LEVEL)},
                                  {"KeReleaseGuardedMutexUnsafe", KeReleaseGuardedMutexUnsafe, at_most(APC_LEVEL)},
                              },
                              "ke/mutex"};

const ExportFamily kKeInterrupts{"ntoskrnl.exe",
                                 {
                                     {"KeSynchronizeExecution", KeSynchronizeExecution, any_irql()},
                                     {"KeAcquireInterruptSpinLock", KeAcquireInterruptSpinLock, any_irql()},
                                     {"KeReleaseInterruptSpinLock", KeReleaseInterruptSpinLock, any_irql()},
                                 },
                                 "ke/interrupt"};

const ExportFamily kKeDeviceQueues{
    "ntoskrnl.exe",
    {
        {"KeInitializeDeviceQueue", KeInitializeDeviceQueue, any_irql()},
        {"KeInsertDeviceQueue", KeInsertDeviceQueue, exactly(DISPATCH_LEVEL)},
        {"KeInsertByKeyDeviceQueue", KeInsertByKeyDeviceQueue, exactly(DISPATCH_LEVEL)},
        {"KeRemoveDeviceQueue", KeRemoveDeviceQueue, exactly(DISPATCH_LEVEL)},
        {"KeRemoveByKeyDeviceQueue", KeRemoveByKeyDeviceQueue, exactly(DISPATCH_LEVEL)},
        {"KeRemoveByKeyDeviceQueueIfBusy", KeRemoveByKeyDeviceQueueIfBusy, exactly(DISPATCH_LEVEL)},
        {"KeRemoveEntryDeviceQueue", KeRemoveEntryDeviceQueue, at_most(DISPATCH_LEVEL)},
    },
    "ke/device queue"};

const ExportFamily kKeClocks{"ntoskrnl.exe",
                             {
                                 {"KeQueryTimeIncrement", KeQueryTimeIncrement, any_irql()},
                                 {"KeQueryPerformanceCounter", KeQueryPerformanceCounter, any_irql()},
                                 {"KeQueryInterruptTime", KeQueryInterruptTime, any_irql()},
                                 {"KeQueryInterruptTimePrecise", KeQueryInterruptTimePrecise, any_irql()},
                                 {"KeQueryUnbiasedInterruptTime", KeQueryUnbiasedInterruptTime, any_irql()},
                                 {"KeQuerySystemTime", KeQuerySystemTime, any_irql()},
                                 {"KeQuerySystemTimePrecise", KeQuerySystemTimePrecise, any_irql()},
                                 {"KeQueryTickCount", KeQueryTickCount, any_irql()},
                                 {"KeStallExecutionProcessor", KeStallExecutionProcessor, any_irql()},
                                 {"ExSetTimerResolution", ExSetTimerResolution, at_most(APC_LEVEL)},
                                 {"ExSystemTimeToLocalTime", ExSystemTimeToLocalTime, any_irql()},
                                 {"ExLocalTimeToSystemTime", ExLocalTimeToSystemTime, any_irql()},
                             },
                             "ke/clock"};

const ExportFamily kKeProcessors{
    "ntoskrnl.exe",
    {
        {"KeQueryActiveProcessorCount", KeQueryActiveProcessorCount, any_irql()},
        {"KeQueryActiveProcessorCountEx", KeQueryActiveProcessorCountEx, any_irql()},
        {"KeQueryMaximumProcessorCount", KeQueryMaximumProcessorCount, any_irql()},
        {"KeQueryMaximumProcessorCountEx", KeQueryMaximumProcessorCountEx, any_irql()},
        {"KeQueryActiveProcessors", KeQueryActiveProcessors, any_irql()},
        {"KeQueryActiveGroupCount", KeQueryActiveGroupCount, any_irql()},
        {"KeQueryMaximumGroupCount", KeQueryMaximumGroupCount, any_irql()},
        {"KeQueryGroupAffinity", KeQueryGroupAffinity, any_irql()},
        {"KeGetCurrentProcessorNumberEx", KeGetCurrentProcessorNumberEx, any_irql()},
        {"KeGetProcessorNumberFromIndex", KeGetProcessorNumberFromIndex, any_irql()},
        {"KeGetProcessorIndexFromNumber", KeGetProcessorIndexFromNumber, any_irql()},
        {"KeQueryHighestNodeNumber", KeQueryHighestNodeNumber, any_irql()},
        {"KeGetCurrentNodeNumber", KeGetCurrentNodeNumber, any_irql()},
        {"KeQueryNodeActiveAffinity", KeQueryNodeActiveAffinity, any_irql()},
        {"KeQueryNodeMaximumProcessorCount", KeQueryNodeMaximumProcessorCount, any_irql()},
        {"KeGetRecommendedSharedDataAlignment", KeGetRecommendedSharedDataAlignment, any_irql()},
        {"KeSetSystemAffinityThread", KeSetSystemAffinityThread, at_most(APC_LEVEL)},
        {"KeSetSystemAffinityThreadEx", KeSetSystemAffinityThreadEx, at_most(APC_LEVEL)},
        {"KeRevertToUserAffinityThread", KeRevertToUserAffinityThread, at_most(APC_LEVEL)},
        {"KeRevertToUserAffinityThreadEx", KeRevertToUserAffinityThreadEx, at_most(APC_LEVEL)},
        {"KeSetSystemGroupAffinityThread", KeSetSystemGroupAffinityThread, at_most(APC_LEVEL)},
        {"KeRevertToUserGroupAffinityThread", KeRevertToUserGroupAffinityThread, at_most(APC_LEVEL)},
        {"KeSetIdealProcessorThread", KeSetIdealProcessorThread, at_most(DISPATCH_LEVEL)},
        {"KeSaveExtendedProcessorState", KeSaveExtendedProcessorState, at_most(DISPATCH_LEVEL)},
        {"KeRestoreExtendedProcessorState", KeRestoreExtendedProcessorState, at_most(DISPATCH_LEVEL)},
        {"KeSaveFloatingPointState", KeSaveFloatingPointState, at_most(DISPATCH_LEVEL)},
        {"KeRestoreFloatingPointState", KeRestoreFloatingPointState, at_most(DISPATCH_LEVEL)},
        {"KeFlushIoBuffers", KeFlushIoBuffers, at_most(DISPATCH_LEVEL)},
        {"KeInvalidateAllCaches", KeInvalidateAllCaches, at_most(DISPATCH_LEVEL)},
        {"KeExpandKernelStackAndCallout", KeExpandKernelStackAndCallout, at_most(DISPATCH_LEVEL)},
        {"KeExpandKernelStackAndCalloutEx", KeExpandKernelStackAndCalloutEx, at_most(DISPATCH_LEVEL)},
        {"KeRegisterNmiCallback", not_built("nothing raises a non-maskable interrupt")},
        {"KeDeregisterNmiCallback", not_built("nothing raises a non-maskable interrupt")},
        {"KeRegisterProcessorChangeCallback", not_built("processors are not added while a machine runs")},
        {"KeDeregisterProcessorChangeCallback", not_built("processors are not added while a machine runs")},
        {"KeNumberProcessors",
         image::DataExport{
             1, [](void* guest) { *static_cast<UCHAR*>(guest) = static_cast<UCHAR>(machine::processor_count()); }}},
    },
    "ke/processor"};

const ExportFamily kKeBugChecks{
    "ntoskrnl.exe",
    {
        {"KeBugCheck", KeBugCheck, any_irql()},
        {"KeBugCheckEx", KeBugCheckEx, any_irql()},
        {"KeRegisterBugCheckCallback", KeRegisterBugCheckCallback, any_irql()},
        {"KeDeregisterBugCheckCallback", KeDeregisterBugCheckCallback, any_irql()},
        {"KeRegisterBugCheckReasonCallback", KeRegisterBugCheckReasonCallback, any_irql()},
        {"KeDeregisterBugCheckReasonCallback", KeDeregisterBugCheckReasonCallback, any_irql()},
        {"KeCapturePersistentThreadState", not_built("no crash dump is written")},
        {"KeInitializeCrashDumpHeader", not_built("no crash dump is written")},
    },
    "ke/bug check"};

// The HAL's older home for some of the same calls.
const ExportFamily kHalKernel{
    "hal.dll",
    {
        {"KeGetCurrentIrql", KeGetCurrentIrql, any_irql()},
        {"KfRaiseIrql", KfRaiseIrql, any_irql()},
        {"KfLowerIrql", KeLowerIrql, any_irql()},
        {"KeLowerIrql", KeLowerIrql, any_irql()},
        {"KeRaiseIrqlToDpcLevel", KeRaiseIrqlToDpcLevel, any_irql()},
        {"KeQueryPerformanceCounter", KeQueryPerformanceCounter, any_irql()},
        {"KeStallExecutionProcessor", KeStallExecutionProcessor, any_irql()},
        {"KeAcquireInStackQueuedSpinLock", KeAcquireInStackQueuedSpinLock, at_most(DISPATCH_LEVEL)},
        {"KeReleaseInStackQueuedSpinLock", KeReleaseInStackQueuedSpinLock, at_least(DISPATCH_LEVEL)},
        {"ExAcquireFastMutex", ExAcquireFastMutex, at_most(APC_LEVEL)},
        {"ExReleaseFastMutex", ExReleaseFastMutex, exactly(APC_LEVEL)},
        {"ExTryToAcquireFastMutex", ExTryToAcquireFastMutex, at_most(APC_LEVEL)},
    },
    "hal/kernel"};

}  // namespace

void ke::add_exports(image::ExportIndex& index) {
  for (const ExportFamily* family :
       {&kKeIrql, &kKeDispatcher, &kKeTimers, &kKeDpcs, &kKeApcs, &kKeSpinLocks, &kKeMutexes, &kKeInterrupts,
        &kKeDeviceQueues, &kKeClocks, &kKeProcessors, &kKeBugChecks, &kHalKernel})
    index.add(*family);
}

}  // namespace drydock::ntos
