#pragma once
// Device queues: an entry goes in only while the device is busy; taking the last one out makes it idle.
// IRQL: DISPATCH_LEVEL.

#include "nt/dispatcher.h"

namespace drydock::ntos {

using namespace nt;

VOID NTAPI KeInitializeDeviceQueue(KDEVICE_QUEUE* queue);
/// FALSE, and the queue busy, if the device was idle: the caller starts the request itself.
BOOLEAN NTAPI KeInsertDeviceQueue(KDEVICE_QUEUE* queue, KDEVICE_QUEUE_ENTRY* entry);
BOOLEAN NTAPI KeInsertByKeyDeviceQueue(KDEVICE_QUEUE* queue, KDEVICE_QUEUE_ENTRY* entry, ULONG key);
KDEVICE_QUEUE_ENTRY* NTAPI KeRemoveDeviceQueue(KDEVICE_QUEUE* queue);
/// The first entry with a key of at least `key`, else the first.
KDEVICE_QUEUE_ENTRY* NTAPI KeRemoveByKeyDeviceQueue(KDEVICE_QUEUE* queue, ULONG key);
KDEVICE_QUEUE_ENTRY* NTAPI KeRemoveByKeyDeviceQueueIfBusy(KDEVICE_QUEUE* queue, ULONG key);
BOOLEAN NTAPI KeRemoveEntryDeviceQueue(KDEVICE_QUEUE* queue, KDEVICE_QUEUE_ENTRY* entry);

}  // namespace drydock::ntos
