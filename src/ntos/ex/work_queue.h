#pragma once
// Work items and the system threads that run them.

#include "nt/work_item.h"

namespace drydock::ntos {

using namespace nt;

/// IRQL: at most DISPATCH_LEVEL. Ownership: `item` is the system's until its routine is called, the driver's from then
/// on. Queueing it twice, or with a routine that is no code, is WORKER_INVALID.
VOID NTAPI ExQueueWorkItem(WORK_QUEUE_ITEM* item, WORK_QUEUE_TYPE type);

namespace ex {

/// A queued item in [start, start + bytes) or whose routine lies there; null if none. For memory that goes away.
const WORK_QUEUE_ITEM* work_item_in(const void* start, std::size_t bytes);

}  // namespace ex

}  // namespace drydock::ntos
