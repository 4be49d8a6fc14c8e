#pragma once
// Which processors there are, and where a thread may run. One group, one node.

#include "nt/dispatcher.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

inline constexpr USHORT ALL_PROCESSOR_GROUPS = 0xFFFF;

ULONG NTAPI KeQueryActiveProcessorCount(KAFFINITY* active);
ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT group);
ULONG NTAPI KeQueryMaximumProcessorCount();
ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT group);
KAFFINITY NTAPI KeQueryActiveProcessors();
USHORT NTAPI KeQueryActiveGroupCount();
USHORT NTAPI KeQueryMaximumGroupCount();
KAFFINITY NTAPI KeQueryGroupAffinity(USHORT group);
ULONG NTAPI KeGetCurrentProcessorNumberEx(PROCESSOR_NUMBER* number);
NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG index, PROCESSOR_NUMBER* number);
ULONG NTAPI KeGetProcessorIndexFromNumber(PROCESSOR_NUMBER* number);
USHORT NTAPI KeQueryHighestNodeNumber();
USHORT NTAPI KeGetCurrentNodeNumber();
VOID NTAPI KeQueryNodeActiveAffinity(USHORT node, GROUP_AFFINITY* affinity, USHORT* count);
USHORT NTAPI KeQueryNodeMaximumProcessorCount(USHORT node);
ULONG NTAPI KeGetRecommendedSharedDataAlignment();

/// Moves the running thread if it is not where it may be. IRQL: at most APC_LEVEL.
VOID NTAPI KeSetSystemAffinityThread(KAFFINITY affinity);
KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY affinity);
VOID NTAPI KeRevertToUserAffinityThread();
VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY affinity);
VOID NTAPI KeSetSystemGroupAffinityThread(GROUP_AFFINITY* affinity, GROUP_AFFINITY* previous);
VOID NTAPI KeRevertToUserGroupAffinityThread(GROUP_AFFINITY* previous);
UCHAR NTAPI KeSetIdealProcessorThread(KTHREAD* thread, UCHAR processor);

// x64 saves the extended state of a driver by itself up to SSE; these hand out nothing to restore.
NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 mask, PVOID save);
VOID NTAPI KeRestoreExtendedProcessorState(PVOID save);
NTSTATUS NTAPI KeSaveFloatingPointState(PVOID save);
NTSTATUS NTAPI KeRestoreFloatingPointState(PVOID save);
VOID NTAPI KeFlushIoBuffers(PVOID mdl, BOOLEAN read, BOOLEAN dma);
BOOLEAN NTAPI KeInvalidateAllCaches();
/// Calls `callout`; the stack of a thread here is always large enough or STATUS_NO_MEMORY.
NTSTATUS NTAPI KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT callout, PVOID parameter, SIZE_T bytes);
NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT callout, PVOID parameter, SIZE_T bytes,
                                               BOOLEAN wait, PVOID context);

}  // namespace drydock::ntos
