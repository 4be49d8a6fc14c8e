#include "ntos/exports.h"
#include "ntos/ps/process.h"
#include "ntos/ps/thread.h"

namespace drydock::ntos {

namespace {

using image::any_irql;
using image::at_most;
using image::exactly;
using image::ExportFamily;
using image::not_built;

const ExportFamily kPsThreads{
    "ntoskrnl.exe",
    {
        {"PsCreateSystemThread", PsCreateSystemThread, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"PsTerminateSystemThread", PsTerminateSystemThread, exactly(PASSIVE_LEVEL)},
        {"PsGetCurrentThread", PsGetCurrentThread, any_irql()},
        {"KeGetCurrentThread", KeGetCurrentThread, any_irql()},
        {"PsGetCurrentThreadId", PsGetCurrentThreadId, any_irql()},
        {"PsGetThreadId", PsGetThreadId, any_irql()},
        {"PsIsSystemThread", PsIsSystemThread, any_irql()},
        {"PsIsThreadTerminating", PsIsThreadTerminating, any_irql()},
        {"PsGetCurrentThreadStackBase", PsGetCurrentThreadStackBase, any_irql()},
        {"PsGetCurrentThreadStackLimit", PsGetCurrentThreadStackLimit, any_irql()},
        {"IoGetStackLimits", IoGetStackLimits, any_irql()},
        {"IoGetRemainingStackSize", IoGetRemainingStackSize, any_irql()},
        {"PsLookupThreadByThreadId", PsLookupThreadByThreadId, exactly(PASSIVE_LEVEL)},
        {"KeSetPriorityThread", KeSetPriorityThread, at_most(DISPATCH_LEVEL)},
        {"KeQueryPriorityThread", KeQueryPriorityThread, at_most(DISPATCH_LEVEL)},
        {"KeSetBasePriorityThread", KeSetBasePriorityThread, at_most(DISPATCH_LEVEL)},
        {"PsSetCreateThreadNotifyRoutine", not_built("thread notifications have no user yet")},
        {"PsRemoveCreateThreadNotifyRoutine", not_built("thread notifications have no user yet")},
    },
    "ps/thread"};

const ExportFamily kPsProcesses{
    "ntoskrnl.exe",
    {
        {"PsGetCurrentProcess", PsGetCurrentProcess, any_irql()},
        {"IoGetCurrentProcess", IoGetCurrentProcess, any_irql()},
        {"PsGetCurrentProcessId", PsGetCurrentProcessId, any_irql()},
        {"PsGetProcessId", PsGetProcessId, any_irql()},
        {"PsGetThreadProcess", PsGetThreadProcess, any_irql()},
        {"PsGetThreadProcessId", PsGetThreadProcessId, any_irql()},
        {"PsGetCurrentProcessSessionId", PsGetCurrentProcessSessionId, any_irql()},
        {"PsGetProcessCreateTimeQuadPart", PsGetProcessCreateTimeQuadPart, any_irql()},
        {"PsIsSystemProcess", PsIsSystemProcess, any_irql()},
        {"PsGetVersion", PsGetVersion, any_irql()},
        {"ExGetPreviousMode", ExGetPreviousMode, any_irql()},
        {"PsLookupProcessByProcessId", PsLookupProcessByProcessId, exactly(PASSIVE_LEVEL)},
        {"PsSetCreateProcessNotifyRoutine", not_built("there is one process, and it was there before")},
        {"PsSetCreateProcessNotifyRoutineEx", not_built("there is one process, and it was there before")},
        {"PsSetLoadImageNotifyRoutine", not_built("image notifications have no user yet")},
        {"PsRemoveLoadImageNotifyRoutine", not_built("image notifications have no user yet")},
        {"PsReferencePrimaryToken", not_built("nobody has a token")},
        {"PsDereferencePrimaryToken", not_built("nobody has a token")},
        {"PsImpersonateClient", not_built("nobody has a token")},
        {"PsRevertToSelf", not_built("nobody has a token")},
        {"KeAttachProcess", not_built("there is one process")},
        {"KeStackAttachProcess", not_built("there is one process")},
        {"KeUnstackDetachProcess", not_built("there is one process")},
    },
    "ps/process"};

}  // namespace

void ps::add_exports(image::ExportIndex& index) {
  index.add(kPsThreads);
  index.add(kPsProcesses);
}

}  // namespace drydock::ntos
