// The loader interface of user-mode drivers of ours (wdfumdf.h): binding by name, and giving the binding back.

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "wdf/driver.h"
#include "wdf/misuse.h"
#include "wdf/structures.h"
#include "wdf/um/bind.h"
#include "wdf/um/host_process.h"
#include "wdf/um/reflector.h"

namespace drydock::wdf::um {

namespace {

constexpr ULONG kMajor = 2;
constexpr ULONG kCopiedMax = 248;
constexpr ULONG kNamesMax = 400, kNameBytesMax = 80;
constexpr ULONG kKmdfMinorOf20 = 13;

struct TableLength {
  ULONG minor, count;
};
/// WDF-429
constexpr TableLength kLengths[] = {{0, 248},  {15, 257}, {17, 260}, {19, 261}, {21, 261}, {23, 265},
                                    {25, 268}, {27, 269}, {29, 269}, {31, 273}, {33, 274}};

HostProcess& caller() {
  HostProcess* process = serving();
  HOST_CHECK(process);
  return *process;
}

template <class T>
T& structure(const HostProcess& process, T* pointer, const char* what, bool write = false) {
  if (!pointer) throw Misuse{fmt::format("gives the loader no {}", what)};
  require_range(process, reinterpret_cast<std::uint64_t>(pointer), sizeof(T), write, what);
  return *pointer;
}

NTSTATUS refuse(const HostProcess& process, const char* rule, const char* name, std::string why, NTSTATUS status) {
  warn(rule, name, fmt::format("{} {}: it is not loaded", process.service().name(), why));
  return status;
}

std::string name_at(const HostProcess& process, const CHAR* text) {
  std::string name;
  for (; name.size() < kNameBytesMax; ++text) {
    require_range(process, reinterpret_cast<std::uint64_t>(text), 1, false, "a function's name");
    if (!text || *text == 0) break;
    name += *text;
  }
  return name;
}

std::u16string text_of(const HostProcess& process, const UNICODE_STRING* string) {
  if (!string) return {};
  structure(process, string, "a string");
  require_range(process, reinterpret_cast<std::uint64_t>(string->Buffer), string->Length, false, "a string");
  return string->Buffer ? std::u16string(string->Buffer, string->Length / sizeof(WCHAR)) : std::u16string();
}

NTSTATUS NTAPI Bind(PVOID, PUNICODE_STRING RegistryPath, PUMDF_BIND_INFO BindInfo, PWDF_DRIVER_GLOBALS* ComponentGlobals) {
  HostProcess& process = caller();
  if (!BindInfo || !ComponentGlobals) return STATUS_INVALID_PARAMETER;
  UMDF_BIND_INFO& info = structure(process, BindInfo, "a bind structure", true);
  structure(process, ComponentGlobals, "a place for the globals", true) = nullptr;
  if (info.V1.Size != sizeof(UMDF_BIND_INFO) || !info.V1.FuncTable || info.NameCount > kNamesMax || process.client)
    return STATUS_INVALID_PARAMETER;
  const WDF_VERSION wanted = info.V1.Version;
  const auto* length = std::find_if(std::begin(kLengths), std::end(kLengths),
                                    [&wanted](TableLength each) { return each.minor == wanted.Minor; });
  if (wanted.Major != kMajor || length == std::end(kLengths))
    return refuse(process, "WDF-403", "framework-too-old",
                  fmt::format("asks for UMDF {}.{}, and the library is {}.{}", wanted.Major, wanted.Minor, kMajor,
                              kMinorVersion),
                  STATUS_OBJECT_TYPE_MISMATCH);
  if (info.V1.FuncCount != length->count) return STATUS_INVALID_PARAMETER;

  require_range(process, reinterpret_cast<std::uint64_t>(info.Names), info.NameCount * sizeof(PVOID), false, "names");
  const image::ExportIndex& exports = image::Images::current().exports();
  std::vector<void*> entries;
  for (ULONG i = 0; i < info.NameCount; ++i) {
    const std::string name = name_at(process, info.Names[i]);
    const Service service = find_service(exports, name);
    if (!service.check)
      return refuse(process, "WDF-417", "no-such-user-mode-function",
                    fmt::format("asks for {}, which the framework for user-mode drivers does not have", name),
                    STATUS_PROCEDURE_NOT_FOUND);
    entries.push_back(process.thunk_for(service));
  }
  const std::size_t bytes = entries.size() * sizeof(void*);
  void* table = info.V1.FuncTable;
  if (length->count > kCopiedMax) {
    table = process.allocate(bytes);
    if (!table) return STATUS_INSUFFICIENT_RESOURCES;
    require_range(process, reinterpret_cast<std::uint64_t>(info.V1.FuncTable), sizeof table, true, "a table");
    *reinterpret_cast<void**>(info.V1.FuncTable) = table;
  } else {
    require_range(process, reinterpret_cast<std::uint64_t>(table), bytes, true, "a table");
  }
  std::memcpy(table, entries.data(), bytes);

  auto client = std::make_unique<Client>();
  client->host = &process;
  client->globals = static_cast<WDF_DRIVER_GLOBALS*>(process.allocate(sizeof(WDF_DRIVER_GLOBALS)));
  if (!client->globals) return STATUS_INSUFFICIENT_RESOURCES;
  client->version = {1, wanted.Minor == 0 ? kKmdfMinorOf20 : wanted.Minor, 0};
  client->function_count = length->count;
  client->registry_path = text_of(process, RegistryPath);
  client->driver_object = process.service().driver_object;
  client->name = process.service().name();
  process.client = client.get();
  *ComponentGlobals = client->globals;
  framework().clients.push_back(std::move(client));
  return STATUS_SUCCESS;
}

VOID NTAPI Unbind(PUNICODE_STRING, PUMDF_BIND_INFO, PWDF_DRIVER_GLOBALS ComponentGlobals) {
  HostProcess& process = caller();
  if (&framework().client(ComponentGlobals) != process.client)
    throw Misuse{"gives back a binding that is not its own"};
  unbind(process);
}

NTSTATUS NTAPI BindClass(PUMDF_BIND_INFO, PWDF_DRIVER_GLOBALS, PWDF_CLASS_BIND_INFO ClassBindInfo) {
  HostProcess& process = caller();
  const WDF_CLASS_BIND_INFO& info = structure(process, ClassBindInfo, "a class bind structure");
  if (info.Size != sizeof(WDF_CLASS_BIND_INFO) || !info.ClassName) return STATUS_INVALID_PARAMETER;
  std::string name;
  for (const WCHAR* at = info.ClassName; name.size() < kNameBytesMax; ++at) {
    require_range(process, reinterpret_cast<std::uint64_t>(at), sizeof *at, false, "a name");
    if (*at == 0) break;
    name += *at < 0x80 ? static_cast<char>(*at) : '?';
  }
  return refuse(process, "WDF-388", "class-extension-missing",
                fmt::format("is a client of the class extension {} {}.{}, which is not here", name, info.Version.Major,
                            info.Version.Minor),
                STATUS_OBJECT_NAME_NOT_FOUND);
}

VOID NTAPI UnbindClass(PUMDF_BIND_INFO, PWDF_DRIVER_GLOBALS, PWDF_CLASS_BIND_INFO) {}

template <class R, class... A>
Service loader_service(const char* name, R(NTAPI* function)(A...)) {
  return {name, reinterpret_cast<void*>(function), "", nullptr, sizeof...(A)};
}

}  // namespace

void fill_driver_object(HostProcess& process, _DRIVER_OBJECT_UM& object, Driver& driver) {
  if (&object != process.driver_object) throw Misuse{"gives WdfDriverCreate a driver object that is not its own"};
  // The library's own entries: the host process calls them, a driver has no use for them.
  const auto entry = [&process](const char* name) {
    Service service;
    service.name = name;
    service.why = "it is the host process's to call";
    return process.thunk_for(service);
  };
  object.FxDriver = driver.handle();
  object.AddDevice = entry("FxDriver::AddDevice");
  object.DriverUnload = entry("FxDriver::Unload");
  for (PVOID& each : object.MajorFunction) each = entry("FxDevice::Dispatch");
}

void unbind(HostProcess& process) {
  Client* client = std::exchange(process.client, nullptr);
  if (!client) return;
  end_driver(*client);
  if (!framework().handles.of(*client).empty()) {
    client->globals = nullptr;  // objects still refer to it; the address is another's soon
    return;
  }
  std::erase_if(framework().clients, [client](const std::unique_ptr<Client>& each) { return each.get() == client; });
}

PVOID make_loader_interface(HostProcess& process) {
  auto* loader = static_cast<UMDF_LOADER_INTERFACE*>(process.allocate(sizeof(UMDF_LOADER_INTERFACE)));
  HOST_CHECK(loader);
  loader->Size = sizeof *loader;
  const auto set = [&process](auto& slot, const Service& service) {
    slot = reinterpret_cast<std::remove_reference_t<decltype(slot)>>(process.thunk_for(service));
  };
  set(loader->Bind, loader_service("WdfBindUm", Bind));
  set(loader->Unbind, loader_service("WdfUnbindUm", Unbind));
  set(loader->BindClass, loader_service("WdfBindClassUm", BindClass));
  set(loader->UnbindClass, loader_service("WdfUnbindClassUm", UnbindClass));
  return loader;
}

}  // namespace drydock::wdf::um
