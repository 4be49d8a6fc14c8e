#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "nt/status.h"
#include "ntos/io/remove_lock.h"
#include "ntos/io/state.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"

namespace drydock::ntos::io {

namespace {

constexpr std::uint64_t kReleasedTagNeverAcquired = 0xD5;
constexpr std::uint64_t kWaitTagNeverAcquired = 0xD6;

[[gnu::cold, gnu::noinline]] void NTAPI stop_for_tag(std::uint64_t kind, IO_REMOVE_LOCK* lock, PVOID tag) {
  machine::Machine::current().bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, kind, reinterpret_cast<std::uint64_t>(lock),
                                        reinterpret_cast<std::uint64_t>(tag), 0,
                                        "a remove lock is released with a tag that nobody acquired it with");
}

[[gnu::cold, gnu::noinline]] void NTAPI stop_for_count(IO_REMOVE_LOCK* lock, PVOID tag) {
  stop_for_tag(kReleasedTagNeverAcquired, lock, tag);
}

/// The checked part of a lock, whose holders we keep by tag. Null for a free driver's lock.
bool tracks(ULONG size) {
  return size >= sizeof(CheckedRemoveLock);
}

[[gnu::noinline]] void NTAPI note_holder(IO_REMOVE_LOCK* lock, PVOID tag, const CHAR* file, ULONG line) {
  state().remove_lock_holders.push_back({lock, tag, file, line});
}

[[gnu::noinline]] void NTAPI drop_holder(IO_REMOVE_LOCK* lock, PVOID tag, std::uint64_t kind) {
  auto& holders = state().remove_lock_holders;
  for (auto at = holders.rbegin(); at != holders.rend(); ++at) {
    if (at->lock != lock || at->tag != tag) continue;
    holders.erase(std::next(at).base());
    return;
  }
  stop_for_tag(kind, lock, tag);
}

[[gnu::noinline]] void NTAPI let_remover_go(IO_REMOVE_LOCK* lock) {
  KeSetEvent(&lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}

/// One processor runs at a time, so plain arithmetic is atomic here.
[[gnu::always_inline]] inline LONG add(IO_REMOVE_LOCK* lock, LONG delta) {
  LONG count = lock->Common.IoCount + delta;
  lock->Common.IoCount = count;
  return count;
}

[[gnu::always_inline]] inline void release(IO_REMOVE_LOCK* lock, PVOID tag) {
  LONG count = add(lock, -1);
  if (count < 0) [[unlikely]]
    return stop_for_count(lock, tag);
  if (count == 0) [[unlikely]]
    let_remover_go(lock);
}

}  // namespace

void NTAPI IoInitializeRemoveLockEx(IO_REMOVE_LOCK* Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
                                    ULONG HighWatermark, ULONG RemlockSize) {
  auto& holders = state().remove_lock_holders;
  std::erase_if(holders, [&](const RemoveLockHolder& holder) { return holder.lock == Lock; });
  Lock->Common.Removed = FALSE;
  Lock->Common.IoCount = 1;
  KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
  if (!tracks(RemlockSize)) return;
  IO_REMOVE_LOCK_DBG_BLOCK& checked = reinterpret_cast<CheckedRemoveLock*>(Lock)->Dbg;
  checked = {};
  checked.Signature = 0x4C4D4552;  // "REML"
  checked.HighWatermark = HighWatermark;
  checked.MaxLockedTicks = static_cast<LONGLONG>(MaxLockedMinutes) * 60 * 64;
  checked.AllocateTag = static_cast<LONG>(AllocateTag);
  InitializeListHead(&checked.LockList);
}

NTSTATUS NTAPI IoAcquireRemoveLockEx(IO_REMOVE_LOCK* RemoveLock, PVOID Tag, const CHAR* File, ULONG Line,
                                     ULONG RemlockSize) {
  add(RemoveLock, 1);
  if (RemoveLock->Common.Removed != FALSE) [[unlikely]] {
    if (add(RemoveLock, -1) == 0) let_remover_go(RemoveLock);
    return STATUS_DELETE_PENDING;
  }
  if (tracks(RemlockSize) || state().track_remove_locks) [[unlikely]]
    note_holder(RemoveLock, Tag, File, Line);
  return STATUS_SUCCESS;
}

void NTAPI IoReleaseRemoveLockEx(IO_REMOVE_LOCK* RemoveLock, PVOID Tag, ULONG RemlockSize) {
  if (tracks(RemlockSize) || state().track_remove_locks) [[unlikely]]
    drop_holder(RemoveLock, Tag, kReleasedTagNeverAcquired);
  release(RemoveLock, Tag);
}

void NTAPI IoReleaseRemoveLockAndWaitEx(IO_REMOVE_LOCK* RemoveLock, PVOID Tag, ULONG RemlockSize) {
  if (tracks(RemlockSize) || state().track_remove_locks) drop_holder(RemoveLock, Tag, kWaitTagNeverAcquired);
  RemoveLock->Common.Removed = TRUE;
  add(RemoveLock, -1);  // the caller's own, then the device's
  if (add(RemoveLock, -1) > 0)
    KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, nullptr);
  if (RemoveLock->Common.IoCount < 0) stop_for_tag(kWaitTagNeverAcquired, RemoveLock, Tag);
}

std::vector<RemoveLockHolder> remove_lock_holders(const IO_REMOVE_LOCK* lock) {
  std::vector<RemoveLockHolder> result;
  for (const RemoveLockHolder& holder : state().remove_lock_holders)
    if (holder.lock == lock) result.push_back(holder);
  return result;
}

}  // namespace drydock::ntos::io
