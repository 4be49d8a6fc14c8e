#include "ntos/io/work_item.h"

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "nt/status.h"
#include "ntos/ex/work_queue.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::nt {

struct IO_WORKITEM {
  WORK_QUEUE_ITEM WorkItem;
  PIO_WORKITEM_ROUTINE Routine;
  PIO_WORKITEM_ROUTINE_EX RoutineEx;
  PVOID IoObject;
  PVOID Context;
  ULONG Queued;
};

}  // namespace drydock::nt

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagWorkItem = 0x74776F49;  // "Iowt"
constexpr std::uint64_t kQueuedTwice = 1, kQueuedItemFreed = 2, kBadObject = 3;

[[noreturn]] void stop(std::uint64_t kind, IO_WORKITEM* item, const char* sentence) {
  machine::Machine::current().bug_check(WORKER_INVALID, kind, reinterpret_cast<std::uint64_t>(item), 0, 0, sentence);
}

/// Runs in a system worker. The item is free for reuse, or may be freed, from before its routine starts.
void NTAPI run(PVOID parameter) {
  auto* item = static_cast<IO_WORKITEM*>(parameter);
  IO_WORKITEM copy = *item;
  item->Queued = 0;
  if (copy.RoutineEx != nullptr)
    machine::call_driver(copy.RoutineEx, copy.IoObject, copy.Context, item);
  else
    machine::call_driver(copy.Routine, static_cast<DEVICE_OBJECT*>(copy.IoObject), copy.Context);
  ob::dereference(copy.IoObject);
}

void queue(IO_WORKITEM* item, PIO_WORKITEM_ROUTINE routine, PIO_WORKITEM_ROUTINE_EX routine_ex, WORK_QUEUE_TYPE type,
           PVOID context) {
  if (item->Queued != 0) stop(kQueuedTwice, item, "IoQueueWorkItem of a work item that is queued already");
  item->Queued = 1;
  item->Routine = routine;
  item->RoutineEx = routine_ex;
  item->Context = context;
  ob::reference(item->IoObject);
  ExInitializeWorkItem(&item->WorkItem, run, item);
  ExQueueWorkItem(&item->WorkItem, type);
}

}  // namespace

ULONG NTAPI IoSizeofWorkItem() {
  return sizeof(IO_WORKITEM);
}

void NTAPI IoInitializeWorkItem(PVOID IoObject, IO_WORKITEM* IoWorkItem) {
  ob::Type type = ob::type_of(IoObject);
  *IoWorkItem = {};
  if (type != ob::Type::Device && type != ob::Type::Driver)
    stop(kBadObject, IoWorkItem, "a work item is initialised with what is neither a device nor a driver object");
  IoWorkItem->IoObject = IoObject;
}

IO_WORKITEM* NTAPI IoAllocateWorkItem(DEVICE_OBJECT* DeviceObject) {
  if (machine::refused("IoAllocateWorkItem")) return nullptr;
  auto* item = static_cast<IO_WORKITEM*>(kernel_allocate(sizeof(IO_WORKITEM), kTagWorkItem));
  if (item != nullptr) IoInitializeWorkItem(DeviceObject, item);
  return item;
}

void NTAPI IoUninitializeWorkItem(IO_WORKITEM* IoWorkItem) {
  if (IoWorkItem->Queued != 0) stop(kQueuedItemFreed, IoWorkItem, "a work item is freed while it is queued");
}

void NTAPI IoFreeWorkItem(IO_WORKITEM* IoWorkItem) {
  IoUninitializeWorkItem(IoWorkItem);
  kernel_free(IoWorkItem);
}

void NTAPI IoQueueWorkItem(IO_WORKITEM* IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                           PVOID Context) {
  queue(IoWorkItem, WorkerRoutine, nullptr, QueueType, Context);
}

void NTAPI IoQueueWorkItemEx(IO_WORKITEM* IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                             PVOID Context) {
  queue(IoWorkItem, nullptr, WorkerRoutine, QueueType, Context);
}

BOOLEAN NTAPI IoTryQueueWorkItem(IO_WORKITEM* IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                                 WORK_QUEUE_TYPE QueueType, PVOID Context) {
  if (IoWorkItem->Queued != 0) return FALSE;
  queue(IoWorkItem, nullptr, WorkerRoutine, QueueType, Context);
  return TRUE;
}

}  // namespace drydock::ntos::io
