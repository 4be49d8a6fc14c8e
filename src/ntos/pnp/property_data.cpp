#include "ntos/pnp/property_data.h"

#include <cstring>

#include "ntos/pnp/device_api.h"
#include "ntos/pnp/manager.h"

namespace drydock::ntos::pnp {

namespace {

struct Row {
  ULONG pid;  ///< DEVPKEY_Device_..., all of one category
  DEVICE_REGISTRY_PROPERTY property;
  DEVPROPTYPE type;
};
constexpr Row kRows[] = {
    {2, DevicePropertyDeviceDescription, DEVPROP_TYPE_STRING},
    {3, DevicePropertyHardwareID, DEVPROP_TYPE_STRING_LIST},
    {4, DevicePropertyCompatibleIDs, DEVPROP_TYPE_STRING_LIST},
    {9, DevicePropertyClassName, DEVPROP_TYPE_STRING},
    {11, DevicePropertyDriverKeyName, DEVPROP_TYPE_STRING},
    {13, DevicePropertyManufacturer, DEVPROP_TYPE_STRING},
    {14, DevicePropertyFriendlyName, DEVPROP_TYPE_STRING},
    {15, DevicePropertyLocationInformation, DEVPROP_TYPE_STRING},
    {16, DevicePropertyPhysicalDeviceObjectName, DEVPROP_TYPE_STRING},
    {18, DevicePropertyUINumber, DEVPROP_TYPE_UINT32},
    {21, DevicePropertyBusTypeGuid, DEVPROP_TYPE_GUID},
    {22, DevicePropertyLegacyBusType, DEVPROP_TYPE_UINT32},
    {23, DevicePropertyBusNumber, DEVPROP_TYPE_UINT32},
    {24, DevicePropertyEnumeratorName, DEVPROP_TYPE_STRING},
    {30, DevicePropertyAddress, DEVPROP_TYPE_UINT32},
};
constexpr ULONG kClassGuid = 10;  ///< a GUID here, its text there

NTSTATUS give(const void* from, ULONG bytes, ULONG size, PVOID data, ULONG* required) {
  *required = bytes;
  if (bytes > size) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(data, from, bytes);
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS NTAPI IoGetDevicePropertyData(DEVICE_OBJECT* Pdo, const DEVPROPKEY* PropertyKey, ULONG, ULONG, ULONG Size,
                                       PVOID Data, ULONG* RequiredSize, DEVPROPTYPE* Type) {
  *RequiredSize = 0;
  *Type = 0;
  if (!(PropertyKey->fmtid == kDevicePropertyCategory)) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (PropertyKey->pid == kClassGuid) {
    const Devnode* node = manager().find_pdo(Pdo);
    if (!node || node->service.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
    *Type = DEVPROP_TYPE_GUID;
    return give(&node->class_guid, sizeof(GUID), Size, Data, RequiredSize);
  }
  for (const Row& row : kRows) {
    if (row.pid != PropertyKey->pid) continue;
    const NTSTATUS status = IoGetDeviceProperty(Pdo, row.property, Size, Data, RequiredSize);
    if (NT_SUCCESS(status) || status == STATUS_BUFFER_TOO_SMALL) *Type = row.type;
    return status;
  }
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

}  // namespace drydock::ntos::pnp
