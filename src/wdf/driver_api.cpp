// WdfDriver...: the driver object.

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "wdf/callback.h"
#include "wdf/callback_log.h"
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/pnp_dispatch.h"
#include "wdf/string.h"
#include "wdf/um/bind.h"
#include "wdf/um/host_process.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

constexpr ULONG kDefaultTag = 0x4B737244;  // "DrsK", as a driver without a name would have it

/// "edu" of "...\Services\edu".
std::u16string service_of(std::u16string_view path) {
  const std::size_t slash = path.rfind(u'\\');
  return std::u16string(slash == path.npos ? path : path.substr(slash + 1));
}

/// The name in the globals, at most 31 characters, and the tag made of its first four (WDF-397).
void name_client(Client& client, const WDF_DRIVER_CONFIG& config) {
  const std::u16string service = service_of(client.registry_path);
  CHAR* name = client.globals->DriverName;
  std::memset(name, 0, sizeof client.globals->DriverName);
  for (std::size_t i = 0; i < service.size() && i < sizeof client.globals->DriverName - 1; ++i)
    name[i] = service[i] < 0x80 ? static_cast<CHAR>(service[i]) : '_';
  client.tag = config.DriverPoolTag;
  constexpr ULONG kWdkDefault = 0x6464'6B20;  // ' kdD'
  if (client.tag == 0 || client.tag == kWdkDefault) {
    client.tag = kDefaultTag;
    // A tag from a name that says "wdf" first says little: skip that, as the framework does.
    const CHAR* from = std::strncmp(name, "wdf", 3) == 0 || std::strncmp(name, "WDF", 3) == 0 ? name + 3 : name;
    if (std::strlen(from) >= 2) {
      client.tag = 0;
      std::memcpy(&client.tag, from, std::min<std::size_t>(std::strlen(from), 4));
    }
  }
  client.globals->DriverTag = client.tag;
}

void note_created(const Client& client, const WDF_DRIVER_CONFIG& config, const WDF_OBJECT_ATTRIBUTES* attributes) {
  note_driver(client.name, "calls DriverEntry");
  if (config.EvtDriverUnload) note_driver(client.name, "has Unload");
  if (attributes && attributes->EvtCleanupCallback) note_driver(client.name, "has ObjCleanup");
  if (attributes && attributes->EvtDestroyCallback) note_driver(client.name, "has ObjDestroy");
}

/// WDF-468: of a PnP driver, whose image would never have been unloaded with the device there.
void check_control_devices(const Driver& driver) {
  if (driver.config.DriverInitFlags & WdfDriverInitNonPnpDriver) return;
  std::vector<std::string> left;
  for (const Object* child : driver.children())
    if (child->type() == ObjectType::Device && static_cast<const Device*>(child)->is_control())
      left.push_back(describe(static_cast<const Device&>(*child)));
  if (left.empty()) return;
  std::string summary = fmt::format("control device {} is still there when the last PnP device has gone: it keeps the "
                                    "driver's image loaded for ever",
                                    left.front());
  record("WDF-468", "control-device-left", std::move(summary), std::move(left));
}

VOID NTAPI framework_unload(DRIVER_OBJECT* driver_object) {
  Driver* driver = driver_of(driver_object);
  if (driver) check_control_devices(*driver);
  if (!driver) return;
  Client& client = driver->client();
  if (driver->config.EvtDriverUnload) {
    note_driver(client.name, "calls Unload");
    call_driver(driver->config.EvtDriverUnload, driver->handle_as<WDFDRIVER>());
  }
  end_driver(client);
}

}  // namespace

NTSTATUS NTAPI WdfDriverCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject,
                               PCUNICODE_STRING RegistryPath, PWDF_OBJECT_ATTRIBUTES DriverAttributes,
                               PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER* DriverHandle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(DriverObject, "WdfDriverCreate's DriverObject");
  require_pointer(RegistryPath, "WdfDriverCreate's RegistryPath");
  require_pointer(DriverConfig, "WdfDriverCreate's DriverConfig");
  if (DriverConfig->Size != sizeof(WDF_DRIVER_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  const ULONG flags = DriverConfig->DriverInitFlags;
  constexpr ULONG kKnown = WdfDriverInitNonPnpDriver | WdfDriverInitNoDispatchOverride | WdfVerifyOn | WdfVerifierOn |
                           WdfDriverInitCompanion;
  if (flags & ~kKnown) return STATUS_INVALID_PARAMETER;
  if (client.driver) return STATUS_DRIVER_INTERNAL_ERROR;  // WDF-016
  if (DriverHandle) *DriverHandle = nullptr;
  name_client(client, *DriverConfig);
  const bool keeps_dispatch = flags & WdfDriverInitNoDispatchOverride;
  const bool non_pnp = flags & WdfDriverInitNonPnpDriver;
  if (!keeps_dispatch && non_pnp && DriverConfig->EvtDriverDeviceAdd) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = check_attributes(DriverAttributes,
                                     {.parent_allowed = false, .execution_level = true, .synchronization_scope = true});
  if (!NT_SUCCESS(status)) return status;

  auto* driver = new Driver(client);
  driver->config = *DriverConfig;
  if (DriverAttributes) {
    driver->passive_callbacks = DriverAttributes->ExecutionLevel == WdfExecutionLevelPassive;
    if (DriverAttributes->SynchronizationScope != WdfSynchronizationScopeInheritFromParent)
      driver->scope = DriverAttributes->SynchronizationScope;
  }
  status = driver->commit(DriverAttributes, nullptr);
  if (!NT_SUCCESS(status)) {
    delete driver;
    return status;
  }
  client.driver = driver;
  if (!client.host) note_created(client, *DriverConfig, DriverAttributes);
  if (client.host) {
    um::fill_driver_object(*client.host, *reinterpret_cast<DRIVER_OBJECT_UM*>(DriverObject), *driver);
    driver->passive_callbacks = true;  // WDF-420
  } else {
    client.driver_object = DriverObject;
  }
  DriverGlobals->Driver = driver->handle_as<WDFDRIVER>();
  DriverGlobals->DriverFlags |= flags;

  // WDF-017
  DriverGlobals->DisplaceDriverUnload = !(keeps_dispatch || non_pnp) || DriverConfig->EvtDriverUnload ? TRUE : FALSE;
  if (!keeps_dispatch && !client.host) {
    take_over_dispatch(DriverObject, non_pnp);
    if (!non_pnp || DriverConfig->EvtDriverUnload)
      DriverObject->DriverUnload = ntos::io::guest_callable(&framework_unload, "FxDriver::Unload");
  }
  if (DriverHandle) *DriverHandle = driver->handle_as<WDFDRIVER>();
  return STATUS_SUCCESS;
}

DRIVER_OBJECT* NTAPI WdfDriverWdmGetDriverObject(PWDF_DRIVER_GLOBALS, WDFDRIVER Handle) {
  return object_as<Driver>(Handle).client().driver_object;
}

WDFDRIVER NTAPI WdfWdmDriverGetWdfDriverHandle(PWDF_DRIVER_GLOBALS, DRIVER_OBJECT* DriverObject) {
  Driver* driver = driver_of(DriverObject);
  return driver ? driver->handle_as<WDFDRIVER>() : nullptr;
}

BOOLEAN NTAPI WdfDriverIsVersionAvailable(PWDF_DRIVER_GLOBALS, WDFDRIVER Handle,
                                          PWDF_DRIVER_VERSION_AVAILABLE_PARAMS Parameters) {
  const ULONG major = object_as<Driver>(Handle).client().host ? 2 : kMajorVersion;
  require_pointer(Parameters, "WdfDriverIsVersionAvailable's VersionAvailableParams");
  if (Parameters->Size != sizeof(WDF_DRIVER_VERSION_AVAILABLE_PARAMS)) return FALSE;
  return Parameters->MajorVersion == major && Parameters->MinorVersion <= kMinorVersion;
}

/// "Kernel Mode Driver Framework version 1.33": of the library.
NTSTATUS NTAPI WdfDriverRetrieveVersionString(PWDF_DRIVER_GLOBALS, WDFDRIVER Handle, WDFSTRING StringHandle) {
  const bool user_mode = object_as<Driver>(Handle).client().host != nullptr;
  const std::string text = fmt::format("{} Mode Driver Framework version {}.{}", user_mode ? "User" : "Kernel",
                                       user_mode ? 2 : kMajorVersion, kMinorVersion);
  std::u16string wide(text.begin(), text.end());
  const auto bytes = static_cast<USHORT>(wide.size() * sizeof(WCHAR));
  return object_as<String>(StringHandle).assign({bytes, bytes, wide.data()});
}

/// No debugger is attached: nothing stops. With the framework's verifier on the driver's complaint is recorded.
VOID NTAPI WdfVerifierDbgBreakPoint(PWDF_DRIVER_GLOBALS DriverGlobals) {
  if (framework().settings.verifier)
    record("kmdf-verifier", "driver-breaks",
           fmt::format("{} calls WdfVerifierDbgBreakPoint", framework().client(DriverGlobals).name));
}

PWSTR NTAPI WdfDriverGetRegistryPath(PWDF_DRIVER_GLOBALS, WDFDRIVER Handle) {
  return object_as<Driver>(Handle).registry_path_in_pool();
}

NTSTATUS NTAPI WdfDriverRegisterTraceInfo(PWDF_DRIVER_GLOBALS, PDRIVER_OBJECT, PFN_WDF_TRACE_CALLBACK, PVOID) {
  return STATUS_NOT_SUPPORTED;  // as published: the tracing of the driver's own library takes over
}

NTSTATUS NTAPI WdfDriverErrorReportApiMissing(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Handle,
                                              PCWSTR FrameworkExtensionName, ULONG ApiIndex,
                                              BOOLEAN DoesApiReturnNtstatus) {
  object_as<Driver>(Handle);
  if (DoesApiReturnNtstatus && !framework().settings.verifier) return STATUS_PROCEDURE_NOT_FOUND;
  stop(Violation::ApiUnavailable, "api-unavailable",
       fmt::format("{} calls function {} ({}), which this framework's version does not have",
                   static_cast<const char*>(DriverGlobals->DriverName), ApiIndex,
                   FrameworkExtensionName ? "of a class extension" : function_name(ApiIndex)),
       reinterpret_cast<std::uint64_t>(&DriverGlobals->DriverName),
       reinterpret_cast<std::uint64_t>(FrameworkExtensionName), ApiIndex);
}

// clang-format off
const image::ExportFamily kDriverApi{kFrameworkModule, {
    // name                             entry                           caller's IRQL
    {"WdfDriverCreate",                 WdfDriverCreate,                exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDriverGetRegistryPath",        WdfDriverGetRegistryPath,       exactly(PASSIVE_LEVEL)},
    {"WdfDriverRetrieveVersionString",  WdfDriverRetrieveVersionString, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfVerifierDbgBreakPoint",        WdfVerifierDbgBreakPoint,       image::any_irql()},
    {"WdfDriverWdmGetDriverObject",     WdfDriverWdmGetDriverObject,    at_most(DISPATCH_LEVEL)},
    {"WdfWdmDriverGetWdfDriverHandle",  WdfWdmDriverGetWdfDriverHandle, at_most(DISPATCH_LEVEL)},
    {"WdfDriverIsVersionAvailable",     WdfDriverIsVersionAvailable,    exactly(PASSIVE_LEVEL)},
    {"WdfDriverRegisterTraceInfo",      WdfDriverRegisterTraceInfo,     exactly(PASSIVE_LEVEL)},
    {"WdfDriverErrorReportApiMissing",  WdfDriverErrorReportApiMissing, image::any_irql()},
}, "wdf/driver"};
// clang-format on

}  // namespace drydock::wdf
