#pragma once
// ERESOURCE: reader-writer locks that threads own and may take again.
// IRQL: at most APC_LEVEL to acquire, DISPATCH_LEVEL to release.

#include "nt/resource_lock.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

NTSTATUS NTAPI ExInitializeResourceLite(ERESOURCE* resource);
NTSTATUS NTAPI ExReinitializeResourceLite(ERESOURCE* resource);
NTSTATUS NTAPI ExDeleteResourceLite(ERESOURCE* resource);
/// FALSE only if `wait` is FALSE and it is not free.
BOOLEAN NTAPI ExAcquireResourceExclusiveLite(ERESOURCE* resource, BOOLEAN wait);
BOOLEAN NTAPI ExAcquireResourceSharedLite(ERESOURCE* resource, BOOLEAN wait);
/// Passes those who wait to write.
BOOLEAN NTAPI ExAcquireSharedStarveExclusive(ERESOURCE* resource, BOOLEAN wait);
/// Lets those who wait to write go first, even for a thread that reads already.
BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(ERESOURCE* resource, BOOLEAN wait);
VOID NTAPI ExReleaseResourceLite(ERESOURCE* resource);
VOID NTAPI ExReleaseResourceForThreadLite(ERESOURCE* resource, ERESOURCE_THREAD thread);
VOID NTAPI ExConvertExclusiveToSharedLite(ERESOURCE* resource);
BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(ERESOURCE* resource);
/// How often the running thread holds it, either way.
ULONG NTAPI ExIsResourceAcquiredSharedLite(ERESOURCE* resource);
ULONG NTAPI ExGetExclusiveWaiterCount(ERESOURCE* resource);
ULONG NTAPI ExGetSharedWaiterCount(ERESOURCE* resource);
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(ERESOURCE* resource);
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(ERESOURCE* resource);
VOID NTAPI ExReleaseResourceAndLeaveCriticalRegion(ERESOURCE* resource);

}  // namespace drydock::ntos
