// WDFWMIPROVIDER and WDFWMIINSTANCE. A machine here has no WMI consumers: providers register and are noted in the
// trace, events are taken, and no query ever comes.

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/functions.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

class WmiProvider final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::WmiProvider;
  WmiProvider(Client& client, Device& device, const WDF_WMI_PROVIDER_CONFIG& config)
      : Object(kType, client), config_(config), device_(device) {
    driver_may_delete = false;
  }
  Device* device() override { return &device_; }
  const WDF_WMI_PROVIDER_CONFIG& config() const { return config_; }

 private:
  const WDF_WMI_PROVIDER_CONFIG config_;
  Device& device_;
};

class WmiInstance final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::WmiInstance;
  WmiInstance(Client& client, WmiProvider& provider) : Object(kType, client), provider_(provider) {}
  Device* device() override { return provider_.device(); }
  WmiProvider& provider() const { return provider_; }
  bool registered = false;

 private:
  WmiProvider& provider_;
};

NTSTATUS check_provider(const WDF_WMI_PROVIDER_CONFIG& config) {
  if (config.Size != sizeof(WDF_WMI_PROVIDER_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  return config.Flags & ~ULONG{WdfWmiProviderValidFlags} ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS make_provider(Device& device, const WDF_WMI_PROVIDER_CONFIG& config, const WDF_OBJECT_ATTRIBUTES* attributes,
                       WmiProvider** provider) {
  auto made = std::make_unique<WmiProvider>(device.client(), device, config);
  if (const NTSTATUS status = made->commit(attributes, &device); !NT_SUCCESS(status)) return status;
  *provider = made.release();
  ++device.wmi_providers;
  machine::Machine::current().note(fmt::format("{} registers WMI provider {:08x}-{:04x}-{:04x}", describe(device),
                                               config.Guid.Data1, config.Guid.Data2, config.Guid.Data3));
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS NTAPI WdfWmiProviderCreate(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle,
                                    WDF_WMI_PROVIDER_CONFIG* WmiProviderConfig,
                                    WDF_OBJECT_ATTRIBUTES* ProviderAttributes, WDFWMIPROVIDER* Handle) {
  Device& device = object_as<Device>(DeviceHandle);
  require_pointer(WmiProviderConfig, "WdfWmiProviderCreate's WmiProviderConfig");
  require_pointer(Handle, "WdfWmiProviderCreate's WmiProvider");
  *Handle = nullptr;
  if (const NTSTATUS status = check_provider(*WmiProviderConfig); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = check_attributes(ProviderAttributes, {.parent_allowed = false}); !NT_SUCCESS(status))
    return status;
  WmiProvider* provider = nullptr;
  const NTSTATUS status = make_provider(device, *WmiProviderConfig, ProviderAttributes, &provider);
  if (NT_SUCCESS(status)) *Handle = provider->handle_as<WDFWMIPROVIDER>();
  return status;
}

WDFDEVICE NTAPI WdfWmiProviderGetDevice(WDF_DRIVER_GLOBALS*, WDFWMIPROVIDER Handle) {
  return object_as<WmiProvider>(Handle).device()->handle_as<WDFDEVICE>();
}

/// Nobody has asked for its events or data.
BOOLEAN NTAPI WdfWmiProviderIsEnabled(WDF_DRIVER_GLOBALS*, WDFWMIPROVIDER Handle, WDF_WMI_PROVIDER_CONTROL) {
  object_as<WmiProvider>(Handle);
  return FALSE;
}

ULONGLONG NTAPI WdfWmiProviderGetTracingHandle(WDF_DRIVER_GLOBALS*, WDFWMIPROVIDER Handle) {
  object_as<WmiProvider>(Handle);
  return 0;
}

NTSTATUS NTAPI WdfWmiInstanceCreate(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle,
                                    WDF_WMI_INSTANCE_CONFIG* InstanceConfig, WDF_OBJECT_ATTRIBUTES* InstanceAttributes,
                                    WDFWMIINSTANCE* Handle) {
  Device& device = object_as<Device>(DeviceHandle);
  require_pointer(InstanceConfig, "WdfWmiInstanceCreate's InstanceConfig");
  if (Handle) *Handle = nullptr;
  if (InstanceConfig->Size != sizeof(WDF_WMI_INSTANCE_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (const NTSTATUS status = check_attributes(InstanceAttributes, {.parent_allowed = false}); !NT_SUCCESS(status))
    return status;
  if (!InstanceConfig->Provider && !InstanceConfig->ProviderConfig) return STATUS_INVALID_PARAMETER;
  WmiProvider* provider = nullptr;
  if (InstanceConfig->Provider) {
    provider = &object_as<WmiProvider>(InstanceConfig->Provider);
  } else {
    if (const NTSTATUS status = check_provider(*InstanceConfig->ProviderConfig); !NT_SUCCESS(status)) return status;
    if (const NTSTATUS status = make_provider(device, *InstanceConfig->ProviderConfig, nullptr, &provider);
        !NT_SUCCESS(status))
      return status;
  }
  auto instance = std::make_unique<WmiInstance>(device.client(), *provider);
  instance->registered = InstanceConfig->Register != 0;
  WDFWMIINSTANCE handle = nullptr;
  const NTSTATUS status = commit_new(std::move(instance), InstanceAttributes, provider, &handle);
  if (NT_SUCCESS(status) && Handle) *Handle = handle;
  return status;
}

NTSTATUS NTAPI WdfWmiInstanceRegister(WDF_DRIVER_GLOBALS*, WDFWMIINSTANCE Handle) {
  auto& instance = object_as<WmiInstance>(Handle);
  if (instance.registered) return STATUS_INVALID_DEVICE_STATE;
  instance.registered = true;
  return STATUS_SUCCESS;
}

VOID NTAPI WdfWmiInstanceDeregister(WDF_DRIVER_GLOBALS*, WDFWMIINSTANCE Handle) {
  object_as<WmiInstance>(Handle).registered = false;
}

WDFDEVICE NTAPI WdfWmiInstanceGetDevice(WDF_DRIVER_GLOBALS*, WDFWMIINSTANCE Handle) {
  return object_as<WmiInstance>(Handle).device()->handle_as<WDFDEVICE>();
}

WDFWMIPROVIDER NTAPI WdfWmiInstanceGetProvider(WDF_DRIVER_GLOBALS*, WDFWMIINSTANCE Handle) {
  return object_as<WmiInstance>(Handle).provider().handle_as<WDFWMIPROVIDER>();
}

/// The event is taken; nobody listens.
NTSTATUS NTAPI WdfWmiInstanceFireEvent(WDF_DRIVER_GLOBALS*, WDFWMIINSTANCE Handle, ULONG EventDataSize, PVOID) {
  const auto& instance = object_as<WmiInstance>(Handle);
  machine::Machine::current().note(fmt::format("{} fires an event of {} bytes", instance.name(), EventDataSize));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfDeviceAssignMofResourceName(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle,
                                              PCUNICODE_STRING MofResourceName) {
  Device& device = object_as<Device>(DeviceHandle);
  require_pointer(MofResourceName, "WdfDeviceAssignMofResourceName's MofResourceName");
  if (device.has_mof_name) return STATUS_OBJECT_NAME_COLLISION;
  device.has_mof_name = true;
  return STATUS_SUCCESS;
}

// clang-format off
const image::ExportFamily kWmiApi{kFrameworkModule, {
    // name                             entry                            caller's IRQL
    {"WdfWmiProviderCreate",            WdfWmiProviderCreate,            exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfWmiProviderGetDevice",         WdfWmiProviderGetDevice,         at_most(DISPATCH_LEVEL)},
    {"WdfWmiProviderIsEnabled",         WdfWmiProviderIsEnabled,         at_most(DISPATCH_LEVEL)},
    {"WdfWmiProviderGetTracingHandle",  WdfWmiProviderGetTracingHandle,  at_most(DISPATCH_LEVEL)},
    {"WdfWmiInstanceCreate",            WdfWmiInstanceCreate,            at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfWmiInstanceRegister",          WdfWmiInstanceRegister,          at_most(DISPATCH_LEVEL)},
    {"WdfWmiInstanceDeregister",        WdfWmiInstanceDeregister,        at_most(DISPATCH_LEVEL)},
    {"WdfWmiInstanceGetDevice",         WdfWmiInstanceGetDevice,         at_most(DISPATCH_LEVEL)},
    {"WdfWmiInstanceGetProvider",       WdfWmiInstanceGetProvider,       at_most(DISPATCH_LEVEL)},
    {"WdfWmiInstanceFireEvent",         WdfWmiInstanceFireEvent,         at_most(DISPATCH_LEVEL)},
    {"WdfDeviceAssignMofResourceName",  WdfDeviceAssignMofResourceName,  exactly(PASSIVE_LEVEL)},
}, "wdf/wmi"};
// clang-format on

}  // namespace drydock::wdf
