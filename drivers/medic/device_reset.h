/// GUID_DEVICE_RESET_INTERFACE_STANDARD, which mingw-w64's headers do not declare. The original form of the structure:
/// what a bus has added to it since is not needed here, and the size of the query says which form is meant.
#pragma once

#include <ntddk.h>

typedef enum _DEVICE_RESET_TYPE {
  FunctionLevelDeviceReset,
  PlatformLevelDeviceReset,
} DEVICE_RESET_TYPE;

typedef VOID(NTAPI* PDEVICE_RESET_COMPLETION)(NTSTATUS Status, PVOID Context);

typedef struct _FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS {
  ULONG Size;
  PDEVICE_RESET_COMPLETION DeviceResetCompletion;
  PVOID CompletionContext;
} FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS;

typedef NTSTATUS(NTAPI* PDEVICE_RESET_HANDLER)(PVOID InterfaceContext, DEVICE_RESET_TYPE ResetType, ULONG Flags,
                                               PVOID ResetParameters);

typedef struct _DEVICE_RESET_INTERFACE_STANDARD {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
  PDEVICE_RESET_HANDLER DeviceReset;
  ULONG SupportedResetTypes;  // 1 << DEVICE_RESET_TYPE
  PVOID Reserved;
} DEVICE_RESET_INTERFACE_STANDARD;
C_ASSERT(sizeof(DEVICE_RESET_INTERFACE_STANDARD) == 0x38);

#define DEVICE_RESET_INTERFACE_VERSION 1

static const GUID GUID_DEVICE_RESET_INTERFACE_STANDARD = {
    0x649FDF26, 0x3BC0, 0x4813, {0xAD, 0x24, 0x7E, 0x0C, 0x1E, 0xDA, 0x3F, 0xA3}};

#ifndef STATUS_DEVICE_HUNG
#define STATUS_DEVICE_HUNG ((NTSTATUS)0xC0000507)
#endif
