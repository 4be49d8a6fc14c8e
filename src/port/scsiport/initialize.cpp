#include "port/scsiport/initialize.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/parameters.h"

namespace drydock::port::scsiport {

namespace {

/// The driver whose DriverEntry runs and passes these; null if they are not what DriverEntry was given.
DRIVER_OBJECT* driver_in_entry(PVOID argument1, PVOID argument2) {
  if (!argument1 || !argument2) return nullptr;
  for (DRIVER_OBJECT* driver : ntos::io::drivers())
    if (driver == argument1) return driver;
  return nullptr;
}

bool has_required_routines(const HW_INITIALIZATION_DATA& data) {
  return data.HwInitialize && data.HwStartIo && data.HwFindAdapter && data.HwResetBus;
}

std::u16string decimal(ULONG value) {
  const std::string digits = std::to_string(value);
  return {digits.begin(), digits.end()};
}

}  // namespace

MiniportDriver* miniport_driver_of(const DRIVER_OBJECT* driver) {
  for (MiniportDriver& one : port().drivers)
    if (one.object == driver) return &one;
  return nullptr;
}

ULONG NTAPI ScsiPortInitialize(PVOID Argument1, PVOID Argument2, HW_INITIALIZATION_DATA* HwInitializationData,
                               PVOID HwContext) {
  auto status = [](NTSTATUS value) { return static_cast<ULONG>(value); };
  DRIVER_OBJECT* object = driver_in_entry(Argument1, Argument2);
  if (!object || !HwInitializationData) {
    violation(nullptr, Check::InitBadArguments,
              "ScsiPortInitialize was not given the two pointers that DriverEntry got",
              {reinterpret_cast<std::uint64_t>(Argument1), reinterpret_cast<std::uint64_t>(Argument2)});
    return status(STATUS_INVALID_PARAMETER);
  }
  if (object->Flags & DRVO_INITIALIZED) {
    violation(nullptr, Check::CalledFromWrongRoutine, "ScsiPortInitialize was called after DriverEntry had returned");
    return status(STATUS_INVALID_DEVICE_REQUEST);
  }

  // SP-005: the size is the version. What an older structure lacks reads as zero.
  const ULONG size = HwInitializationData->HwInitializationDataSize;
  if (size != sizeof(HW_INITIALIZATION_DATA) && size != kHwInitializationDataSizeBeforeAdapterControl)
    return status(STATUS_REVISION_MISMATCH);
  Registration registration;
  std::memcpy(static_cast<void*>(&registration.data), HwInitializationData, size);
  registration.hw_context = HwContext;
  if (!has_required_routines(registration.data)) return status(STATUS_REVISION_MISMATCH);

  auto* path = static_cast<UNICODE_STRING*>(Argument2);
  MiniportDriver* driver = miniport_driver_of(object);
  if (!driver) {
    auto free = std::find_if(port().drivers.begin(), port().drivers.end(),
                             [](const MiniportDriver& one) { return !one.object && !one.adapters; });
    driver = free != port().drivers.end() ? &*free : &port().drivers.emplace_back();
    driver->object = object;
    driver->name = ntos::io::driver_name(object);
    driver->registry_path.assign(path->Buffer, path->Length / sizeof(WCHAR));
    take_over_driver_object(object);
  }
  const ParameterKey interfaces(driver->registry_path, u"Parameters\\PnpInterface");
  registration.plug_and_play = interfaces.has(decimal(static_cast<ULONG>(registration.data.AdapterInterfaceType)));
  driver->registrations.push_back(registration);
  if (!registration.plug_and_play)
    machine::Machine::current().not_implemented(
        "ScsiPortInitialize",
        fmt::format(
            "the service key has no Parameters\\PnpInterface value \"{}\", so the adapter would be searched for as a "
            "legacy one, which is not built",
            static_cast<int>(registration.data.AdapterInterfaceType)));
  return status(STATUS_SUCCESS);
}

VOID NTAPI ScsiPortUnload(DRIVER_OBJECT* DriverObject) {
  std::deque<MiniportDriver>& drivers = port().drivers;
  for (MiniportDriver& driver : drivers)
    if (driver.object == DriverObject) driver.object = nullptr, driver.registrations.clear();
}

}  // namespace drydock::port::scsiport
