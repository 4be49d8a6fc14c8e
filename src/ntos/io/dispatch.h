#pragma once
// Inside the I/O manager: from a driver object to the routine that takes the IRP.

#include "machine/guest_call.h"
#include "ntos/io/driver.h"

namespace drydock::ntos::io {

/// A driver object with what Windows and we keep behind it.
struct DriverObject : DRIVER_OBJECT {
  DriverRecord* record;
  DRIVER_EXTENSION extension;
};

inline DriverRecord* record_behind(const DRIVER_OBJECT* driver) {
  return static_cast<const DriverObject*>(driver)->record;
}

/// Routines of ours are called directly, although the table holds an address that drivers can call.
inline NTSTATUS call_dispatch(DRIVER_OBJECT* driver, UCHAR major, DEVICE_OBJECT* device, IRP* irp) {
  PDRIVER_DISPATCH routine = driver->MajorFunction[major];
  const DriverRecord* record = record_behind(driver);
  if (reinterpret_cast<PVOID>(routine) == record->thunk[major]) return record->host_dispatch[major](device, irp);
  return machine::call_driver(routine, device, irp);
}

}  // namespace drydock::ntos::io
