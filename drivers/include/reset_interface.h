// GUID_DEVICE_RESET_INTERFACE_STANDARD and its relations, which mingw-w64's wdm.h lacks.
#pragma once

#include <ntddk.h>

// {649FDF26-3BC0-4813-AD24-7E0C1EDA3FA3}
static const GUID GUID_DEVICE_RESET_INTERFACE_STANDARD = {
    0x649FDF26, 0x3BC0, 0x4813, {0xAD, 0x24, 0x7E, 0x0C, 0x1E, 0xDA, 0x3F, 0xA3}};
#define DEVICE_RESET_INTERFACE_VERSION 1

#ifndef STATUS_DEVICE_HUNG
#define STATUS_DEVICE_HUNG ((NTSTATUS)0xC0000507)
#endif

typedef enum _DEVICE_RESET_TYPE { FunctionLevelDeviceReset, PlatformLevelDeviceReset } DEVICE_RESET_TYPE;

typedef VOID(NTAPI* PDEVICE_RESET_COMPLETION)(NTSTATUS Status, PVOID Context);

typedef struct _FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS {
  ULONG Size;
  PDEVICE_RESET_COMPLETION DeviceResetCompletion;
  PVOID CompletionContext;
} FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS;

typedef union _DEVICE_BUS_SPECIFIC_RESET_TYPE {
  struct {
    ULONGLONG FunctionLevelDeviceReset : 1;
    ULONGLONG PlatformLevelDeviceReset : 1;
    ULONGLONG SecondaryBusReset : 1;
    ULONGLONG PowerControllerReset : 1;
    ULONGLONG NoOpReset : 1;
    ULONGLONG Reserved : 59;
  } Pci;
  ULONGLONG AsULONGLONG;
} DEVICE_BUS_SPECIFIC_RESET_TYPE;

typedef struct _DEVICE_BUS_SPECIFIC_RESET_INFO {
  GUID BusTypeGuid;
  DEVICE_BUS_SPECIFIC_RESET_TYPE ResetTypeSupported;
} DEVICE_BUS_SPECIFIC_RESET_INFO;

typedef union _BUS_SPECIFIC_RESET_FLAGS {
  struct {
    ULONGLONG KeepStackReset : 1;
    ULONGLONG Reserved : 63;
  } u;
  ULONGLONG AsUlonglong;
} BUS_SPECIFIC_RESET_FLAGS;

typedef union _DEVICE_RESET_STATUS_FLAGS {
  struct {
    ULONGLONG KeepStackReset : 1;
    ULONGLONG RecoveringFromBusError : 1;
    ULONGLONG Reserved : 62;
  } u;
  ULONGLONG AsUlonglong;
} DEVICE_RESET_STATUS_FLAGS;

typedef NTSTATUS(NTAPI* PDEVICE_RESET_HANDLER)(PVOID InterfaceContext, DEVICE_RESET_TYPE ResetType, ULONG Flags,
                                               PVOID ResetParameters);
typedef NTSTATUS(NTAPI* PDEVICE_QUERY_BUS_SPECIFIC_RESET_HANDLER)(PVOID InterfaceContext, ULONG* ResetInfoCount,
                                                                  DEVICE_BUS_SPECIFIC_RESET_INFO* ResetInfoSupported);
typedef NTSTATUS(NTAPI* PDEVICE_BUS_SPECIFIC_RESET_HANDLER)(PVOID InterfaceContext, const GUID* BusType,
                                                            DEVICE_BUS_SPECIFIC_RESET_TYPE ResetTypeSelected,
                                                            BUS_SPECIFIC_RESET_FLAGS* Flags, PVOID ResetParameters);
typedef NTSTATUS(NTAPI* PGET_DEVICE_RESET_STATUS)(PVOID InterfaceContext, BOOLEAN* IsResetting,
                                                  DEVICE_BUS_SPECIFIC_RESET_TYPE* ResetTypeSelected,
                                                  DEVICE_RESET_STATUS_FLAGS* Flags);

typedef struct _DEVICE_RESET_INTERFACE_STANDARD {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
  PDEVICE_RESET_HANDLER DeviceReset;
  ULONG SupportedResetTypes;
  PVOID Reserved;
  // The original form ends here.
  PDEVICE_QUERY_BUS_SPECIFIC_RESET_HANDLER QueryBusSpecificResetInfo;
  PDEVICE_BUS_SPECIFIC_RESET_HANDLER DeviceBusSpecificReset;
  PGET_DEVICE_RESET_STATUS GetDeviceResetStatus;
} DEVICE_RESET_INTERFACE_STANDARD;
