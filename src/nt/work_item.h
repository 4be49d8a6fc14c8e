#pragma once
// Work items: routines for a system worker thread.

#include "nt/base.h"
#include "nt/device_object.h"
#include "nt/list.h"

namespace drydock::nt {

enum WORK_QUEUE_TYPE : LONG {
  CriticalWorkQueue,
  DelayedWorkQueue,
  HyperCriticalWorkQueue,
  NormalWorkQueue,
  BackgroundWorkQueue,
  RealTimeWorkQueue,
  SuperCriticalWorkQueue,
  MaximumWorkQueue,
  CustomPriorityWorkQueue = 32
};

using PWORKER_THREAD_ROUTINE = VOID(NTAPI*)(PVOID Parameter);

struct WORK_QUEUE_ITEM {
  LIST_ENTRY List;
  PWORKER_THREAD_ROUTINE WorkerRoutine;
  PVOID volatile Parameter;
};
static_assert(sizeof(WORK_QUEUE_ITEM) == 0x20 && offsetof(WORK_QUEUE_ITEM, WorkerRoutine) == 0x10);
using PWORK_QUEUE_ITEM = WORK_QUEUE_ITEM*;

inline void ExInitializeWorkItem(WORK_QUEUE_ITEM* item, PWORKER_THREAD_ROUTINE routine, PVOID context) {
  item->WorkerRoutine = routine;
  item->Parameter = context;
  item->List.Flink = nullptr;
}

// Opaque to drivers; they embed it only through IoSizeofWorkItem.
struct IO_WORKITEM;
using PIO_WORKITEM = IO_WORKITEM*;
using PIO_WORKITEM_ROUTINE = VOID(NTAPI*)(DEVICE_OBJECT* DeviceObject, PVOID Context);
using PIO_WORKITEM_ROUTINE_EX = VOID(NTAPI*)(PVOID IoObject, PVOID Context, IO_WORKITEM* IoWorkItem);

}  // namespace drydock::nt
