#pragma once
// Device queues with a StartIo routine: one packet at a time.

#include "nt/irp.h"

namespace drydock::ntos::io {
using namespace nt;

/// Starts the IRP now if the device is idle, queues it otherwise. IRQL: at most DISPATCH_LEVEL.
void NTAPI IoStartPacket(DEVICE_OBJECT* DeviceObject, IRP* Irp, ULONG* Key, PDRIVER_CANCEL CancelFunction);
/// Starts the next queued IRP, if any. IRQL: DISPATCH_LEVEL.
void NTAPI IoStartNextPacket(DEVICE_OBJECT* DeviceObject, BOOLEAN Cancelable);
void NTAPI IoStartNextPacketByKey(DEVICE_OBJECT* DeviceObject, BOOLEAN Cancelable, ULONG Key);
void NTAPI IoSetStartIoAttributes(DEVICE_OBJECT* DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable);

void initialise_device_queue(KDEVICE_QUEUE* queue);

}  // namespace drydock::ntos::io
