#include "ntos/ex/resource.h"

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/ex/address_wait.h"
#include "ntos/ex/state.h"
#include "ntos/ke/apc.h"
#include "ntos/ke/current.h"
#include "ntos/kernel.h"
#include "ntos/ps/thread_object.h"

namespace drydock::ntos {

namespace {

ERESOURCE_THREAD self() {
  return reinterpret_cast<ERESOURCE_THREAD>(ke::current_thread_object());
}
bool owned_exclusively(const ERESOURCE* resource) {
  return (resource->Flag & ResourceOwnedExclusive) != 0;
}
bool is_mine_to_write(const ERESOURCE* resource) {
  return owned_exclusively(resource) && resource->OwnerEntry.OwnerThread == self();
}
ex::SharedOwners& readers(const ERESOURCE* resource) {
  return kernel().ex->shared_owners[resource];
}

bool is_mine_to_read(const ERESOURCE* resource) {
  auto owners = kernel().ex->shared_owners.find(resource);
  return owners != kernel().ex->shared_owners.end() && owners->second.contains(self());
}

bool take_exclusive(ERESOURCE* resource) {
  if (is_mine_to_write(resource)) {
    ++resource->OwnerEntry.OwnerCount;
    return true;
  }
  if (resource->ActiveEntries != 0) return false;
  resource->Flag |= ResourceOwnedExclusive;
  resource->ActiveEntries = 1;
  resource->ActiveCount = 1;
  resource->OwnerEntry.OwnerThread = self();
  resource->OwnerEntry.OwnerCount = 1;
  return true;
}

enum class Writers { GoFirst, GoFirstUnlessReading, Starve };

bool take_shared(ERESOURCE* resource, Writers writers) {
  if (is_mine_to_write(resource)) {
    ++resource->OwnerEntry.OwnerCount;
    return true;
  }
  if (owned_exclusively(resource)) return false;
  bool reading = is_mine_to_read(resource);
  bool must_wait = resource->NumberOfExclusiveWaiters != 0 &&
                   (writers == Writers::GoFirst || (writers == Writers::GoFirstUnlessReading && !reading));
  if (must_wait) return false;
  if (!reading) {
    ++resource->ActiveEntries;
    resource->ActiveCount = 1;
  }
  ++readers(resource)[self()];
  return true;
}

void count_hold(LONG change) {
  ke::current_thread_object()->HeldResources += static_cast<ULONG>(change);
}

BOOLEAN acquire_exclusive(ERESOURCE* resource, bool wait) {
  if (!take_exclusive(resource)) {
    if (!wait) return FALSE;
    ++resource->ContentionCount;
    ++resource->NumberOfExclusiveWaiters;
    while (!take_exclusive(resource)) ex::wait_on(resource, "for a resource, to write");
    --resource->NumberOfExclusiveWaiters;
  }
  count_hold(1);
  return TRUE;
}

BOOLEAN acquire_shared(ERESOURCE* resource, bool wait, Writers writers) {
  if (!take_shared(resource, writers)) {
    if (!wait) return FALSE;
    ++resource->ContentionCount;
    ++resource->NumberOfSharedWaiters;
    while (!take_shared(resource, writers)) ex::wait_on(resource, "for a resource, to read");
    --resource->NumberOfSharedWaiters;
  }
  count_hold(1);
  return TRUE;
}

void release(ERESOURCE* resource, ERESOURCE_THREAD thread) {
  if (owned_exclusively(resource) && resource->OwnerEntry.OwnerThread == thread) {
    if (--resource->OwnerEntry.OwnerCount == 0) {
      resource->Flag &= static_cast<USHORT>(~ResourceOwnedExclusive);
      resource->ActiveEntries = 0;
      resource->ActiveCount = 0;
      resource->OwnerEntry.OwnerThread = 0;
      ex::wake(resource);
    }
  } else {
    auto& all = kernel().ex->shared_owners;
    auto owners = all.find(resource);
    if (owners == all.end() || !owners->second.contains(thread))
      machine::Machine::current().bug_check(RESOURCE_NOT_OWNED, reinterpret_cast<std::uint64_t>(resource), thread,
                                            reinterpret_cast<std::uint64_t>(resource->OwnerTable), 0,
                                            "a resource is released by a thread that does not own it");
    if (--owners->second[thread] == 0) {
      owners->second.erase(thread);
      if (owners->second.empty()) all.erase(owners);
      if (--resource->ActiveEntries == 0) {
        resource->ActiveCount = 0;
        ex::wake(resource);
      }
    }
  }
  --reinterpret_cast<KTHREAD*>(thread & ~ERESOURCE_THREAD{3})->HeldResources;
}

}  // namespace

NTSTATUS NTAPI ExInitializeResourceLite(ERESOURCE* resource) {
  *resource = {};
  InitializeListHead(&resource->SystemResourcesList);
  kernel().ex->shared_owners.erase(resource);
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI ExReinitializeResourceLite(ERESOURCE* resource) {
  return ExInitializeResourceLite(resource);
}

NTSTATUS NTAPI ExDeleteResourceLite(ERESOURCE* resource) {
  kernel().ex->shared_owners.erase(resource);
  resource->SystemResourcesList = {};
  return STATUS_SUCCESS;
}

BOOLEAN NTAPI ExAcquireResourceExclusiveLite(ERESOURCE* resource, BOOLEAN wait) {
  return acquire_exclusive(resource, wait != FALSE);
}
BOOLEAN NTAPI ExAcquireResourceSharedLite(ERESOURCE* resource, BOOLEAN wait) {
  return acquire_shared(resource, wait != FALSE, Writers::GoFirstUnlessReading);
}
BOOLEAN NTAPI ExAcquireSharedStarveExclusive(ERESOURCE* resource, BOOLEAN wait) {
  return acquire_shared(resource, wait != FALSE, Writers::Starve);
}
BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(ERESOURCE* resource, BOOLEAN wait) {
  return acquire_shared(resource, wait != FALSE, Writers::GoFirst);
}
VOID NTAPI ExReleaseResourceLite(ERESOURCE* resource) {
  release(resource, self());
}
VOID NTAPI ExReleaseResourceForThreadLite(ERESOURCE* resource, ERESOURCE_THREAD thread) {
  release(resource, thread);
}

VOID NTAPI ExConvertExclusiveToSharedLite(ERESOURCE* resource) {
  if (!is_mine_to_write(resource)) return;
  readers(resource)[self()] = static_cast<LONG>(resource->OwnerEntry.OwnerCount);
  resource->Flag &= static_cast<USHORT>(~ResourceOwnedExclusive);
  resource->OwnerEntry.OwnerThread = 0;
  resource->OwnerEntry.OwnerCount = 0;
  ex::wake(resource);
}

BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(ERESOURCE* resource) {
  return is_mine_to_write(resource);
}
ULONG NTAPI ExIsResourceAcquiredSharedLite(ERESOURCE* resource) {
  if (is_mine_to_write(resource)) return resource->OwnerEntry.OwnerCount;
  return is_mine_to_read(resource) ? static_cast<ULONG>(readers(resource)[self()]) : 0;
}
ULONG NTAPI ExGetExclusiveWaiterCount(ERESOURCE* resource) {
  return resource->NumberOfExclusiveWaiters;
}
ULONG NTAPI ExGetSharedWaiterCount(ERESOURCE* resource) {
  return resource->NumberOfSharedWaiters;
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(ERESOURCE* resource) {
  ke::enter_critical_region();
  acquire_exclusive(resource, true);
  return nullptr;
}
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(ERESOURCE* resource) {
  ke::enter_critical_region();
  acquire_shared(resource, true, Writers::GoFirstUnlessReading);
  return nullptr;
}
VOID NTAPI ExReleaseResourceAndLeaveCriticalRegion(ERESOURCE* resource) {
  release(resource, self());
  ke::leave_critical_region();
}

}  // namespace drydock::ntos
