#pragma once
// I/O work items: routines for a system worker that keep their device or driver object alive.

#include "nt/work_item.h"

namespace drydock::ntos::io {
using namespace nt;

/// IRQL: at most DISPATCH_LEVEL. Null if memory is short.
IO_WORKITEM* NTAPI IoAllocateWorkItem(DEVICE_OBJECT* DeviceObject);
/// WORKER_INVALID if it is queued.
void NTAPI IoFreeWorkItem(IO_WORKITEM* IoWorkItem);
ULONG NTAPI IoSizeofWorkItem();
void NTAPI IoInitializeWorkItem(PVOID IoObject, IO_WORKITEM* IoWorkItem);
void NTAPI IoUninitializeWorkItem(IO_WORKITEM* IoWorkItem);
/// WORKER_INVALID if it is queued already. The routine may free the item.
void NTAPI IoQueueWorkItem(IO_WORKITEM* IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                           PVOID Context);
void NTAPI IoQueueWorkItemEx(IO_WORKITEM* IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                             PVOID Context);
BOOLEAN NTAPI IoTryQueueWorkItem(IO_WORKITEM* IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                                 WORK_QUEUE_TYPE QueueType, PVOID Context);

}  // namespace drydock::ntos::io
