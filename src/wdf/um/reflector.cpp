#include "wdf/um/reflector.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "image/pe_image.h"
#include "machine/thread.h"
#include "wdf/callback.h"
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/io_target.h"
#include "wdf/misuse.h"
#include "wdf/pnp_dispatch.h"
#include "wdf/queue.h"
#include "wdf/restart.h"
#include "wdf/um/bind.h"
#include "wdf/um/device_settings.h"
#include "wdf/um/hardware.h"
#include "wdf/um/host_process.h"

namespace drydock::wdf::um {

namespace {

constexpr LONGLONG kMillisecond_100ns = 10'000;
constexpr LONGLONG kSecond_100ns = 1000 * kMillisecond_100ns;
constexpr const char* kEntryName = "FxDriverEntryUm";
constexpr const char* kOurStub = "DrydockUmdfStub";
constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

void sleep_a_millisecond() {
  LARGE_INTEGER interval{};
  interval.QuadPart = -kMillisecond_100ns;
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

std::vector<Device*> devices_of(const Client& client) {
  std::vector<Device*> devices;
  for (Object* object : framework().handles.of(client))
    if (object->type() == ObjectType::Device) devices.push_back(static_cast<Device*>(object));
  return devices;
}

/// A string and its UNICODE_STRING in the driver's memory.
UNICODE_STRING* string_in(HostProcess& process, std::u16string_view text) {
  const std::size_t bytes = text.size() * sizeof(WCHAR);
  auto* string = static_cast<UNICODE_STRING*>(process.allocate(sizeof(UNICODE_STRING) + bytes + sizeof(WCHAR)));
  HOST_CHECK(string);
  auto* buffer = reinterpret_cast<PWCHAR>(string + 1);
  std::memcpy(buffer, text.data(), bytes);
  *string = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + sizeof(WCHAR)), buffer};
  return string;
}

/// WDF-492, WDF-493, WDF-499: loads the driver and has it bound and initialised.
NTSTATUS initialise_driver(HostProcess& process) {
  const UserModeService& service = process.service();
  auto* object = static_cast<DRIVER_OBJECT_UM*>(process.allocate(sizeof(DRIVER_OBJECT_UM)));
  HOST_CHECK(object);
  object->Size = sizeof *object;
  object->DriverName = *string_in(process, ntos::ob::widen("\\Driver\\" + service.service));
  object->DriverLoadContext = process.allocate(16);  // ours to define, and the driver's to leave alone
  UNICODE_STRING* path = string_in(process, std::u16string(kServices) + ntos::ob::widen(service.service));
  process.driver_object = object;
  const std::uint64_t arguments[4] = {reinterpret_cast<std::uint64_t>(make_loader_interface(process)),
                                      reinterpret_cast<std::uint64_t>(object), reinterpret_cast<std::uint64_t>(object),
                                      reinterpret_cast<std::uint64_t>(path)};
  const auto status =
      static_cast<NTSTATUS>(process.call(process.image()->find_export(kEntryName), arguments, 4));
  object->DriverLoadContext = nullptr;
  if (NT_SUCCESS(status) && !process.ended() && (!process.client || !process.client->driver)) {
    warn("WDF-015", "no-driver-object",
         fmt::format("DriverEntry of {} succeeds without a WDFDRIVER", process.image()->name()));
    return STATUS_DRIVER_INTERNAL_ERROR;
  }
  return process.ended() ? STATUS_DRIVER_PROCESS_TERMINATED : status;
}

/// Its memory goes; the object stays, since handles may still name it.
void release(HostProcess& process) {
  if (process.released) return;
  process.released = true;
  UserMode& all = user_mode();
  if (all.watch) all.watch->closing(process);
  process.close();
  all.give_back_window(process.window());
}

/// Nobody is in the driver, and no device is left: EvtDriverUnload unless it is dead (WDF-430), and the end.
void finish(HostProcess& process) {
  const auto still_there = [&process](bool also_detached) {
    if (!process.client) return false;
    const std::vector<Device*> devices = devices_of(*process.client);
    return std::any_of(devices.begin(), devices.end(),
                       [also_detached](const Device* each) { return also_detached || each->device_object; });
  };
  while (process.visits() != 0 || still_there(false)) sleep_a_millisecond();
  // A dead driver's references to its devices are never given back.
  for (int i = 0; i < 100 && still_there(true); ++i) sleep_a_millisecond();
  if (process.released) return;
  if (Client* client = process.client) {
    Driver* driver = client->driver;
    if (driver && driver->config.EvtDriverUnload)
      call_driver(driver->config.EvtDriverUnload, driver->handle_as<WDFDRIVER>());
    unbind(process);
  }
  release(process);
}

NTSTATUS start_process(UserModeService& service, bool shared, HostProcess** started) {
  UserMode& all = user_mode();
  std::byte* window = all.take_window();
  if (!window) return STATUS_INSUFFICIENT_RESOURCES;
  auto& process = *all.processes.emplace_back(std::make_unique<HostProcess>(
      service, static_cast<std::uint32_t>(all.processes.size() + 1), window, shared));
  if (const host::Status up = process.start(*service.dll); !up) {
    warn("umdf", "host-process-not-started", fmt::format("{}: {}", service.name(), up.failure().message));
    release(process);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  const NTSTATUS status = initialise_driver(process);
  if (!NT_SUCCESS(status)) {
    while (process.visits() != 0) sleep_a_millisecond();
    unbind(process);
    release(process);
    return status;
  }
  *started = &process;
  return STATUS_SUCCESS;
}

/// A shared process takes every device of the service that allows it (WDF-426).
NTSTATUS process_for(UserModeService& service, const DeviceSettings& settings, HostProcess** process) {
  const bool shared = settings.shares_process && !settings.had_to_leave;
  if (shared)
    for (const auto& each : user_mode().processes)
      if (&each->service() == &service && each->shared() && !each->ended() && !each->released) {
        *process = each.get();
        return STATUS_SUCCESS;
      }
  return start_process(service, shared, process);
}

NTSTATUS NTAPI add_device(DRIVER_OBJECT* DriverObject, DEVICE_OBJECT* PhysicalDeviceObject) {
  UserModeService* service = user_mode().service_of(DriverObject);
  HOST_CHECK(service);
  const DeviceSettings settings = read_settings(PhysicalDeviceObject);
  HostProcess* process = nullptr;
  NTSTATUS status = process_for(*service, settings, &process);
  if (!NT_SUCCESS(status)) return status;
  status = add_device_of(*process->client->driver, PhysicalDeviceObject);
  if (process->ended()) status = STATUS_DRIVER_PROCESS_TERMINATED;
  if (devices_of(*process->client).empty()) device_left(*process->client);
  return status;
}

VOID NTAPI unload(DRIVER_OBJECT* DriverObject) {
  UserModeService* service = user_mode().service_of(DriverObject);
  service->unloading = true;
  for (const auto& each : user_mode().processes)
    while (&each->service() == service && !each->released) sleep_a_millisecond();
  service->driver_object = nullptr;
}

}  // namespace

std::string UserModeService::name() const {
  return dll->name();
}

// ---- All of a machine's ----

UserMode::UserMode() {
  machine::Memory& memory = machine::Machine::current().memory();
  constexpr std::size_t kBytes = kWindows * HostProcess::kWindowBytes;
  region_ = static_cast<std::byte*>(memory.allocate_pages(kBytes / machine::kPageSize));
  if (region_) machine::set_remote_code(region_, kBytes, *this);
}

UserMode& user_mode() {
  UserMode*& all = framework().user_mode;
  if (!all) all = new UserMode;
  return *all;
}

std::byte* UserMode::take_window() {
  for (std::size_t i = 0; i < kWindows && region_; ++i)
    if (!std::exchange(taken_[i], true)) return region_ + i * HostProcess::kWindowBytes;
  return nullptr;
}

void UserMode::give_back_window(const std::byte* window) {
  taken_[static_cast<std::size_t>(window - region_) / HostProcess::kWindowBytes] = false;
}

UserModeService* UserMode::service_of(const DRIVER_OBJECT* driver_object) {
  for (const auto& each : services)
    if (each->driver_object == driver_object) return each.get();
  return nullptr;
}

HostProcess* process_at(const void* address) {
  const UserMode* all = framework().user_mode;
  if (!all) return nullptr;
  for (const auto& each : all->processes)
    if (!each->released && each->contains(address)) return each.get();
  return nullptr;
}

std::uint64_t UserMode::call(const void* function, const std::uint64_t* args, unsigned count) {
  HostProcess* process = process_at(function);
  return process ? process->call(function, args, count) : 0;
}

// ---- Services ----

bool offers_import(std::string_view module, std::string_view name) {
  return host::umdf_offers(module, name) || (image::same_module(module, "ntdll.dll") && system_service(name).entry);
}

host::Status check_driver(const image::PeImage& dll) {
  if (!dll.find_export(kEntryName))
    return host::error(dll.name(), " is a DLL without ", kEntryName, ", so it is no UMDF 2 driver");
  if (!dll.find_export(kOurStub))
    return host::error(dll.name(),
                       " is linked with the kit's UMDF stub, whose loader interface is not published; build the driver "
                       "from source with guest/umdf_stub.c");
  return {};
}

NTSTATUS load_driver(const image::PeImage& dll, std::string_view service, DRIVER_OBJECT** driver_object) {
  UserMode& all = user_mode();
  auto made = std::make_unique<UserModeService>();
  made->service = service;
  made->dll = &dll;
  made->driver_object = ntos::io::create_host_driver(service, [](DRIVER_OBJECT* object) {
    for (PDRIVER_DISPATCH& each : object->MajorFunction) each = framework_dispatch;
    object->DriverExtension->AddDevice = ntos::io::guest_callable(&add_device, "WUDFRd::AddDevice");
    object->DriverUnload = ntos::io::guest_callable(&unload, "WUDFRd::Unload");
  });
  *driver_object = made->driver_object;
  all.services.push_back(std::move(made));
  return STATUS_SUCCESS;
}

void device_left(Client& client) {
  HostProcess& process = *client.host;
  const std::vector<Device*> devices = devices_of(client);
  if (std::any_of(devices.begin(), devices.end(), [](const Device* each) { return each->device_object != nullptr; })) return;
  if (std::exchange(process.finishing, true)) return;
  machine::create_thread("host process unload", [&process] { finish(process); });
}

// ---- The end of a process ----

namespace {

/// WDF-424: whatever is open ends with STATUS_DRIVER_PROCESS_TERMINATED.
void complete_requests(const Client& client) {
  for (Object* object : framework().handles.of(client))
    if (object->type() == ObjectType::Queue) static_cast<Queue*>(object)->abandon(STATUS_DRIVER_PROCESS_TERMINATED);
  for (Object* object : framework().handles.of(client)) {
    if (object->type() != ObjectType::Request) continue;
    auto& request = static_cast<Request&>(*object);
    if (request.place() == Request::Place::Completed || request.place() == Request::Place::DriverMade || !request.irp())
      continue;
    request.on_cancel = nullptr;
    request.complete_by_framework(STATUS_DRIVER_PROCESS_TERMINATED, 0);
  }
}

/// Sent requests come back first: nobody else may complete an IRP that is on its way.
void recall_requests(const Client& client) {
  const auto sent = [&client] {
    std::vector<Request*> all;
    for (Object* object : framework().handles.of(client))
      if (object->type() == ObjectType::Request && static_cast<Request*>(object)->with_target())
        all.push_back(static_cast<Request*>(object));
    return all;
  };
  for (Request* request : sent()) IoTarget::cancel(*request);
  while (!sent().empty()) sleep_a_millisecond();
}

}  // namespace

void bury(HostProcess& process) {
  Client* client = process.client;
  if (!client) return;
  for (Object* object : framework().handles.of(*client)) object->owner_died();
  recall_requests(*client);
  complete_requests(*client);
  const std::vector<Device*> devices = devices_of(*client);
  for (Device* device : devices) device->reference();
  for (Device* device : devices) {
    while (device->pnp.pending() || device->power.pending()) sleep_a_millisecond();
    if (device->device_object) host_is_gone(*device);
    device->dereference();
  }
  if (devices_of(*client).empty()) device_left(*client);
}

void host_is_gone(Device& device) {
  if (std::exchange(device.host_end_handled, true)) return;
  unmap_hardware(device, false);
  if (!restart_after_host_end(device, device.client().host->shared())) {
    device.internally_failed = true;
    device.invalidate_state();
  }
}

// ---- Progress ----

namespace {

bool waits_for_driver(const Client& client) {
  for (const Device* device : devices_of(client))
    if (device->pnp.pending() || device->power.pending()) return true;
  for (Object* object : framework().handles.of(client))
    if (object->type() == ObjectType::Request) {
      const auto& request = static_cast<const Request&>(*object);
      if (request.place() == Request::Place::Delivered && request.irp_cancelled()) return true;
    }
  return false;
}

/// Looks again when the time could be up.
void watch_progress(HostProcess& process) {
  LARGE_INTEGER second{};
  second.QuadPart = -kSecond_100ns;
  KeDelayExecutionThread(KernelMode, FALSE, &second);  // most requests have ended by then
  const auto limit = std::chrono::seconds(kNoProgressSeconds);
  while (!process.ended() && process.client && waits_for_driver(*process.client)) {
    const machine::Time now = machine::Machine::current().now();
    const machine::Time due = std::max(process.last_progress(), process.watched_since) + limit;
    if (now >= due) {
      process.end(EndKind::Timeout,
                  fmt::format("makes no progress with a PnP, power or cancel request for {} s", kNoProgressSeconds));
      return;
    }
    LARGE_INTEGER interval{};
    interval.QuadPart = -std::max<LONGLONG>((due - now).count() / 100, kMillisecond_100ns);
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
  }
  process.watching = false;
}

}  // namespace

void expect_progress(Client& client) {
  HostProcess& process = *client.host;
  if (process.ended()) return;
  process.watched_since = machine::Machine::current().now();
  if (std::exchange(process.watching, true)) return;
  machine::create_thread("host process watch", [&process] { watch_progress(process); });
}

}  // namespace drydock::wdf::um
