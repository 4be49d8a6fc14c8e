// WDFSPINLOCK and WDFWAITLOCK.

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/driver.h"
#include "wdf/functions.h"
#include "wdf/kernel.h"
#include "wdf/misuse.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;

namespace {

class SpinLock final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::SpinLock;
  explicit SpinLock(Client& client) : Object(kType, client) {
    KeInitializeSpinLock(&lock_);
    if (client.host) section_ = std::make_unique<CallbackLock>(true);
  }
  void owner_died() override {
    if (section_) section_->abandon();
  }

  void acquire() {
    if (owner_ && owner_ == &machine::current_thread())
      stop(Violation::RecursiveLock, "lock-misuse",
           fmt::format("{} is acquired by the thread that holds it: a deadlock", name()),
           reinterpret_cast<std::uint64_t>(handle()));
    if (section_)
      section_->acquire();
    else
      irql_ = KeAcquireSpinLockRaiseToDpc(&lock_);
    owner_ = &machine::current_thread();
  }
  void release() {
    // WDF-440: only the framework's verifier looks who holds it; the kernel's lock has its own opinion of one not held.
    if (owner_ != &machine::current_thread() && framework().settings.verifier)
      stop(Violation::InvalidLockOperation, "lock-misuse",
           fmt::format("{} is released by a thread that does not hold it", name()),
           reinterpret_cast<std::uint64_t>(handle()), 1);
    const void* owner = std::exchange(owner_, nullptr);
    if (!section_) return KeReleaseSpinLock(&lock_, irql_);
    if (owner) section_->release();
  }

 private:
  KSPIN_LOCK lock_{};
  std::unique_ptr<CallbackLock> section_;  ///< a user-mode driver's: it stays at PASSIVE_LEVEL (WDF-420)
  KIRQL irql_ = 0;
  const void* owner_ = nullptr;
};

class WaitLock final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::WaitLock;
  explicit WaitLock(Client& client) : Object(kType, client) { KeInitializeEvent(&free_, SynchronizationEvent, TRUE); }

  void owner_died() override {
    died_ = true;
    KeSetEvent(&free_, 0, FALSE);
  }

  NTSTATUS acquire(LONGLONG* timeout) {
    if (died_) return STATUS_SUCCESS;
    if (owner_ && owner_ == &machine::current_thread() && !timeout)
      stop(Violation::RecursiveLock, "lock-misuse",
           fmt::format("{} is acquired by the thread that holds it: a deadlock", name()),
           reinterpret_cast<std::uint64_t>(handle()));
    if (!client().host) KeEnterCriticalRegion();
    LARGE_INTEGER until{};
    if (timeout) until.QuadPart = *timeout;
    const NTSTATUS status = KeWaitForSingleObject(&free_, Executive, KernelMode, FALSE, timeout ? &until : nullptr);
    if (died_) KeSetEvent(&free_, 0, FALSE);  // the next one
    if (status != STATUS_SUCCESS) {
      if (!client().host) KeLeaveCriticalRegion();
      return status;
    }
    owner_ = &machine::current_thread();
    return status;
  }
  void release() {
    if (owner_ != &machine::current_thread())
      record("WDF-440", "lock-misuse", fmt::format("{} is released by a thread that does not hold it", name()));
    owner_ = nullptr;
    KeSetEvent(&free_, 0, FALSE);
    if (!client().host) KeLeaveCriticalRegion();
  }

 private:
  KEVENT free_;
  bool died_ = false;
  const void* owner_ = nullptr;
};

}  // namespace

NTSTATUS NTAPI WdfSpinLockCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_OBJECT_ATTRIBUTES* SpinLockAttributes,
                                 WDFSPINLOCK* Lock) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Lock, "WdfSpinLockCreate's SpinLock");
  *Lock = nullptr;
  if (const NTSTATUS status = check_attributes(SpinLockAttributes); !NT_SUCCESS(status)) return status;
  return commit_new(std::make_unique<SpinLock>(client), SpinLockAttributes, Lock);
}

VOID NTAPI WdfSpinLockAcquire(WDF_DRIVER_GLOBALS*, WDFSPINLOCK Lock) {
  object_as<SpinLock>(Lock).acquire();
}

VOID NTAPI WdfSpinLockRelease(WDF_DRIVER_GLOBALS*, WDFSPINLOCK Lock) {
  object_as<SpinLock>(Lock).release();
}

NTSTATUS NTAPI WdfWaitLockCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_OBJECT_ATTRIBUTES* LockAttributes,
                                 WDFWAITLOCK* Lock) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Lock, "WdfWaitLockCreate's Lock");
  *Lock = nullptr;
  if (const NTSTATUS status = check_attributes(LockAttributes); !NT_SUCCESS(status)) return status;
  return commit_new(std::make_unique<WaitLock>(client), LockAttributes, Lock);
}

/// Units: 100 ns, negative counts from now; null waits for ever. STATUS_TIMEOUT.
NTSTATUS NTAPI WdfWaitLockAcquire(WDF_DRIVER_GLOBALS*, WDFWAITLOCK Lock, LONGLONG* Timeout) {
  return object_as<WaitLock>(Lock).acquire(Timeout);
}

VOID NTAPI WdfWaitLockRelease(WDF_DRIVER_GLOBALS*, WDFWAITLOCK Lock) {
  object_as<WaitLock>(Lock).release();
}

// clang-format off
const image::ExportFamily kLockApi{kFrameworkModule, {
    // name                  entry                caller's IRQL
    {"WdfSpinLockCreate",    WdfSpinLockCreate,   at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfSpinLockAcquire",   WdfSpinLockAcquire,  at_most(DISPATCH_LEVEL)},
    {"WdfSpinLockRelease",   WdfSpinLockRelease,  at_most(DISPATCH_LEVEL)},
    {"WdfWaitLockCreate",    WdfWaitLockCreate,   at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfWaitLockAcquire",   WdfWaitLockAcquire,  at_most(DISPATCH_LEVEL)},
    {"WdfWaitLockRelease",   WdfWaitLockRelease,  at_most(DISPATCH_LEVEL)},
}, "wdf/lock"};
// clang-format on

}  // namespace drydock::wdf
