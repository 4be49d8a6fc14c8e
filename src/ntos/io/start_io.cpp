#include "ntos/io/start_io.h"

#include "machine/machine.h"
#include "ntos/io/device.h"
#include "ntos/io/irp.h"
#include "ntos/ke/device_queue.h"

namespace drydock::ntos::io {

namespace {

// DeviceExtension.StartIoFlags
constexpr ULONG kDeferred = 1;
constexpr ULONG kNonCancelable = 2;
constexpr ULONG kNextWanted = 4;
constexpr ULONG kNextByKey = 8;
constexpr ULONG kNextCancelable = 16;

void call_start_io(DEVICE_OBJECT* device, IRP* irp) {
  machine::call_driver(device->DriverObject->DriverStartIo, device, irp);
}

/// Takes the next packet off the queue and starts it.
void start_next(DEVICE_OBJECT* device, bool cancelable, bool by_key, ULONG key) {
  KIRQL irql = PASSIVE_LEVEL;
  if (cancelable) IoAcquireCancelSpinLock(&irql);
  device->CurrentIrp = nullptr;
  KDEVICE_QUEUE_ENTRY* entry =
      by_key ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, key) : KeRemoveDeviceQueue(&device->DeviceQueue);
  if (entry == nullptr) {
    if (cancelable) IoReleaseCancelSpinLock(irql);
    return;
  }
  IRP* irp = NT_CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry);
  device->CurrentIrp = irp;
  if (cancelable) {
    if ((extension_of(device)->StartIoFlags & kNonCancelable) != 0) irp->CancelRoutine = nullptr;
    IoReleaseCancelSpinLock(irql);
  }
  call_start_io(device, irp);
}

/// With deferred StartIo, a StartIo that asks for the next packet gets it after it has returned.
void next_packet(DEVICE_OBJECT* device, bool cancelable, bool by_key, ULONG key) {
  DeviceExtension* extension = extension_of(device);
  if ((extension->StartIoFlags & kDeferred) == 0) return start_next(device, cancelable, by_key, key);
  if (++extension->StartIoCount > 1) {
    extension->StartIoFlags |= kNextWanted | (by_key ? kNextByKey : 0) | (cancelable ? kNextCancelable : 0);
    extension->StartIoKey = static_cast<LONG>(key);
    return;
  }
  for (;;) {
    start_next(device, cancelable, by_key, key);
    if (--extension->StartIoCount == 0) return;
    ULONG wanted = extension->StartIoFlags;
    extension->StartIoFlags &= ~(kNextWanted | kNextByKey | kNextCancelable);
    cancelable = (wanted & kNextCancelable) != 0;
    by_key = (wanted & kNextByKey) != 0;
    key = static_cast<ULONG>(extension->StartIoKey);
  }
}

}  // namespace

void initialise_device_queue(KDEVICE_QUEUE* queue) {
  KeInitializeDeviceQueue(queue);
}

void NTAPI IoStartPacket(DEVICE_OBJECT* DeviceObject, IRP* Irp, ULONG* Key, PDRIVER_CANCEL CancelFunction) {
  KIRQL irql = machine::raise_irql(DISPATCH_LEVEL);
  KIRQL cancel_irql = DISPATCH_LEVEL;
  if (CancelFunction != nullptr) {
    IoAcquireCancelSpinLock(&cancel_irql);
    Irp->CancelRoutine = CancelFunction;
  }
  KDEVICE_QUEUE_ENTRY* entry = &Irp->Tail.Overlay.DeviceQueueEntry;
  BOOLEAN queued = Key != nullptr ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, entry, *Key)
                                  : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, entry);
  if (queued == FALSE) {
    DeviceObject->CurrentIrp = Irp;
    if (CancelFunction != nullptr) {
      if ((extension_of(DeviceObject)->StartIoFlags & kNonCancelable) != 0) Irp->CancelRoutine = nullptr;
      IoReleaseCancelSpinLock(cancel_irql);
    }
    call_start_io(DeviceObject, Irp);
  } else if (CancelFunction != nullptr) {
    if (Irp->Cancel != FALSE) {  // cancelled before it was cancelable: the routine runs now
      Irp->CancelIrql = cancel_irql;
      Irp->CancelRoutine = nullptr;
      machine::call_driver(CancelFunction, DeviceObject, Irp);
    } else {
      IoReleaseCancelSpinLock(cancel_irql);
    }
  }
  machine::lower_irql(irql);
}

void NTAPI IoStartNextPacket(DEVICE_OBJECT* DeviceObject, BOOLEAN Cancelable) {
  next_packet(DeviceObject, Cancelable != FALSE, false, 0);
}

void NTAPI IoStartNextPacketByKey(DEVICE_OBJECT* DeviceObject, BOOLEAN Cancelable, ULONG Key) {
  next_packet(DeviceObject, Cancelable != FALSE, true, Key);
}

void NTAPI IoSetStartIoAttributes(DEVICE_OBJECT* DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable) {
  DeviceExtension* extension = extension_of(DeviceObject);
  extension->StartIoFlags = (DeferredStartIo != FALSE ? kDeferred : 0) | (NonCancelable != FALSE ? kNonCancelable : 0);
}

}  // namespace drydock::ntos::io
