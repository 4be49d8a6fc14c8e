#include "wdf/deferred.h"

#include "wdf/kernel.h"

namespace drydock::wdf {

namespace {

struct Work {
  WORK_QUEUE_ITEM item{};
  std::function<void()> routine;
};

void NTAPI run(PVOID parameter) {
  auto* work = static_cast<Work*>(parameter);
  work->routine();
  delete work;
}

}  // namespace

void at_passive_level(std::function<void()> routine) {
  auto* work = new Work{.routine = std::move(routine)};
  ExInitializeWorkItem(&work->item, run, work);
  ExQueueWorkItem(&work->item, CriticalWorkQueue);
}

}  // namespace drydock::wdf
