#include "wdf/deferred_objects.h"

#include "wdf/callback.h"
#include "wdf/kernel.h"
#include "wdf/serialization.h"

namespace drydock::wdf {

// ---- WorkerCallback ----

WorkerCallback::WorkerCallback(Object& owner) : owner_(owner) {
  KeInitializeEvent(&idle_, NotificationEvent, TRUE);
  ExInitializeWorkItem(&item_, run, this);
}

bool WorkerCallback::queue() {
  if (queued_) return false;
  queued_ = true;
  KeClearEvent(&idle_);
  owner_.reference();
  // While it runs it is queued again by itself, when it is done: one object is never in two workers.
  if (!running_) ExQueueWorkItem(&item_, DelayedWorkQueue);
  return true;
}

void NTAPI WorkerCallback::run(PVOID context) {
  auto& worker = *static_cast<WorkerCallback*>(context);
  worker.queued_ = false;
  worker.running_ = true;
  worker.runner_ = &machine::current_thread();
  worker.routine();
  worker.running_ = false;
  worker.runner_ = nullptr;
  if (worker.queued_)
    ExQueueWorkItem(&worker.item_, DelayedWorkQueue);
  else
    KeSetEvent(&worker.idle_, 0, FALSE);
  worker.owner_.dereference();
}

void WorkerCallback::flush() {
  if (runner_ == &machine::current_thread()) return;
  KeWaitForSingleObject(&idle_, Executive, KernelMode, FALSE, nullptr);
}

// ---- WorkItem ----

WorkItem::WorkItem(Client& client, PFN_WDF_WORKITEM callback)
    : Object(kType, client), worker(*this), callback_(callback) {
  worker.routine = [this] {
    Serialized serialized(lock);
    call_driver(callback_, handle_as<WDFWORKITEM>());
  };
}

// ---- Dpc ----

Dpc::Dpc(Client& client, PFN_WDF_DPC callback) : Object(kType, client), callback_(callback) {
  KeInitializeDpc(&dpc, run, this);
}

void NTAPI Dpc::run(KDPC*, PVOID context, PVOID, PVOID) {
  auto& dpc = *static_cast<Dpc*>(context);
  Serialized serialized(dpc.lock);
  call_driver(dpc.callback_, dpc.handle_as<WDFDPC>());
}

void Dpc::run_down() {
  KeFlushQueuedDpcs();
}

// ---- Timer ----

Timer::Timer(Client& client, const WDF_TIMER_CONFIG& config, bool passive)
    : Object(kType, client),
      callback_(config.EvtTimerFunc),
      period_ms_(static_cast<LONG>(config.Period)),
      tolerance_ms_(config.TolerableDelay == ~0u ? 0 : config.TolerableDelay),
      passive_(passive),
      worker_(*this) {
  KeInitializeTimerEx(&timer_, NotificationTimer);
  KeInitializeDpc(&dpc_, run, this);
  worker_.routine = [this] { call(); };
}

void Timer::call() {
  caller_ = &machine::current_thread();
  {
    Serialized serialized(lock);
    call_driver(callback_, handle_as<WDFTIMER>());
  }
  caller_ = nullptr;
}

void NTAPI Timer::run(KDPC*, PVOID context, PVOID, PVOID) {
  auto& timer = *static_cast<Timer*>(context);
  if (timer.passive_)
    timer.worker_.queue();
  else
    timer.call();
}

bool Timer::start(LONGLONG due_100ns) {
  LARGE_INTEGER due{};
  due.QuadPart = due_100ns;
  return KeSetCoalescableTimer(&timer_, due, static_cast<ULONG>(period_ms_), tolerance_ms_, &dpc_);
}

bool Timer::stop(bool wait) {
  const bool was_set = KeCancelTimer(&timer_);
  if (wait && caller_ != &machine::current_thread()) {
    KeFlushQueuedDpcs();
    worker_.flush();
  }
  return was_set;
}

void Timer::run_down() {
  stop(true);
}

}  // namespace drydock::wdf
