#include "ntos/ex/rundown.h"

#include "machine/machine.h"
#include "ntos/ex/address_wait.h"

namespace drydock::ntos {

namespace {

constexpr ULONG_PTR kRundown = 1, kHolder = 2;
constexpr ULONG_PTR kHeld = 1, kReader = 16;

}  // namespace

VOID NTAPI ExInitializeRundownProtection(EX_RUNDOWN_REF* reference) {
  reference->Count = 0;
}
VOID NTAPI ExReInitializeRundownProtection(EX_RUNDOWN_REF* reference) {
  reference->Count = 0;
}

BOOLEAN NTAPI ExAcquireRundownProtectionEx(EX_RUNDOWN_REF* reference, ULONG count) {
  if ((reference->Count & kRundown) != 0) return FALSE;
  reference->Count = reference->Count + count * kHolder;
  return TRUE;
}
BOOLEAN NTAPI ExAcquireRundownProtection(EX_RUNDOWN_REF* reference) {
  return ExAcquireRundownProtectionEx(reference, 1);
}

VOID NTAPI ExReleaseRundownProtectionEx(EX_RUNDOWN_REF* reference, ULONG count) {
  if (reference->Count / kHolder < count)
    machine::Machine::current().report(
        machine::finding("RUNDOWN_PROTECTION_NOT_HELD", "rundown protection is released that nobody holds"));
  reference->Count = reference->Count - count * kHolder;
  if (reference->Count == kRundown) ex::wake(reference);
}
VOID NTAPI ExReleaseRundownProtection(EX_RUNDOWN_REF* reference) {
  ExReleaseRundownProtectionEx(reference, 1);
}

VOID NTAPI ExWaitForRundownProtectionRelease(EX_RUNDOWN_REF* reference) {
  reference->Count = reference->Count | kRundown;
  while (reference->Count != kRundown) ex::wait_on(reference, "for rundown protection to be released");
}
VOID NTAPI ExRundownCompleted(EX_RUNDOWN_REF* reference) {
  reference->Count = kRundown;
}

VOID NTAPI ExInitializePushLock(EX_PUSH_LOCK* lock) {
  *lock = 0;
}

VOID NTAPI ExfAcquirePushLockExclusive(EX_PUSH_LOCK* lock) {
  while (*lock != 0) ex::wait_on(lock, "for a push lock, to write");
  *lock = kHeld;
}

BOOLEAN NTAPI ExfTryAcquirePushLockShared(EX_PUSH_LOCK* lock) {
  if (*lock == kHeld) return FALSE;
  *lock = (*lock | kHeld) + kReader;
  return TRUE;
}

VOID NTAPI ExfAcquirePushLockShared(EX_PUSH_LOCK* lock) {
  while (!ExfTryAcquirePushLockShared(lock)) ex::wait_on(lock, "for a push lock, to read");
}

VOID NTAPI ExfReleasePushLock(EX_PUSH_LOCK* lock) {
  *lock = *lock / kReader > 1 ? *lock - kReader : 0;
  if (*lock == 0) ex::wake(lock);
}

VOID NTAPI ExAcquirePushLockExclusiveEx(EX_PUSH_LOCK* lock, ULONG) {
  ExfAcquirePushLockExclusive(lock);
}
VOID NTAPI ExAcquirePushLockSharedEx(EX_PUSH_LOCK* lock, ULONG) {
  ExfAcquirePushLockShared(lock);
}
VOID NTAPI ExReleasePushLockExclusiveEx(EX_PUSH_LOCK* lock, ULONG) {
  ExfReleasePushLock(lock);
}
VOID NTAPI ExReleasePushLockSharedEx(EX_PUSH_LOCK* lock, ULONG) {
  ExfReleasePushLock(lock);
}

}  // namespace drydock::ntos
