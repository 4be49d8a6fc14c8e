#include "ntos/ke/device_queue.h"

namespace drydock::ntos {

namespace {

KDEVICE_QUEUE_ENTRY* entry_at(LIST_ENTRY* link) {
  return NT_CONTAINING_RECORD(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
}

KDEVICE_QUEUE_ENTRY* take(KDEVICE_QUEUE_ENTRY* entry) {
  RemoveEntryList(&entry->DeviceListEntry);
  entry->Inserted = FALSE;
  return entry;
}

BOOLEAN insert_before(KDEVICE_QUEUE* queue, LIST_ENTRY* place, KDEVICE_QUEUE_ENTRY* entry) {
  if (queue->Busy == FALSE) {
    queue->Busy = TRUE;
    entry->Inserted = FALSE;
    return FALSE;
  }
  InsertTailList(place, &entry->DeviceListEntry);
  entry->Inserted = TRUE;
  return TRUE;
}

LIST_ENTRY* first_from(KDEVICE_QUEUE* queue, ULONG key) {
  LIST_ENTRY* link = queue->DeviceListHead.Flink;
  while (link != &queue->DeviceListHead && entry_at(link)->SortKey < key) link = link->Flink;
  return link;
}

}  // namespace

VOID NTAPI KeInitializeDeviceQueue(KDEVICE_QUEUE* queue) {
  queue->Type = DeviceQueueObject;
  queue->Size = sizeof(KDEVICE_QUEUE);
  InitializeListHead(&queue->DeviceListHead);
  queue->Lock = 0;
  queue->Busy = FALSE;
}

BOOLEAN NTAPI KeInsertDeviceQueue(KDEVICE_QUEUE* queue, KDEVICE_QUEUE_ENTRY* entry) {
  return insert_before(queue, &queue->DeviceListHead, entry);
}

BOOLEAN NTAPI KeInsertByKeyDeviceQueue(KDEVICE_QUEUE* queue, KDEVICE_QUEUE_ENTRY* entry, ULONG key) {
  entry->SortKey = key;
  // Behind those of the same key.
  LIST_ENTRY* place = queue->DeviceListHead.Flink;
  while (place != &queue->DeviceListHead && entry_at(place)->SortKey <= key) place = place->Flink;
  return insert_before(queue, place, entry);
}

KDEVICE_QUEUE_ENTRY* NTAPI KeRemoveDeviceQueue(KDEVICE_QUEUE* queue) {
  if (IsListEmpty(&queue->DeviceListHead)) {
    queue->Busy = FALSE;
    return nullptr;
  }
  return take(entry_at(queue->DeviceListHead.Flink));
}

KDEVICE_QUEUE_ENTRY* NTAPI KeRemoveByKeyDeviceQueue(KDEVICE_QUEUE* queue, ULONG key) {
  LIST_ENTRY* link = first_from(queue, key);
  return link == &queue->DeviceListHead ? KeRemoveDeviceQueue(queue) : take(entry_at(link));
}

KDEVICE_QUEUE_ENTRY* NTAPI KeRemoveByKeyDeviceQueueIfBusy(KDEVICE_QUEUE* queue, ULONG key) {
  return queue->Busy == FALSE ? nullptr : KeRemoveByKeyDeviceQueue(queue, key);
}

BOOLEAN NTAPI KeRemoveEntryDeviceQueue(KDEVICE_QUEUE*, KDEVICE_QUEUE_ENTRY* entry) {
  if (entry->Inserted == FALSE) return FALSE;
  take(entry);
  return TRUE;
}

}  // namespace drydock::ntos
