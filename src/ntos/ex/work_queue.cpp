#include "ntos/ex/work_queue.h"

#include <fmt/format.h>

#include "image/loader.h"
#include "machine/gs.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "ntos/ex/state.h"
#include "ntos/ke/event.h"
#include "ntos/ke/state.h"
#include "ntos/ke/wait.h"
#include "ntos/kernel.h"
#include "ntos/ps/thread.h"

namespace drydock::ntos {

namespace ex {

namespace {

struct Kind {
  const char* name;
  int priority;
  unsigned workers_max;
};
constexpr Kind kKinds[kWorkQueues] = {
    {"critical worker", 13, 3}, {"delayed worker", 12, 3}, {"hyper-critical worker", 15, 1}};

unsigned index_of(WORK_QUEUE_TYPE type) {
  switch (type) {
    case CriticalWorkQueue:
      return 0;
    case HyperCriticalWorkQueue:
    case RealTimeWorkQueue:
    case SuperCriticalWorkQueue:
      return 2;
    default:
      return 1;
  }
}

std::uint64_t number(const void* address) {
  return reinterpret_cast<std::uint64_t>(address);
}

/// Windows looks at it under Driver Verifier only, and has published no number for it.
void report_affinity(const machine::Thread& thread, KAFFINITY before) {
  const std::uint64_t instruction = kernel().ke->affinity_changes[&thread];
  machine::Finding finding;
  finding.rule = "worker-affinity-changed";
  finding.severity = machine::Severity::Recorded;
  finding.summary = fmt::format(
      "a work item's routine leaves its worker with affinity {:#x}, not {:#x} as it came: {} changed it, and whatever "
      "runs on this thread next is held to those processors",
      thread.affinity, before, image::Images::current().symbol_at(instruction));
  machine::Machine::current().report(std::move(finding));
}

void run(WORK_QUEUE_ITEM* item) {
  auto& machine = machine::Machine::current();
  machine::Thread& thread = machine::current_thread();
  auto routine = item->WorkerRoutine;
  void* parameter = item->Parameter;
  item->List.Flink = nullptr;
  const KAFFINITY affinity = thread.affinity;
  machine::call_driver(routine, parameter);
  auto* code = reinterpret_cast<const void*>(routine);
  if (machine::current_irql() != PASSIVE_LEVEL)
    machine.bug_check(WORKER_THREAD_RETURNED_AT_BAD_IRQL, number(code), machine::current_irql(), number(parameter),
                      number(item), fmt::format("a work item's routine returned at IRQL {}", machine::current_irql()));
  if (thread.kernel_apc_disable != 0 || thread.special_apc_disable != 0)
    machine.bug_check(APC_INDEX_MISMATCH, number(code), 0,
                      static_cast<std::uint32_t>(thread.special_apc_disable) << 16 |
                          static_cast<std::uint32_t>(thread.kernel_apc_disable),
                      1, "a work item's routine left a critical or guarded region entered");
  if (thread.affinity != affinity) report_affinity(thread, affinity);
}

void work(WorkQueue& queue) {
  for (;;) {
    ke::wait_for_one(&queue.arrived->Header, "for work");
    if (queue.items.empty()) continue;
    WORK_QUEUE_ITEM* item = queue.items.front();
    queue.items.pop_front();
    ++queue.busy;
    run(item);
    --queue.busy;
  }
}

}  // namespace

const WORK_QUEUE_ITEM* work_item_in(const void* start, std::size_t bytes) {
  auto inside = [&](const void* address) { return number(address) - number(start) < bytes; };
  for (const WorkQueue& queue : kernel().ex->work_queues)
    for (const WORK_QUEUE_ITEM* item : queue.items)
      if (inside(item) || inside(reinterpret_cast<const void*>(item->WorkerRoutine))) return item;
  return nullptr;
}

}  // namespace ex

VOID NTAPI ExQueueWorkItem(WORK_QUEUE_ITEM* item, WORK_QUEUE_TYPE type) {
  auto& machine = machine::Machine::current();
  if (type < CriticalWorkQueue || (type >= MaximumWorkQueue && type < CustomPriorityWorkQueue))
    machine.bug_check(WORKER_INVALID, 6, ex::number(item), type, 0,
                      fmt::format("there is no work queue {}", static_cast<int>(type)));
  if (item->List.Flink != nullptr)
    machine.bug_check(WORKER_INVALID, 1, ex::number(item), type, 0, "a work item is queued that is queued already");
  if (item->WorkerRoutine == nullptr)
    machine.bug_check(WORKER_INVALID, 7, ex::number(item), 0, 0, "a work item is queued without a routine");
  unsigned index = ex::index_of(type);
  ex::WorkQueue& queue = kernel().ex->work_queues[index];
  item->List.Flink = item->List.Blink = &item->List;
  queue.items.push_back(item);
  if (queue.arrived == nullptr) {
    queue.arrived = new KSEMAPHORE;
    KeInitializeSemaphore(queue.arrived, 0, 0x7FFFFFFF);
  }
  // A worker that blocks must not hold up the others' items.
  const ex::Kind& kind = ex::kKinds[index];
  if (queue.workers < kind.workers_max && queue.workers - queue.busy < queue.items.size()) {
    ++queue.workers;
    ps::create_system_thread(
        fmt::format("{} {}", kind.name, queue.workers), [&queue] { ex::work(queue); }, kind.priority);
  }
  KeReleaseSemaphore(queue.arrived, 0, 1, FALSE);
}

}  // namespace drydock::ntos
