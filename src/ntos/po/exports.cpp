#include "ntos/exports.h"
#include "nt/irql.h"
#include "ntos/po/power.h"

namespace drydock::ntos::po {

using namespace nt;
using image::at_most;
using image::ExportFamily;
using image::not_built;

namespace {

const ExportFamily kPower{
    "ntoskrnl.exe",
    {
        {"PoStartNextPowerIrp", PoStartNextPowerIrp, at_most(DISPATCH_LEVEL)},
        {"PoCallDriver", PoCallDriver, at_most(DISPATCH_LEVEL)},
        {"PoSetPowerState", PoSetPowerState, at_most(DISPATCH_LEVEL)},
        {"PoRequestPowerIrp", PoRequestPowerIrp, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"PoRegisterDeviceForIdleDetection", PoRegisterDeviceForIdleDetection, at_most(DISPATCH_LEVEL)},
        {"PoSetDeviceBusyEx", PoSetDeviceBusyEx, at_most(DISPATCH_LEVEL)},
        {"PoRegisterSystemState", PoRegisterSystemState, at_most(APC_LEVEL)},
        {"PoUnregisterSystemState", PoUnregisterSystemState, at_most(APC_LEVEL)},
        {"PoSetSystemState", PoSetSystemState, at_most(DISPATCH_LEVEL)},
        {"PoGetSystemWake", PoGetSystemWake, at_most(DISPATCH_LEVEL)},
        {"PoSetSystemWake", PoSetSystemWake, at_most(DISPATCH_LEVEL)},
        {"PoRegisterPowerSettingCallback", not_built("power settings are not built"), at_most(APC_LEVEL)},
        {"PoUnregisterPowerSettingCallback", not_built("power settings are not built"), at_most(APC_LEVEL)},
        {"PoCreatePowerRequest", not_built("power requests are not built"), at_most(APC_LEVEL)},
        {"PoSetPowerRequest", not_built("power requests are not built"), at_most(DISPATCH_LEVEL)},
        {"PoClearPowerRequest", not_built("power requests are not built"), at_most(DISPATCH_LEVEL)},
        {"PoDeletePowerRequest", not_built("power requests are not built"), at_most(APC_LEVEL)},
        {"PoFxRegisterDevice", not_built("the power framework is not built"), at_most(APC_LEVEL)},
        {"PoFxUnregisterDevice", not_built("the power framework is not built"), at_most(APC_LEVEL)},
        {"PoFxStartDevicePowerManagement", not_built("the power framework is not built"), at_most(APC_LEVEL)},
        {"PoFxActivateComponent", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxIdleComponent", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxCompleteIdleCondition", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxCompleteIdleState", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxCompleteDevicePowerNotRequired", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxReportDevicePoweredOn", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxSetComponentLatency", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxSetComponentResidency", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxSetComponentWake", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
        {"PoFxSetDeviceIdleTimeout", not_built("the power framework is not built"), at_most(DISPATCH_LEVEL)},
    },
    "po/power"};

}  // namespace

void add_exports(image::ExportIndex& index) {
  index.add(kPower);
}

}  // namespace drydock::ntos::po
