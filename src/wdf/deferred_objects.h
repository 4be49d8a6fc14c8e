#pragma once
// WDFTIMER, WDFDPC and WDFWORKITEM: callbacks that come later, and are run down before their object goes (WDF-352).

#include <functional>

#include "wdf/kernel.h"
#include "wdf/object.h"

namespace drydock::wdf {

/// Counts a callback's runs at PASSIVE_LEVEL and lets others wait until none is queued or running.
class WorkerCallback {
 public:
  explicit WorkerCallback(Object& owner);
  /// False if it is queued already.
  bool queue();
  /// Waits until it neither waits nor runs. IRQL: PASSIVE_LEVEL. Returns at once inside the callback itself.
  void flush();

  std::function<void()> routine;

 private:
  static void NTAPI run(PVOID context);
  Object& owner_;
  WORK_QUEUE_ITEM item_{};
  KEVENT idle_;
  bool queued_ = false;
  bool running_ = false;
  const void* runner_ = nullptr;
};

class WorkItem final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::WorkItem;
  WorkItem(Client& client, PFN_WDF_WORKITEM callback);
  void run_down() override { worker.flush(); }

  CallbackLock* lock = nullptr;
  WorkerCallback worker;

 private:
  PFN_WDF_WORKITEM callback_;
};

class Dpc final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Dpc;
  Dpc(Client& client, PFN_WDF_DPC callback);
  void run_down() override;
  bool enqueue() { return KeInsertQueueDpc(&dpc, nullptr, nullptr); }

  CallbackLock* lock = nullptr;
  KDPC dpc{};

 private:
  static void NTAPI run(KDPC*, PVOID context, PVOID, PVOID);
  PFN_WDF_DPC callback_;
};

class Timer final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Timer;
  Timer(Client& client, const WDF_TIMER_CONFIG& config, bool passive);
  void run_down() override;
  bool start(LONGLONG due_100ns);
  bool stop(bool wait);

  CallbackLock* lock = nullptr;

 private:
  static void NTAPI run(KDPC*, PVOID context, PVOID, PVOID);
  void call();

  PFN_WDF_TIMER callback_;
  LONG period_ms_;
  ULONG tolerance_ms_;
  bool passive_;
  KTIMER timer_;
  KDPC dpc_{};
  WorkerCallback worker_;
  const void* caller_ = nullptr;  ///< the thread inside the callback
};

}  // namespace drydock::wdf
