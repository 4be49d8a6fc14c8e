#include "port/scsiport/initialize.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "image/loader.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/legacy.h"
#include "port/scsiport/parameters.h"

namespace drydock::port::scsiport {

namespace {

/// SP-014, SP-375: a miniport imports from its port driver alone. Memory routines that the compiler calls are not
/// its author's choice.
void note_foreign_imports(const MiniportDriver& driver) {
  const image::LoadedImage* image = ntos::io::record_of(driver.object).image;
  if (!image) return;
  for (const image::Import& import : image->pe().imports())
    if (!image::same_module(import.module, "scsiport.sys") && !import.name.starts_with("mem"))
      violation(nullptr, Check::ForeignImport,
                fmt::format("{} imports {} from {}; a miniport calls its port driver only", driver.name, import.name,
                            import.module));
}

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

/// Right after a DriverEntry that succeeded.
VOID NTAPI ScsiPortReinitialize(DRIVER_OBJECT* DriverObject, PVOID, ULONG) {
  const MiniportDriver* driver = miniport_driver_of(DriverObject);
  if (driver && !NT_SUCCESS(static_cast<NTSTATUS>(driver->lowest_answer)))
    violation(nullptr, Check::EntryStatusNotReturned,
              fmt::format("DriverEntry of {} succeeded, though ScsiPortInitialize said 0x{:08x}", driver->name,
                          driver->lowest_answer));
}

/// The record of a driver whose DriverEntry runs, made by its first call. It forgets drivers whose entry failed.
MiniportDriver& driver_record(DRIVER_OBJECT* object, const UNICODE_STRING& registry_path) {
  if (MiniportDriver* known = miniport_driver_of(object)) return *known;
  std::deque<MiniportDriver>& drivers = port().drivers;
  const std::vector<DRIVER_OBJECT*> loaded = ntos::io::drivers();
  auto is_unused = [&](const MiniportDriver& one) {
    return !one.adapters && (!one.object || std::find(loaded.begin(), loaded.end(), one.object) == loaded.end());
  };
  auto unused = std::find_if(drivers.begin(), drivers.end(), is_unused);
  MiniportDriver& driver = unused != drivers.end() ? *unused : drivers.emplace_back();
  driver = MiniportDriver{};
  driver.object = object;
  driver.name = ntos::io::driver_name(object);
  driver.registry_path.assign(registry_path.Buffer, registry_path.Length / sizeof(WCHAR));
  IoRegisterDriverReinitialization(object, ntos::io::guest_callable(ScsiPortReinitialize, "ScsiPortReinitialize"),
                                   nullptr);
  begin_witnessing(port());
  note_foreign_imports(driver);
  return driver;
}

NTSTATUS initialize(MiniportDriver& driver, const HW_INITIALIZATION_DATA& data, PVOID hw_context) {
  // SP-005: the size is the version. What an older structure lacks reads as zero.
  const ULONG size = data.HwInitializationDataSize;
  if (size != sizeof(HW_INITIALIZATION_DATA) && size != kHwInitializationDataSizeBeforeAdapterControl)
    return STATUS_REVISION_MISMATCH;
  Registration registration;
  std::memcpy(static_cast<void*>(&registration.data), &data, size);
  registration.hw_context = hw_context;
  if (!has_required_routines(registration.data)) return STATUS_REVISION_MISMATCH;
  take_over_driver_object(driver.object);
  const ParameterKey interfaces(driver.registry_path, u"Parameters\\PnpInterface");
  registration.plug_and_play = interfaces.has(decimal(static_cast<ULONG>(registration.data.AdapterInterfaceType)));
  driver.registrations.push_back(registration);
  return registration.plug_and_play ? STATUS_SUCCESS : initialize_legacy(driver, registration);  // SP-007
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

  MiniportDriver& driver = driver_record(object, *static_cast<UNICODE_STRING*>(Argument2));
  const ULONG answer = status(initialize(driver, *HwInitializationData, HwContext));
  driver.lowest_answer = std::min(driver.lowest_answer, answer);
  return answer;
}

VOID NTAPI ScsiPortUnload(DRIVER_OBJECT* DriverObject) {
  std::deque<MiniportDriver>& drivers = port().drivers;
  for (MiniportDriver& driver : drivers)
    if (driver.object == DriverObject) driver.object = nullptr, driver.registrations.clear();
}

}  // namespace drydock::port::scsiport
