#pragma once
// The registry as drivers see it. All at PASSIVE_LEVEL.

#include "nt/device_object.h"
#include "nt/guid.h"
#include "nt/registry.h"
#include "nt/string.h"

namespace drydock::ntos::cm {
using namespace nt;

NTSTATUS NTAPI ZwOpenKey(HANDLE* KeyHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes);
NTSTATUS NTAPI ZwOpenKeyEx(HANDLE* KeyHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes,
                           ULONG OpenOptions);
/// Creates the last component only; STATUS_OBJECT_NAME_NOT_FOUND if one before it is missing.
NTSTATUS NTAPI ZwCreateKey(HANDLE* KeyHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes,
                           ULONG TitleIndex, UNICODE_STRING* Class, ULONG CreateOptions, ULONG* Disposition);
/// STATUS_BUFFER_TOO_SMALL if not even the fixed part fits, STATUS_BUFFER_OVERFLOW if the rest does not.
NTSTATUS NTAPI ZwQueryValueKey(HANDLE KeyHandle, UNICODE_STRING* ValueName,
                               KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                               ULONG Length, ULONG* ResultLength);
NTSTATUS NTAPI ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, ULONG* ResultLength);
NTSTATUS NTAPI ZwSetValueKey(HANDLE KeyHandle, UNICODE_STRING* ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
                             ULONG DataSize);
NTSTATUS NTAPI ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                          ULONG Length, ULONG* ResultLength);
NTSTATUS NTAPI ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                              PVOID KeyInformation, ULONG Length, ULONG* ResultLength);
NTSTATUS NTAPI ZwDeleteValueKey(HANDLE KeyHandle, UNICODE_STRING* ValueName);
NTSTATUS NTAPI ZwDeleteKey(HANDLE KeyHandle);
NTSTATUS NTAPI ZwFlushKey(HANDLE KeyHandle);

/// Walks QueryTable up to its empty entry; see the flags of RTL_QUERY_REGISTRY_TABLE.
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, RTL_QUERY_REGISTRY_TABLE* QueryTable,
                                      PVOID Context, PVOID Environment);
NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData,
                                     ULONG ValueLength);
NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName);
NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path);
NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path);

/// The service's Parameters key (DriverRegKeyParameters) of IoOpenDriverRegistryKey.
NTSTATUS NTAPI IoOpenDriverRegistryKey(DRIVER_OBJECT* DriverObject, LONG RegKeyType, ACCESS_MASK DesiredAccess,
                                       ULONG Flags, HANDLE* DriverRegKey);

}  // namespace drydock::ntos::cm
