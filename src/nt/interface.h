#pragma once
// Interfaces that IRP_MN_QUERY_INTERFACE hands out.

#include "nt/base.h"
#include "nt/dma.h"
#include "nt/guid.h"

namespace drydock::nt {

using PINTERFACE_REFERENCE = VOID(NTAPI*)(PVOID Context);
using PINTERFACE_DEREFERENCE = VOID(NTAPI*)(PVOID Context);

struct INTERFACE {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
};
static_assert(sizeof(INTERFACE) == 0x20 && offsetof(INTERFACE, Context) == 8);
using PINTERFACE = INTERFACE*;

using PTRANSLATE_BUS_ADDRESS = BOOLEAN(NTAPI*)(PVOID Context, PHYSICAL_ADDRESS BusAddress, ULONG Length,
                                               ULONG* AddressSpace, PHYSICAL_ADDRESS* TranslatedAddress);
using PGET_DMA_ADAPTER = DMA_ADAPTER*(NTAPI*)(PVOID Context, DEVICE_DESCRIPTION* DeviceDescriptor,
                                              ULONG* NumberOfMapRegisters);
using PGET_SET_DEVICE_DATA = ULONG(NTAPI*)(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length);

inline constexpr GUID GUID_BUS_INTERFACE_STANDARD = {
    0x496B8280, 0x6F25, 0x11D0, {0xBE, 0xAF, 0x08, 0x00, 0x2B, 0xE2, 0x09, 0x2F}};

struct BUS_INTERFACE_STANDARD {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
  PTRANSLATE_BUS_ADDRESS TranslateBusAddress;
  PGET_DMA_ADAPTER GetDmaAdapter;
  PGET_SET_DEVICE_DATA SetBusData;
  PGET_SET_DEVICE_DATA GetBusData;
};
static_assert(sizeof(BUS_INTERFACE_STANDARD) == 0x40 && offsetof(BUS_INTERFACE_STANDARD, GetBusData) == 0x38);
using PBUS_INTERFACE_STANDARD = BUS_INTERFACE_STANDARD*;

inline constexpr GUID GUID_REENUMERATE_SELF_INTERFACE_STANDARD = {
    0x2AEB0243, 0x6A6E, 0x486B, {0x82, 0xFC, 0xD8, 0x15, 0xF6, 0xB9, 0x70, 0x06}};

using PREENUMERATE_SELF = VOID(NTAPI*)(PVOID Context);

struct REENUMERATE_SELF_INTERFACE_STANDARD {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
  PREENUMERATE_SELF SurpriseRemoveAndReenumerateSelf;
};
static_assert(sizeof(REENUMERATE_SELF_INTERFACE_STANDARD) == 0x28);
using PREENUMERATE_SELF_INTERFACE_STANDARD = REENUMERATE_SELF_INTERFACE_STANDARD*;

inline constexpr GUID GUID_DEVICE_RESET_INTERFACE_STANDARD = {
    0x649FDF26, 0x3BC0, 0x4813, {0xAD, 0x24, 0x7E, 0x0C, 0x1E, 0xDA, 0x3F, 0xA3}};
inline constexpr USHORT DEVICE_RESET_INTERFACE_VERSION = 1;

enum DEVICE_RESET_TYPE : LONG { FunctionLevelDeviceReset, PlatformLevelDeviceReset };

union DEVICE_BUS_SPECIFIC_RESET_TYPE {
  struct {
    ULONGLONG FunctionLevelDeviceReset : 1;
    ULONGLONG PlatformLevelDeviceReset : 1;
    ULONGLONG SecondaryBusReset : 1;
    ULONGLONG PowerControllerReset : 1;
    ULONGLONG NoOpReset : 1;
    ULONGLONG Reserved : 59;
  } Pci;
  struct {
    ULONGLONG FunctionLevelDeviceReset : 1;
    ULONGLONG PlatformLevelDeviceReset : 1;
    ULONGLONG Reserved : 62;
  } Acpi;
  ULONGLONG AsULONGLONG;
};
static_assert(sizeof(DEVICE_BUS_SPECIFIC_RESET_TYPE) == 8);

union BUS_SPECIFIC_RESET_FLAGS {
  struct {
    ULONGLONG KeepStackReset : 1;
    ULONGLONG Reserved : 63;
  } u;
  ULONGLONG AsUlonglong;
};
static_assert(sizeof(BUS_SPECIFIC_RESET_FLAGS) == 8);

union DEVICE_RESET_STATUS_FLAGS {
  struct {
    ULONGLONG KeepStackReset : 1;
    ULONGLONG RecoveringFromBusError : 1;
    ULONGLONG Reserved : 62;
  } u;
  ULONGLONG AsUlonglong;
};
static_assert(sizeof(DEVICE_RESET_STATUS_FLAGS) == 8);

struct DEVICE_BUS_SPECIFIC_RESET_INFO {
  GUID BusTypeGuid;
  DEVICE_BUS_SPECIFIC_RESET_TYPE ResetTypeSupported;
};
static_assert(sizeof(DEVICE_BUS_SPECIFIC_RESET_INFO) == 0x18);

using PDEVICE_RESET_COMPLETION = VOID(NTAPI*)(NTSTATUS Status, PVOID Context);

struct FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS {
  ULONG Size;
  PDEVICE_RESET_COMPLETION DeviceResetCompletion;
  PVOID CompletionContext;
};
static_assert(sizeof(FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS) == 0x18 &&
              offsetof(FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS, DeviceResetCompletion) == 8);
using PFUNCTION_LEVEL_DEVICE_RESET_PARAMETERS = FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS*;

using PDEVICE_RESET_HANDLER = NTSTATUS(NTAPI*)(PVOID InterfaceContext, DEVICE_RESET_TYPE ResetType, ULONG Flags,
                                               PVOID ResetParameters);
using PDEVICE_QUERY_BUS_SPECIFIC_RESET_HANDLER = NTSTATUS(NTAPI*)(PVOID InterfaceContext, ULONG* ResetInfoCount,
                                                                  DEVICE_BUS_SPECIFIC_RESET_INFO* ResetInfoSupported);
using PDEVICE_BUS_SPECIFIC_RESET_HANDLER = NTSTATUS(NTAPI*)(PVOID InterfaceContext, const GUID* BusType,
                                                            DEVICE_BUS_SPECIFIC_RESET_TYPE ResetTypeSelected,
                                                            BUS_SPECIFIC_RESET_FLAGS* Flags, PVOID ResetParameters);
using PGET_DEVICE_RESET_STATUS = NTSTATUS(NTAPI*)(PVOID InterfaceContext, BOOLEAN* IsResetting,
                                                  DEVICE_BUS_SPECIFIC_RESET_TYPE* ResetTypeSelected,
                                                  DEVICE_RESET_STATUS_FLAGS* Flags);

// The current form. Drivers built before Windows 11 22H2 pass the original one, which ends before
// QueryBusSpecificResetInfo; the Size they ask with tells which.
struct DEVICE_RESET_INTERFACE_STANDARD {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
  PDEVICE_RESET_HANDLER DeviceReset;
  ULONG SupportedResetTypes;  // bit n: enumerator n of DEVICE_RESET_TYPE
  PVOID Reserved;
  PDEVICE_QUERY_BUS_SPECIFIC_RESET_HANDLER QueryBusSpecificResetInfo;
  PDEVICE_BUS_SPECIFIC_RESET_HANDLER DeviceBusSpecificReset;
  PGET_DEVICE_RESET_STATUS GetDeviceResetStatus;
};
inline constexpr USHORT kDeviceResetInterfaceSizeOriginal = 0x38;
static_assert(sizeof(DEVICE_RESET_INTERFACE_STANDARD) == 0x50 &&
              offsetof(DEVICE_RESET_INTERFACE_STANDARD, SupportedResetTypes) == 0x28 &&
              offsetof(DEVICE_RESET_INTERFACE_STANDARD, Reserved) == 0x30 &&
              offsetof(DEVICE_RESET_INTERFACE_STANDARD, QueryBusSpecificResetInfo) ==
                  kDeviceResetInterfaceSizeOriginal);
using PDEVICE_RESET_INTERFACE_STANDARD = DEVICE_RESET_INTERFACE_STANDARD*;

}  // namespace drydock::nt
