#include "ntos/exports.h"
#include "nt/irql.h"
#include "ntos/pnp/detection.h"
#include "ntos/pnp/device_api.h"
#include "ntos/pnp/interface_api.h"
#include "ntos/pnp/property_data.h"

namespace drydock::ntos::pnp {

using namespace nt;
using image::at_most;
using image::exactly;
using image::ExportFamily;
using image::not_built;

namespace {

const ExportFamily kPnpDevices{
    "ntoskrnl.exe",
    {
        // name                                    entry                                    caller's IRQL may be refused
        // with
        {"IoInvalidateDeviceRelations", IoInvalidateDeviceRelations, at_most(DISPATCH_LEVEL)},
        {"IoInvalidateDeviceState", IoInvalidateDeviceState, at_most(DISPATCH_LEVEL)},
        {"IoRequestDeviceEject", IoRequestDeviceEject, at_most(DISPATCH_LEVEL)},
        {"IoGetDeviceProperty", IoGetDeviceProperty, exactly(PASSIVE_LEVEL)},
        {"IoOpenDeviceRegistryKey", IoOpenDeviceRegistryKey, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"IoReportTargetDeviceChange", IoReportTargetDeviceChange, exactly(PASSIVE_LEVEL)},
        {"IoReportTargetDeviceChangeAsynchronous", IoReportTargetDeviceChangeAsynchronous, at_most(DISPATCH_LEVEL)},
        {"IoReportDetectedDevice", IoReportDetectedDevice, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"IoReportResourceForDetection", IoReportResourceForDetection, exactly(PASSIVE_LEVEL)},
        {"IoReportResourceUsage", not_built("legacy resource claims are not built"), exactly(PASSIVE_LEVEL)},
        {"IoAssignResources", not_built("legacy resource claims are not built"), exactly(PASSIVE_LEVEL)},
        {"IoQueryDeviceDescription", not_built("the hardware description of NT 4 is not built"),
         exactly(PASSIVE_LEVEL)},
        {"IoSynchronousInvalidateDeviceRelations", not_built("no scenario waits for relations yet"),
         exactly(PASSIVE_LEVEL)},
        {"IoGetDevicePropertyData", IoGetDevicePropertyData, exactly(PASSIVE_LEVEL)},
        {"IoSetDevicePropertyData", not_built("properties set by drivers are not built"), exactly(PASSIVE_LEVEL)},
    },
    "pnp/device"};

const ExportFamily kPnpInterfaces{
    "ntoskrnl.exe",
    {
        {"IoRegisterDeviceInterface",
         IoRegisterDeviceInterface,
         exactly(PASSIVE_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"IoSetDeviceInterfaceState", IoSetDeviceInterfaceState, exactly(PASSIVE_LEVEL)},
        {"IoGetDeviceInterfaces", IoGetDeviceInterfaces, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"IoOpenDeviceInterfaceRegistryKey",
         IoOpenDeviceInterfaceRegistryKey,
         exactly(PASSIVE_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"IoGetDeviceInterfaceAlias", not_built("interface aliases are not built"), exactly(PASSIVE_LEVEL)},
        {"IoRegisterPlugPlayNotification",
         IoRegisterPlugPlayNotification,
         exactly(PASSIVE_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"IoUnregisterPlugPlayNotification", IoUnregisterPlugPlayNotification, exactly(PASSIVE_LEVEL)},
        {"IoUnregisterPlugPlayNotificationEx", IoUnregisterPlugPlayNotificationEx, exactly(PASSIVE_LEVEL)},
    },
    "pnp/interface"};

}  // namespace

void add_exports(image::ExportIndex& index) {
  index.add(kPnpDevices);
  index.add(kPnpInterfaces);
}

}  // namespace drydock::ntos::pnp
