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

inline NTSTATUS call_dispatch(DRIVER_OBJECT* driver, UCHAR major, DEVICE_OBJECT* device, IRP* irp) {
  return machine::call_driver(driver->MajorFunction[major], device, irp);
}

/// What a driver must not leave behind when its code goes; each line has been reported as a finding.
std::vector<std::string> check_leftovers(const DriverRecord& record);

void driver_object_removed(void* driver);

}  // namespace drydock::ntos::io
