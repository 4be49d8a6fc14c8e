#include "ntos/io/driver.h"

#include <cstring>

#include <fmt/format.h>

#include "host/check.h"
#include "image/loader.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/cm/registry.h"
#include "ntos/io/device.h"
#include "ntos/io/dispatch.h"
#include "ntos/io/irp.h"
#include "ntos/io/state.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagDriver = 0x76697244;  // "Driv"
constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

/// A string of the kernel's in pool, since drivers see it. Empty if memory is short.
UNICODE_STRING pool_string(std::u16string_view text) {
  auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  auto* buffer = static_cast<PWCH>(kernel_allocate(bytes + sizeof(WCHAR), kTagDriver));
  if (buffer == nullptr) return {};
  std::memcpy(buffer, text.data(), bytes);
  buffer[text.size()] = UNICODE_NULL;
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), buffer};
}

void free_string(UNICODE_STRING& string) {
  if (string.Buffer != nullptr) kernel_free(string.Buffer);
  string = {};
}

PDRIVER_DISPATCH invalid_request_entry() {
  return guest_callable(&IopInvalidDeviceRequest, "IopInvalidDeviceRequest");
}

DriverObject* create_driver_object(std::string_view service, NTSTATUS* status) {
  std::u16string wide = ob::widen(service);
  void* body = ob::create_object(ob::Type::Driver, sizeof(DriverObject), u"\\Driver\\" + wide, status);
  if (body == nullptr) return nullptr;
  auto* driver = static_cast<DriverObject*>(body);
  driver->Type = IO_TYPE_DRIVER;
  driver->Size = sizeof(DRIVER_OBJECT);
  driver->DriverExtension = &driver->extension;
  driver->extension.DriverObject = driver;
  driver->extension.ServiceKeyName = pool_string(wide);
  driver->DriverName = pool_string(u"\\Driver\\" + wide);
  PDRIVER_DISPATCH invalid = invalid_request_entry();
  for (PDRIVER_DISPATCH& entry : driver->MajorFunction) entry = invalid;

  auto record = std::make_unique<DriverRecord>();
  record->number = ob::number_of(driver);
  record->object = driver;
  record->service = service;
  driver->record = record.get();
  state().drivers.push_back(std::move(record));
  return driver;
}

void write_service_key(std::string_view service, std::u16string_view image_path, const LoadOptions& options) {
  cm::Key& key = cm::registry().service(ob::widen(service));
  if (key.value(u"Type") == nullptr) key.set_dword(u"Type", 1);                  // SERVICE_KERNEL_DRIVER
  if (key.value(u"Start") == nullptr) key.set_dword(u"Start", 3);                // SERVICE_DEMAND_START
  if (key.value(u"ErrorControl") == nullptr) key.set_dword(u"ErrorControl", 1);  // SERVICE_ERROR_NORMAL
  if (!image_path.empty()) key.set_string(u"ImagePath", image_path, REG_EXPAND_SZ);
  if (options.string_parameters.empty() && options.dword_parameters.empty()) return;
  cm::Key& parameters = cm::registry().service_parameters(ob::widen(service));
  for (const auto& [name, value] : options.string_parameters) parameters.set_string(name, value);
  for (const auto& [name, value] : options.dword_parameters) parameters.set_dword(name, value);
}

/// A driver that is called at PASSIVE_LEVEL must come back at it.
void require_passive(const void* routine, const char* what) {
  KIRQL irql = machine::current_irql();
  if (irql == PASSIVE_LEVEL) return;
  constexpr std::uint64_t kCallout = 2;
  machine::Machine::current().bug_check(
      IRQL_UNEXPECTED_VALUE, std::uint64_t{irql} << 16 | PASSIVE_LEVEL << 8 | kCallout,
      reinterpret_cast<std::uint64_t>(routine), 0, 0,
      fmt::format("{} ({}) returned at IRQL {} instead of 0", what,
                  image::Images::current().symbol_at(reinterpret_cast<std::uint64_t>(routine)), irql));
}

/// The devices a DriverEntry made are ready when it returns; those of AddDevice clear the flag themselves.
void ready_devices(DRIVER_OBJECT* driver) {
  for (DEVICE_OBJECT* device = driver->DeviceObject; device != nullptr; device = device->NextDevice)
    device->Flags &= ~DO_DEVICE_INITIALIZING;
}

void call_reinitializations(DriverRecord& record) {
  while (!record.reinitializations.empty()) {
    DriverRecord::Reinitialization one = record.reinitializations.front();
    record.reinitializations.erase(record.reinitializations.begin());
    ULONG count = ++record.object->DriverExtension->Count;
    machine::call_driver(one.routine, record.object, one.context, count);
  }
}

bool is_in_use(const DRIVER_OBJECT* driver) {
  for (DEVICE_OBJECT* device = driver->DeviceObject; device != nullptr; device = device->NextDevice)
    if (device->ReferenceCount != 0 || device->AttachedDevice != nullptr || extension_of(device)->AttachedTo != nullptr)
      return true;
  return false;
}

}  // namespace

DriverRecord& record_of(const DRIVER_OBJECT* driver) {
  return *record_behind(driver);
}

std::string driver_name(const DRIVER_OBJECT* driver) {
  return "\\Driver\\" + record_of(driver).service;
}

PVOID guest_callable(void* ntapi_function, const char* name, unsigned argument_count) {
  auto& slots = state().callable_slots;
  for (const auto& slot : slots)
    if (slot->entry == ntapi_function) return machine::guest_entry(slot.get());
  auto slot = std::make_unique<machine::ExportSlot>();
  slot->entry = ntapi_function;
  slot->stack_args = static_cast<std::uint16_t>(argument_count > 4 ? argument_count - 4 : 0);
  slot->module = "ntoskrnl.exe";
  slot->name = name;
  slots.push_back(std::move(slot));
  return machine::guest_entry(slots.back().get());
}

NTSTATUS NTAPI IopInvalidDeviceRequest(DEVICE_OBJECT*, IRP* Irp) {
  Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
  Irp->IoStatus.Information = 0;
  IofCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_INVALID_DEVICE_REQUEST;
}

LoadResult load_driver(const image::PeImage& file, std::string_view service, const LoadOptions& options) {
  LoadResult result;
  DriverObject* driver = create_driver_object(service, &result.status);
  if (driver == nullptr) {
    result.failure = fmt::format("a driver named {} is loaded already", service);
    return result;
  }
  auto loaded = image::Images::current().load(file);
  if (!loaded) {
    result.status = STATUS_INSUFFICIENT_RESOURCES;
    result.failure = loaded.failure().message;
    ob::remove_name(driver);
    ob::dereference(driver);
    return result;
  }
  image::LoadedImage* image = *loaded;
  DriverRecord& record = *driver->record;
  record.image = image;
  write_service_key(service, ob::widen("\\SystemRoot\\System32\\drivers\\" + image->name()), options);
  driver->DriverStart = image->base();
  driver->DriverSize = static_cast<ULONG>(image->mapped_bytes());
  driver->DriverInit = reinterpret_cast<PDRIVER_INITIALIZE>(image->entry());
  driver->Flags = DRVO_LEGACY_DRIVER;

  UNICODE_STRING path = pool_string(std::u16string(kServices) + ob::widen(service));
  if (driver->DriverInit != nullptr) {
    result.status = machine::call_driver(driver->DriverInit, driver, &path);
    require_passive(image->entry(), "DriverEntry");
  }
  free_string(path);  // a driver that kept the string without copying it sees freed memory, as on Windows

  if (result.status < 0) {
    result.failure =
        fmt::format("DriverEntry of {} returned {}", image->name(),
                    status_name(result.status) != nullptr ? status_name(result.status) : "an unknown status");
    check_leftovers(record);
    ob::remove_name(driver);
    ob::dereference(driver);
    return result;
  }
  PDRIVER_DISPATCH invalid = invalid_request_entry();
  for (PDRIVER_DISPATCH& entry : driver->MajorFunction)
    if (entry == nullptr) entry = invalid;
  if (driver->DriverExtension->AddDevice != nullptr) driver->Flags &= ~DRVO_LEGACY_DRIVER;
  driver->Flags |= DRVO_INITIALIZED;
  ready_devices(driver);
  image::Images::current().discard_init(image);
  call_reinitializations(record);
  result.driver = driver;
  return result;
}

DRIVER_OBJECT* create_host_driver(std::string_view service, const std::function<void(DRIVER_OBJECT*)>& fill) {
  NTSTATUS status;
  DriverObject* driver = create_driver_object(service, &status);
  HOST_CHECK(driver != nullptr);
  write_service_key(service, {}, {});
  driver->Flags = DRVO_BUILTIN_DRIVER | DRVO_INITIALIZED;
  PDRIVER_DISPATCH invalid = invalid_request_entry();
  fill(driver);
  for (PDRIVER_DISPATCH& entry : driver->MajorFunction)
    if (entry != invalid) entry = entry == nullptr ? invalid : guest_callable(entry, "Dispatch");
  return driver;
}

UnloadResult unload_driver(DRIVER_OBJECT* driver) {
  UnloadResult result;
  DriverRecord& record = record_of(driver);
  if (driver->DriverUnload == nullptr || record.unloading) {
    result.status = STATUS_INVALID_DEVICE_REQUEST;
    return result;
  }
  if (is_in_use(driver)) {
    result.status = STATUS_DEVICE_BUSY;
    return result;
  }
  record.unloading = true;
  driver->Flags |= DRVO_UNLOAD_INVOKED;
  machine::call_driver(driver->DriverUnload, driver);
  require_passive(reinterpret_cast<const void*>(driver->DriverUnload), "DriverUnload");
  machine::flush_queued_dpcs();
  result.left_behind = check_leftovers(record);
  ob::remove_name(driver);
  ob::dereference(driver);  // the image goes with the last device
  return result;
}

void driver_object_removed(void* body) {
  auto* driver = static_cast<DriverObject*>(body);
  DriverRecord* record = driver->record;
  for (const DriverRecord::Extension& extension : record->extensions) kernel_free(extension.memory);
  if (record->image != nullptr) image::Images::current().unload(record->image);
  free_string(driver->DriverName);
  free_string(driver->extension.ServiceKeyName);
  driver->Type = 0;
  std::erase_if(state().drivers, [&](const std::unique_ptr<DriverRecord>& other) { return other.get() == record; });
}

DRIVER_OBJECT* find_driver(std::string_view service) {
  std::u16string wanted = ob::widen(service);
  for (const auto& record : state().drivers)
    if (ob::same_name(ob::widen(record->service), wanted)) return record->object;
  return nullptr;
}

std::vector<DRIVER_OBJECT*> drivers() {
  std::vector<DRIVER_OBJECT*> result;
  for (const auto& record : state().drivers) result.push_back(record->object);
  return result;
}

NTSTATUS add_device(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) {
  PDRIVER_ADD_DEVICE routine = driver->DriverExtension->AddDevice;
  if (routine == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  NTSTATUS status = machine::call_driver(routine, driver, pdo);
  require_passive(reinterpret_cast<const void*>(routine), "AddDevice");
  return status;
}

void run_reinitializations() {
  for (DRIVER_OBJECT* driver : drivers()) call_reinitializations(record_of(driver));
}

NTSTATUS NTAPI IoAllocateDriverObjectExtension(DRIVER_OBJECT* DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID* DriverObjectExtension) {
  *DriverObjectExtension = nullptr;
  if (IoGetDriverObjectExtension(DriverObject, ClientIdentificationAddress) != nullptr)
    return STATUS_OBJECT_NAME_COLLISION;
  if (machine::refused("IoAllocateDriverObjectExtension")) return STATUS_INSUFFICIENT_RESOURCES;
  void* memory = kernel_allocate(DriverObjectExtensionSize, kTagDriver);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memset(memory, 0, DriverObjectExtensionSize);
  record_of(DriverObject).extensions.push_back({ClientIdentificationAddress, memory});
  *DriverObjectExtension = memory;
  return STATUS_SUCCESS;
}

PVOID NTAPI IoGetDriverObjectExtension(DRIVER_OBJECT* DriverObject, PVOID ClientIdentificationAddress) {
  for (const DriverRecord::Extension& extension : record_of(DriverObject).extensions)
    if (extension.id == ClientIdentificationAddress) return extension.memory;
  return nullptr;
}

void NTAPI IoRegisterDriverReinitialization(DRIVER_OBJECT* DriverObject,
                                            PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context) {
  record_of(DriverObject).reinitializations.push_back({DriverReinitializationRoutine, Context});
}

void NTAPI IoRegisterBootDriverReinitialization(DRIVER_OBJECT* DriverObject,
                                                PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context) {
  IoRegisterDriverReinitialization(DriverObject, DriverReinitializationRoutine, Context);
}

}  // namespace drydock::ntos::io
