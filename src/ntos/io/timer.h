#pragma once
// A device's once-a-second timer.

#include "nt/irp.h"

namespace drydock::nt {

/// Opaque to drivers.
struct IO_TIMER {
  CSHORT Type;
  BOOLEAN Started;
  PIO_TIMER_ROUTINE TimerRoutine;
  PVOID Context;
  DEVICE_OBJECT* DeviceObject;
};

}  // namespace drydock::nt

namespace drydock::ntos::io {
using namespace nt;

/// Once per device. The routine runs at DISPATCH_LEVEL every second between start and stop.
NTSTATUS NTAPI IoInitializeTimer(DEVICE_OBJECT* DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context);
void NTAPI IoStartTimer(DEVICE_OBJECT* DeviceObject);
void NTAPI IoStopTimer(DEVICE_OBJECT* DeviceObject);

/// At IoDeleteDevice.
void remove_timer(DEVICE_OBJECT* device);

}  // namespace drydock::ntos::io
