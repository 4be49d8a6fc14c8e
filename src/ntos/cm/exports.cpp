#include "ntos/exports.h"
#include "image/export_table.h"
#include "ntos/cm/key_api.h"

namespace drydock::ntos::cm {

namespace {

using image::exactly, image::ExportFamily, image::not_built;

// clang-format off
const ExportFamily kKeys{"ntoskrnl.exe", {
  // name                      entry                    caller's IRQL           may be refused with
  {"ZwOpenKey",                ZwOpenKey,               exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
  {"ZwOpenKeyEx",              ZwOpenKeyEx,             exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
  {"ZwCreateKey",              ZwCreateKey,             exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
  {"ZwQueryValueKey",          ZwQueryValueKey,         exactly(PASSIVE_LEVEL)},
  {"ZwEnumerateValueKey",      ZwEnumerateValueKey,     exactly(PASSIVE_LEVEL)},
  {"ZwSetValueKey",            ZwSetValueKey,           exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
  {"ZwQueryKey",               ZwQueryKey,              exactly(PASSIVE_LEVEL)},
  {"ZwEnumerateKey",           ZwEnumerateKey,          exactly(PASSIVE_LEVEL)},
  {"ZwDeleteValueKey",         ZwDeleteValueKey,        exactly(PASSIVE_LEVEL)},
  {"ZwDeleteKey",              ZwDeleteKey,             exactly(PASSIVE_LEVEL)},
  {"ZwFlushKey",               ZwFlushKey,              exactly(PASSIVE_LEVEL)},
  {"IoOpenDriverRegistryKey",  IoOpenDriverRegistryKey, exactly(PASSIVE_LEVEL)},
  {"ZwNotifyChangeKey",        not_built("nothing notifies of registry changes yet"), exactly(PASSIVE_LEVEL)},
  {"CmRegisterCallback",       not_built("registry callbacks do not exist yet"), exactly(PASSIVE_LEVEL)},
  {"CmRegisterCallbackEx",     not_built("registry callbacks do not exist yet"), exactly(PASSIVE_LEVEL)},
  {"CmUnRegisterCallback",     not_built("registry callbacks do not exist yet"), exactly(PASSIVE_LEVEL)},
}, "cm/keys"};

const ExportFamily kValues{"ntoskrnl.exe", {
  {"RtlQueryRegistryValues",   RtlQueryRegistryValues,  exactly(PASSIVE_LEVEL)},
  {"RtlQueryRegistryValuesEx", RtlQueryRegistryValues,  exactly(PASSIVE_LEVEL)},
  {"RtlWriteRegistryValue",    RtlWriteRegistryValue,   exactly(PASSIVE_LEVEL)},
  {"RtlDeleteRegistryValue",   RtlDeleteRegistryValue,  exactly(PASSIVE_LEVEL)},
  {"RtlCheckRegistryKey",      RtlCheckRegistryKey,     exactly(PASSIVE_LEVEL)},
  {"RtlCreateRegistryKey",     RtlCreateRegistryKey,    exactly(PASSIVE_LEVEL)},
}, "cm/values"};
// clang-format on

}  // namespace

void add_exports(image::ExportIndex& index) {
  index.add(kKeys);
  index.add(kValues);
}

}  // namespace drydock::ntos::cm
