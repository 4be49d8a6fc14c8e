#pragma once
// What passes between a SCSI port driver, its class drivers and its miniports.

#include "nt/base.h"
#include "nt/dma.h"
#include "nt/pass_through.h"
#include "nt/resource.h"
#include "nt/srb_codes.h"

namespace drydock::nt {

using SCSI_PHYSICAL_ADDRESS = PHYSICAL_ADDRESS;
using PSCSI_PHYSICAL_ADDRESS = SCSI_PHYSICAL_ADDRESS*;

struct SCSI_REQUEST_BLOCK {
  USHORT Length;
  UCHAR Function;
  UCHAR SrbStatus;
  UCHAR ScsiStatus;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  UCHAR QueueTag;
  UCHAR QueueAction;
  UCHAR CdbLength;
  UCHAR SenseInfoBufferLength;
  ULONG SrbFlags;
  ULONG DataTransferLength;
  ULONG TimeOutValue;  // seconds
  PVOID DataBuffer;
  PVOID SenseInfoBuffer;
  SCSI_REQUEST_BLOCK* NextSrb;
  PVOID OriginalRequest;
  PVOID SrbExtension;
  union {
    ULONG InternalStatus;
    ULONG QueueSortKey;
    ULONG LinkTimeoutValue;
  };
  ULONG Reserved;
  UCHAR Cdb[16];
};
static_assert(sizeof(SCSI_REQUEST_BLOCK) == 88 && offsetof(SCSI_REQUEST_BLOCK, QueueTag) == 0x08 &&
              offsetof(SCSI_REQUEST_BLOCK, SrbFlags) == 0x0C && offsetof(SCSI_REQUEST_BLOCK, DataBuffer) == 0x18 &&
              offsetof(SCSI_REQUEST_BLOCK, NextSrb) == 0x28 && offsetof(SCSI_REQUEST_BLOCK, SrbExtension) == 0x38 &&
              offsetof(SCSI_REQUEST_BLOCK, QueueSortKey) == 0x40 && offsetof(SCSI_REQUEST_BLOCK, Cdb) == 0x48);
using PSCSI_REQUEST_BLOCK = SCSI_REQUEST_BLOCK*;
inline constexpr USHORT SCSI_REQUEST_BLOCK_SIZE = sizeof(SCSI_REQUEST_BLOCK);

struct SCSI_WMI_REQUEST_BLOCK {
  USHORT Length;
  UCHAR Function;
  UCHAR SrbStatus;
  UCHAR WMISubFunction;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  UCHAR Reserved1;
  UCHAR WMIFlags;
  UCHAR Reserved2[2];
  ULONG SrbFlags;
  ULONG DataTransferLength;
  ULONG TimeOutValue;
  PVOID DataBuffer;
  PVOID DataPath;
  PVOID Reserved3;
  PVOID OriginalRequest;
  PVOID SrbExtension;
  ULONG Reserved4;
  ULONG Reserved6;
  UCHAR Reserved5[16];
};
static_assert(sizeof(SCSI_WMI_REQUEST_BLOCK) == 88 && offsetof(SCSI_WMI_REQUEST_BLOCK, DataPath) == 0x20);
using PSCSI_WMI_REQUEST_BLOCK = SCSI_WMI_REQUEST_BLOCK*;

enum STOR_DEVICE_POWER_STATE : LONG {
  StorPowerDeviceUnspecified = 0,
  StorPowerDeviceD0,
  StorPowerDeviceD1,
  StorPowerDeviceD2,
  StorPowerDeviceD3,
  StorPowerDeviceMaximum
};

enum STOR_POWER_ACTION : LONG {
  StorPowerActionNone = 0,
  StorPowerActionReserved,
  StorPowerActionSleep,
  StorPowerActionHibernate,
  StorPowerActionShutdown,
  StorPowerActionShutdownReset,
  StorPowerActionShutdownOff,
  StorPowerActionWarmEject
};

struct SCSI_POWER_REQUEST_BLOCK {
  USHORT Length;
  UCHAR Function;
  UCHAR SrbStatus;
  UCHAR SrbPowerFlags;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  STOR_DEVICE_POWER_STATE DevicePowerState;
  ULONG SrbFlags;
  ULONG DataTransferLength;
  ULONG TimeOutValue;
  PVOID DataBuffer;
  PVOID SenseInfoBuffer;
  SCSI_REQUEST_BLOCK* NextSrb;
  PVOID OriginalRequest;
  PVOID SrbExtension;
  STOR_POWER_ACTION PowerAction;
  ULONG Reserved;
  UCHAR Reserved5[16];
};
static_assert(sizeof(SCSI_POWER_REQUEST_BLOCK) == 88);
using PSCSI_POWER_REQUEST_BLOCK = SCSI_POWER_REQUEST_BLOCK*;

enum STOR_PNP_ACTION : LONG {
  StorStartDevice = 0x0,
  StorRemoveDevice = 0x2,
  StorStopDevice = 0x4,
  StorQueryCapabilities = 0x9,
  StorQueryResourceRequirements = 0xB,
  StorFilterResourceRequirements = 0xD,
  StorSurpriseRemoval = 0x17
};

struct SCSI_PNP_REQUEST_BLOCK {
  USHORT Length;
  UCHAR Function;
  UCHAR SrbStatus;
  UCHAR PnPSubFunction;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  STOR_PNP_ACTION PnPAction;
  ULONG SrbFlags;
  ULONG DataTransferLength;
  ULONG TimeOutValue;
  PVOID DataBuffer;
  PVOID SenseInfoBuffer;
  SCSI_REQUEST_BLOCK* NextSrb;
  PVOID OriginalRequest;
  PVOID SrbExtension;
  ULONG SrbPnPFlags;
  ULONG Reserved;
  UCHAR Reserved4[16];
};
static_assert(sizeof(SCSI_PNP_REQUEST_BLOCK) == 88);
using PSCSI_PNP_REQUEST_BLOCK = SCSI_PNP_REQUEST_BLOCK*;

struct ACCESS_RANGE {
  SCSI_PHYSICAL_ADDRESS RangeStart;
  ULONG RangeLength;
  BOOLEAN RangeInMemory;
};
static_assert(sizeof(ACCESS_RANGE) == 16);
using PACCESS_RANGE = ACCESS_RANGE*;

struct PORT_CONFIGURATION_INFORMATION {
  ULONG Length;
  ULONG SystemIoBusNumber;
  INTERFACE_TYPE AdapterInterfaceType;
  ULONG BusInterruptLevel;
  ULONG BusInterruptVector;
  KINTERRUPT_MODE InterruptMode;
  ULONG MaximumTransferLength;
  ULONG NumberOfPhysicalBreaks;
  ULONG DmaChannel;
  ULONG DmaPort;
  DMA_WIDTH DmaWidth;
  DMA_SPEED DmaSpeed;
  ULONG AlignmentMask;
  ULONG NumberOfAccessRanges;
  ACCESS_RANGE (*AccessRanges)[];
  PVOID Reserved;
  UCHAR NumberOfBuses;
  CHAR InitiatorBusId[8];
  BOOLEAN ScatterGather;
  BOOLEAN Master;
  BOOLEAN CachesData;
  BOOLEAN AdapterScansDown;
  BOOLEAN AtdiskPrimaryClaimed;
  BOOLEAN AtdiskSecondaryClaimed;
  BOOLEAN Dma32BitAddresses;
  BOOLEAN DemandMode;
  BOOLEAN MapBuffers;
  BOOLEAN NeedPhysicalAddresses;
  BOOLEAN TaggedQueuing;
  BOOLEAN AutoRequestSense;
  BOOLEAN MultipleRequestPerLu;
  BOOLEAN ReceiveEvent;
  BOOLEAN RealModeInitialized;
  BOOLEAN BufferAccessScsiPortControlled;
  UCHAR MaximumNumberOfTargets;
  UCHAR ReservedUchars[2];
  ULONG SlotNumber;
  ULONG BusInterruptLevel2;
  ULONG BusInterruptVector2;
  KINTERRUPT_MODE InterruptMode2;
  ULONG DmaChannel2;
  ULONG DmaPort2;
  DMA_WIDTH DmaWidth2;
  DMA_SPEED DmaSpeed2;
  ULONG DeviceExtensionSize;
  ULONG SpecificLuExtensionSize;
  ULONG SrbExtensionSize;
  UCHAR Dma64BitAddresses;
  BOOLEAN ResetTargetSupported;
  UCHAR MaximumNumberOfLogicalUnits;
  BOOLEAN WmiDataProvider;
};
static_assert(sizeof(PORT_CONFIGURATION_INFORMATION) == 152 &&
              offsetof(PORT_CONFIGURATION_INFORMATION, AccessRanges) == 0x38 &&
              offsetof(PORT_CONFIGURATION_INFORMATION, NumberOfBuses) == 0x48 &&
              offsetof(PORT_CONFIGURATION_INFORMATION, SlotNumber) == 0x64 &&
              offsetof(PORT_CONFIGURATION_INFORMATION, Dma64BitAddresses) == 0x90);
using PPORT_CONFIGURATION_INFORMATION = PORT_CONFIGURATION_INFORMATION*;

enum SCSI_ADAPTER_CONTROL_TYPE : LONG {
  ScsiQuerySupportedControlTypes = 0,
  ScsiStopAdapter,
  ScsiRestartAdapter,
  ScsiSetBootConfig,
  ScsiSetRunningConfig,
  ScsiAdapterControlMax
};

enum SCSI_ADAPTER_CONTROL_STATUS : LONG { ScsiAdapterControlSuccess = 0, ScsiAdapterControlUnsuccessful };

struct SCSI_SUPPORTED_CONTROL_TYPE_LIST {
  ULONG MaxControlType;
  BOOLEAN SupportedTypeList[];
};
static_assert(sizeof(SCSI_SUPPORTED_CONTROL_TYPE_LIST) == 4 &&
              offsetof(SCSI_SUPPORTED_CONTROL_TYPE_LIST, SupportedTypeList) == 4);
using PSCSI_SUPPORTED_CONTROL_TYPE_LIST = SCSI_SUPPORTED_CONTROL_TYPE_LIST*;

enum SCSI_NOTIFICATION_TYPE : LONG {
  RequestComplete,
  NextRequest,
  NextLuRequest,
  ResetDetected,
  CallDisableInterrupts,
  CallEnableInterrupts,
  RequestTimerCall,
  BusChangeDetected,
  WMIEvent,
  WMIReregister,
  LinkUp,
  LinkDown,
  QueryTickCount,
  BufferOverrunDetected,
  TraceNotification
};

constexpr const char* scsi_notification_name(SCSI_NOTIFICATION_TYPE type) {
  switch (type) {
    case RequestComplete:
      return "RequestComplete";
    case NextRequest:
      return "NextRequest";
    case NextLuRequest:
      return "NextLuRequest";
    case ResetDetected:
      return "ResetDetected";
    case CallDisableInterrupts:
      return "CallDisableInterrupts";
    case CallEnableInterrupts:
      return "CallEnableInterrupts";
    case RequestTimerCall:
      return "RequestTimerCall";
    case BusChangeDetected:
      return "BusChangeDetected";
    case WMIEvent:
      return "WMIEvent";
    case WMIReregister:
      return "WMIReregister";
    case LinkUp:
      return "LinkUp";
    case LinkDown:
      return "LinkDown";
    case QueryTickCount:
      return "QueryTickCount";
    case BufferOverrunDetected:
      return "BufferOverrunDetected";
    case TraceNotification:
      return "TraceNotification";
    default:
      return nullptr;
  }
}

using PHW_INITIALIZE = BOOLEAN(NTAPI*)(PVOID DeviceExtension);
using PHW_STARTIO = BOOLEAN(NTAPI*)(PVOID DeviceExtension, SCSI_REQUEST_BLOCK* Srb);
using PHW_INTERRUPT = BOOLEAN(NTAPI*)(PVOID DeviceExtension);
using PHW_TIMER = VOID(NTAPI*)(PVOID DeviceExtension);
using PHW_DMA_STARTED = VOID(NTAPI*)(PVOID DeviceExtension);
using PHW_FIND_ADAPTER = ULONG(NTAPI*)(PVOID DeviceExtension, PVOID HwContext, PVOID BusInformation,
                                       PCHAR ArgumentString, PORT_CONFIGURATION_INFORMATION* ConfigInfo,
                                       BOOLEAN* Again);
using PHW_RESET_BUS = BOOLEAN(NTAPI*)(PVOID DeviceExtension, ULONG PathId);
using PHW_ADAPTER_STATE = BOOLEAN(NTAPI*)(PVOID DeviceExtension, PVOID Context, BOOLEAN SaveState);
using PHW_ADAPTER_CONTROL = SCSI_ADAPTER_CONTROL_STATUS(NTAPI*)(PVOID DeviceExtension,
                                                                SCSI_ADAPTER_CONTROL_TYPE ControlType,
                                                                PVOID Parameters);
using PHW_ENABLE_INTERRUPTS = BOOLEAN(NTAPI*)(PVOID DeviceExtension);

struct HW_INITIALIZATION_DATA {
  ULONG HwInitializationDataSize;
  INTERFACE_TYPE AdapterInterfaceType;
  PHW_INITIALIZE HwInitialize;
  PHW_STARTIO HwStartIo;
  PHW_INTERRUPT HwInterrupt;
  PHW_FIND_ADAPTER HwFindAdapter;
  PHW_RESET_BUS HwResetBus;
  PHW_DMA_STARTED HwDmaStarted;
  PHW_ADAPTER_STATE HwAdapterState;
  ULONG DeviceExtensionSize;
  ULONG SpecificLuExtensionSize;
  ULONG SrbExtensionSize;
  ULONG NumberOfAccessRanges;
  PVOID Reserved;
  BOOLEAN MapBuffers;
  BOOLEAN NeedPhysicalAddresses;
  BOOLEAN TaggedQueuing;
  BOOLEAN AutoRequestSense;
  BOOLEAN MultipleRequestPerLu;
  BOOLEAN ReceiveEvent;
  USHORT VendorIdLength;
  PVOID VendorId;
  union {
    USHORT ReservedUshort;
    USHORT PortVersionFlags;
  };
  USHORT DeviceIdLength;
  PVOID DeviceId;
  PHW_ADAPTER_CONTROL HwAdapterControl;  // absent from the 120 byte structure of older miniports
};
static_assert(sizeof(HW_INITIALIZATION_DATA) == 128 && offsetof(HW_INITIALIZATION_DATA, HwResetBus) == 0x28 &&
              offsetof(HW_INITIALIZATION_DATA, DeviceExtensionSize) == 0x40 &&
              offsetof(HW_INITIALIZATION_DATA, MapBuffers) == 0x58 &&
              offsetof(HW_INITIALIZATION_DATA, VendorId) == 0x60 &&
              offsetof(HW_INITIALIZATION_DATA, HwAdapterControl) == 0x78);
using PHW_INITIALIZATION_DATA = HW_INITIALIZATION_DATA*;
inline constexpr ULONG kHwInitializationDataSizeBeforeAdapterControl = 120;

}  // namespace drydock::nt
