// wdfldr.sys: binding a driver to the library, and giving the binding back (contract, section 20).

#include <cstring>

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/driver.h"
#include "wdf/framework.h"
#include "wdf/misuse.h"
#include "wdf/old_structures.h"
#include "wdf/structure_sizes.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::exactly;
using image::not_built;

namespace {

constexpr ULONG kGlobalsTag = 0x4C647846;  // "FxdL"

std::u16string text_of(const UNICODE_STRING* string) {
  return string && string->Buffer ? std::u16string(string->Buffer, string->Length / sizeof(WCHAR)) : std::u16string();
}

/// The driver whose code calls: the loader knows it as the driver object it is given.
bool is_driver_object(const DRIVER_OBJECT* object) {
  for (const DRIVER_OBJECT* driver : ntos::io::drivers())
    if (driver == object) return true;
  return false;
}

/// WDF-402, WDF-403, WDF-405: says so in the trace of findings, since Windows logs an event.
NTSTATUS refuse_version(const DRIVER_OBJECT* driver, const WDF_VERSION& wanted) {
  warn("WDF-403", "framework-too-old",
       fmt::format("{} asks for KMDF {}.{}, and the library is {}.{}: it is not loaded",
                   driver ? ntos::io::driver_name(driver) : "a driver", wanted.Major, wanted.Minor, kMajorVersion,
                   kMinorVersion));
  return STATUS_OBJECT_TYPE_MISMATCH;
}

/// Whether the library serves the version; a newer driver of the second form may take what is there (WDF-404).
bool serves(const WDF_BIND_INFO2& info, bool second_form, bool* higher) {
  *higher = info.V1.Version.Minor > kMinorVersion;
  if (info.V1.Version.Major != kMajorVersion) return false;
  if (!second_form) return !*higher;
  return !*higher || (info.MinimumVersionRequired && *info.MinimumVersionRequired <= kMinorVersion);
}

NTSTATUS bind(DRIVER_OBJECT* DriverObject, UNICODE_STRING* RegistryPath, WDF_BIND_INFO* BindInfo,
              WDF_DRIVER_GLOBALS** ComponentGlobals) {
  if (!BindInfo || !ComponentGlobals) return STATUS_INVALID_PARAMETER;
  if (BindInfo->Size != sizeof(WDF_BIND_INFO) && BindInfo->Size != sizeof(WDF_BIND_INFO2)) {
    warn("WDF-392", "bind-structure-unknown",
         fmt::format("{} binds with a structure of {:#x} bytes, which no version had: it is not loaded",
                     DriverObject ? ntos::io::driver_name(DriverObject) : "a driver", BindInfo->Size));
    return STATUS_INVALID_PARAMETER;
  }
  if (!BindInfo->FuncTable) return STATUS_INVALID_PARAMETER;
  const bool second_form = BindInfo->Size == sizeof(WDF_BIND_INFO2);
  WDF_BIND_INFO2 info{};
  std::memcpy(static_cast<void*>(&info), BindInfo, BindInfo->Size);
  *ComponentGlobals = nullptr;

  bool higher = false;
  if (!serves(info, second_form, &higher)) return refuse_version(DriverObject, info.V1.Version);
  ULONG count = info.V1.FuncCount;
  if (higher)
    count = kFunctionCount;
  else if (!is_function_count(count))
    return STATUS_INVALID_PARAMETER;

  auto* globals =
      static_cast<WDF_DRIVER_GLOBALS*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(WDF_DRIVER_GLOBALS), kGlobalsTag));
  if (!globals) return STATUS_INSUFFICIENT_RESOURCES;
  std::memset(static_cast<void*>(globals), 0, sizeof *globals);

  PVOID* entries = framework().functions.entries();
  if (count <= kCopiedTableMax)
    std::memcpy(BindInfo->FuncTable, entries, count * sizeof(PVOID));
  else
    *reinterpret_cast<PVOID**>(BindInfo->FuncTable) = entries;
  if (second_form) {
    if (info.ClientVersionHigherThanFramework) *info.ClientVersionHigherThanFramework = higher;
    if (higher) {
      BindInfo->FuncCount = count;
      if (info.FuncCountPtr) *info.FuncCountPtr = count;
      if (info.StructCountPtr) *info.StructCountPtr = kStructureCount;
      SIZE_T*& sizes = framework().structure_sizes;
      if (!sizes) sizes = structure_sizes_for_driver();
      if (info.StructTable) *info.StructTable = sizes;
    }
  }

  auto client = std::make_unique<Client>();
  client->globals = globals;
  client->version = info.V1.Version;
  client->function_count = count;
  client->registry_path = text_of(RegistryPath);
  client->tag = kGlobalsTag;
  if (DriverObject && is_driver_object(DriverObject)) {
    client->driver_object = DriverObject;
    client->name = ntos::io::driver_name(DriverObject);
  }
  framework().clients.push_back(std::move(client));
  *ComponentGlobals = globals;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfVersionBind(DRIVER_OBJECT* DriverObject, UNICODE_STRING* RegistryPath, WDF_BIND_INFO* BindInfo,
                              WDF_DRIVER_GLOBALS** ComponentGlobals) {
  const std::string name =
      DriverObject && is_driver_object(DriverObject) ? ntos::io::driver_name(DriverObject) : "a driver";
  for (const char* words : {"> LOAD", "has WdfVersionBind", "has DriverEntry", "has WdfVersionUnbind",
                            "calls WdfVersionBind"})
    note_driver(name, words);
  const NTSTATUS status = bind(DriverObject, RegistryPath, BindInfo, ComponentGlobals);
  if (!NT_SUCCESS(status)) note_driver(name, "failed WdfVersionBind");
  return status;
}

VOID NTAPI WdfVersionUnbind(UNICODE_STRING*, WDF_BIND_INFO*, WDF_DRIVER_GLOBALS* ComponentGlobals) {
  Framework& all = framework();
  Client& client = all.client(ComponentGlobals);
  note_driver(client.name, "calls WdfVersionUnbind");
  end_driver(client);  // of a DriverEntry that failed (WDF-020)
  ExFreePoolWithTag(client.globals, kGlobalsTag);
  std::erase_if(all.clients, [&client](const std::unique_ptr<Client>& each) { return each.get() == &client; });
}

/// No class extension is here. The load fails (WDF-388), and the user learns which one was missing.
NTSTATUS NTAPI WdfVersionBindClass(WDF_BIND_INFO*, WDF_DRIVER_GLOBALS* ComponentGlobals,
                                   WDF_CLASS_BIND_INFO* ClassBindInfo) {
  const Client& client = framework().client(ComponentGlobals);
  if (!ClassBindInfo || !ClassBindInfo->ClassName ||
      (ClassBindInfo->Size != sizeof(WDF_CLASS_BIND_INFO) && ClassBindInfo->Size != kClassBindInfo2Size))
    return STATUS_INVALID_PARAMETER;
  const std::string name = ntos::ob::narrow(ClassBindInfo->ClassName);
  warn("WDF-388", "class-extension-missing",
       fmt::format("{} is a client of the class extension {} {}.{}, which is not here: it is not loaded", client.name,
                   name, ClassBindInfo->Version.Major, ClassBindInfo->Version.Minor));
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

VOID NTAPI WdfVersionUnbindClass(WDF_BIND_INFO*, WDF_DRIVER_GLOBALS*, WDF_CLASS_BIND_INFO*) {}

}  // namespace

namespace {
constexpr const char* kNoLibraries = "the framework is our own; no library or class extension registers with it";
}

// clang-format off
const image::ExportFamily kLoader{kLoaderModule, {
    // name                      entry                    caller's IRQL
    {"WdfVersionBind",           WdfVersionBind,          exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfVersionUnbind",         WdfVersionUnbind,        exactly(PASSIVE_LEVEL)},
    {"WdfVersionBindClass",      WdfVersionBindClass,     exactly(PASSIVE_LEVEL)},
    {"WdfVersionUnbindClass",    WdfVersionUnbindClass,   exactly(PASSIVE_LEVEL)},
    {"WdfRegisterLibrary",       not_built(kNoLibraries), exactly(PASSIVE_LEVEL)},
    {"WdfRegisterClassLibrary",  not_built(kNoLibraries), exactly(PASSIVE_LEVEL)},
    {"WdfLdrQueryInterface",     not_built(kNoLibraries), exactly(PASSIVE_LEVEL)},
}, "wdf/bind"};
// clang-format on

}  // namespace drydock::wdf
