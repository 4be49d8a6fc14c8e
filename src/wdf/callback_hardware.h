#pragma once
// In which callbacks a driver may touch its device's registers, as published (WDF-040 to WDF-043). The others are
// judged by the moment alone, as all are: in D0, or on the way there, or off.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace drydock::wdf {

enum class RegisterAccess : std::uint8_t {
  InD0,            ///< whenever the device is not off
  BeforeSurprise,  ///< the same, but not when it has been taken away
  Never,
};

struct CallbackHardware {
  std::string_view name;  ///< as in the contract's table of short names
  const char* callback;
  RegisterAccess may;
  const char* rule;
};

// clang-format off
inline constexpr CallbackHardware kCallbackHardware[] = {
    {"PrepareHardware",    "EvtDevicePrepareHardware",                RegisterAccess::InD0,           "WDF-040"},
    {"D0Entry",            "EvtDeviceD0Entry",                        RegisterAccess::InD0,           "WDF-040"},
    {"PostInt",            "EvtDeviceD0EntryPostInterruptsEnabled",   RegisterAccess::InD0,           "WDF-040"},
    {"PreInt",             "EvtDeviceD0ExitPreInterruptsDisabled",    RegisterAccess::InD0,           "WDF-040"},
    {"D0Exit",             "EvtDeviceD0Exit",                         RegisterAccess::InD0,           "WDF-040"},
    {"IntEnable",          "EvtInterruptEnable",                      RegisterAccess::InD0,           "WDF-040"},
    {"IntDisable",         "EvtInterruptDisable",                     RegisterAccess::InD0,           "WDF-040"},
    {"DmaFill",            "EvtDmaEnablerFill",                       RegisterAccess::InD0,           "WDF-040"},
    {"DmaEnable",          "EvtDmaEnablerEnable",                     RegisterAccess::InD0,           "WDF-040"},
    {"DmaStart",           "EvtDmaEnablerSelfManagedIoStart",         RegisterAccess::InD0,           "WDF-040"},
    {"DmaStop",            "EvtDmaEnablerSelfManagedIoStop",          RegisterAccess::InD0,           "WDF-040"},
    {"DmaDisable",         "EvtDmaEnablerDisable",                    RegisterAccess::InD0,           "WDF-040"},
    {"DmaFlush",           "EvtDmaEnablerFlush",                      RegisterAccess::InD0,           "WDF-040"},
    {"SmInit",             "EvtDeviceSelfManagedIoInit",              RegisterAccess::InD0,           "WDF-040"},
    {"SmRestart",          "EvtDeviceSelfManagedIoRestart",           RegisterAccess::InD0,           "WDF-040"},
    {"ArmS0",              "EvtDeviceArmWakeFromS0",                  RegisterAccess::InD0,           "WDF-040"},
    {"DisarmS0",           "EvtDeviceDisarmWakeFromS0",               RegisterAccess::InD0,           "WDF-040"},
    {"TriggeredS0",        "EvtDeviceWakeFromS0Triggered",            RegisterAccess::InD0,           "WDF-040"},
    {"ArmSx",              "EvtDeviceArmWakeFromSx",                  RegisterAccess::InD0,           "WDF-040"},
    {"DisarmSx",           "EvtDeviceDisarmWakeFromSx",               RegisterAccess::InD0,           "WDF-040"},
    {"TriggeredSx",        "EvtDeviceWakeFromSxTriggered",            RegisterAccess::InD0,           "WDF-040"},
    {"Usage",              "EvtDeviceUsageNotification",              RegisterAccess::InD0,           "WDF-040"},

    {"ReleaseHardware",    "EvtDeviceReleaseHardware",                RegisterAccess::Never,          "WDF-041"},
    {"SmFlush",            "EvtDeviceSelfManagedIoFlush",             RegisterAccess::Never,          "WDF-041"},
    {"SmCleanup",          "EvtDeviceSelfManagedIoCleanup",           RegisterAccess::Never,          "WDF-041"},
    {"SurpriseRemoval",    "EvtDeviceSurpriseRemoval",                RegisterAccess::Never,          "WDF-041"},
    {"Eject",              "EvtDeviceEject",                          RegisterAccess::Never,          "WDF-041"},
    {"SetLock",            "EvtDeviceSetLock",                        RegisterAccess::Never,          "WDF-041"},
    {"FilterAdd",          "EvtDeviceFilterAddResourceRequirements",  RegisterAccess::Never,          "WDF-041"},
    {"FilterRemove",       "EvtDeviceFilterRemoveResourceRequirements", RegisterAccess::Never,        "WDF-041"},
    {"ResourcesQuery",     "EvtDeviceResourcesQuery",                 RegisterAccess::Never,          "WDF-041"},
    {"RequirementsQuery",  "EvtDeviceResourceRequirementsQuery",      RegisterAccess::Never,          "WDF-041"},

    {"SmSuspend",          "EvtDeviceSelfManagedIoSuspend",           RegisterAccess::BeforeSurprise, "WDF-042"},
    {"RelationsQuery",     "EvtDeviceRelationsQuery",                 RegisterAccess::InD0,           "WDF-042"},
    {"RemoveAdded",        "EvtDeviceRemoveAddedResources",           RegisterAccess::Never,          "WDF-042"},
    {"EnableWakeAtBus",    "EvtDeviceEnableWakeAtBus",                RegisterAccess::InD0,           "WDF-042"},
    {"DisableWakeAtBus",   "EvtDeviceDisableWakeAtBus",               RegisterAccess::InD0,           "WDF-042"},
    {"FileCreate",         "EvtDeviceFileCreate",                     RegisterAccess::InD0,           "WDF-042"},
    {"QueryStop",          "EvtDeviceQueryStop",                      RegisterAccess::InD0,           "WDF-043"},
    {"QueryRemove",        "EvtDeviceQueryRemove",                    RegisterAccess::InD0,           "WDF-043"},
};
// clang-format on

/// Of "D0Entry(D3Final)", too; null for one without a row.
constexpr const CallbackHardware* hardware_of_callback(std::string_view name) {
  name = name.substr(0, name.find('('));
  const auto* row = std::find_if(std::begin(kCallbackHardware), std::end(kCallbackHardware),
                                 [name](const CallbackHardware& each) { return each.name == name; });
  return row == std::end(kCallbackHardware) ? nullptr : row;
}

}  // namespace drydock::wdf
