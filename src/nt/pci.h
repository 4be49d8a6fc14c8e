#pragma once
// PCI configuration space as drivers read it.

#include "nt/base.h"

namespace drydock::nt {

inline constexpr ULONG PCI_TYPE0_ADDRESSES = 6;
inline constexpr ULONG PCI_TYPE1_ADDRESSES = 2;
inline constexpr ULONG PCI_COMMON_HDR_LENGTH = 64;
inline constexpr ULONG PCI_EXTENDED_CONFIG_LENGTH = 0x1000;
inline constexpr ULONG PCI_MAX_DEVICES = 32;
inline constexpr ULONG PCI_MAX_FUNCTION = 8;
inline constexpr USHORT PCI_INVALID_VENDORID = 0xFFFF;

struct PCI_SLOT_NUMBER {
  union {
    struct {
      ULONG DeviceNumber : 5;
      ULONG FunctionNumber : 3;
      ULONG Reserved : 24;
    } bits;
    ULONG AsULONG;
  } u;
};
static_assert(sizeof(PCI_SLOT_NUMBER) == 4);
using PPCI_SLOT_NUMBER = PCI_SLOT_NUMBER*;

struct PCI_COMMON_HEADER {
  USHORT VendorID;
  USHORT DeviceID;
  USHORT Command;
  USHORT Status;
  UCHAR RevisionID;
  UCHAR ProgIf;
  UCHAR SubClass;
  UCHAR BaseClass;
  UCHAR CacheLineSize;
  UCHAR LatencyTimer;
  UCHAR HeaderType;
  UCHAR BIST;
  union {
    struct {
      ULONG BaseAddresses[PCI_TYPE0_ADDRESSES];
      ULONG CIS;
      USHORT SubVendorID;
      USHORT SubSystemID;
      ULONG ROMBaseAddress;
      UCHAR CapabilitiesPtr;
      UCHAR Reserved1[3];
      ULONG Reserved2;
      UCHAR InterruptLine;
      UCHAR InterruptPin;
      UCHAR MinimumGrant;
      UCHAR MaximumLatency;
    } type0;
    struct {
      ULONG BaseAddresses[PCI_TYPE1_ADDRESSES];
      UCHAR PrimaryBus;
      UCHAR SecondaryBus;
      UCHAR SubordinateBus;
      UCHAR SecondaryLatency;
      UCHAR IOBase;
      UCHAR IOLimit;
      USHORT SecondaryStatus;
      USHORT MemoryBase;
      USHORT MemoryLimit;
      USHORT PrefetchBase;
      USHORT PrefetchLimit;
      ULONG PrefetchBaseUpper32;
      ULONG PrefetchLimitUpper32;
      USHORT IOBaseUpper16;
      USHORT IOLimitUpper16;
      UCHAR CapabilitiesPtr;
      UCHAR Reserved1[3];
      ULONG ROMBaseAddress;
      UCHAR InterruptLine;
      UCHAR InterruptPin;
      USHORT BridgeControl;
    } type1;
  } u;
};
static_assert(sizeof(PCI_COMMON_HEADER) == 64 && offsetof(PCI_COMMON_HEADER, HeaderType) == 0x0E &&
              offsetof(PCI_COMMON_HEADER, u.type0.BaseAddresses) == 0x10 &&
              offsetof(PCI_COMMON_HEADER, u.type0.SubVendorID) == 0x2C &&
              offsetof(PCI_COMMON_HEADER, u.type0.CapabilitiesPtr) == 0x34 &&
              offsetof(PCI_COMMON_HEADER, u.type0.InterruptLine) == 0x3C &&
              offsetof(PCI_COMMON_HEADER, u.type1.BridgeControl) == 0x3E);
using PPCI_COMMON_HEADER = PCI_COMMON_HEADER*;

struct PCI_COMMON_CONFIG : PCI_COMMON_HEADER {
  UCHAR DeviceSpecific[192];
};
static_assert(sizeof(PCI_COMMON_CONFIG) == 256);
using PPCI_COMMON_CONFIG = PCI_COMMON_CONFIG*;

inline constexpr UCHAR PCI_MULTIFUNCTION = 0x80;
inline constexpr UCHAR PCI_DEVICE_TYPE = 0x00;
inline constexpr UCHAR PCI_BRIDGE_TYPE = 0x01;
inline constexpr UCHAR PCI_CARDBUS_BRIDGE_TYPE = 0x02;

inline constexpr USHORT PCI_ENABLE_IO_SPACE = 0x0001;
inline constexpr USHORT PCI_ENABLE_MEMORY_SPACE = 0x0002;
inline constexpr USHORT PCI_ENABLE_BUS_MASTER = 0x0004;
inline constexpr USHORT PCI_ENABLE_SPECIAL_CYCLES = 0x0008;
inline constexpr USHORT PCI_ENABLE_WRITE_AND_INVALIDATE = 0x0010;
inline constexpr USHORT PCI_ENABLE_PARITY = 0x0040;
inline constexpr USHORT PCI_ENABLE_SERR = 0x0100;
inline constexpr USHORT PCI_DISABLE_LEVEL_INTERRUPT = 0x0400;

inline constexpr USHORT PCI_STATUS_INTERRUPT_PENDING = 0x0008;
inline constexpr USHORT PCI_STATUS_CAPABILITIES_LIST = 0x0010;
inline constexpr USHORT PCI_STATUS_66MHZ_CAPABLE = 0x0020;
inline constexpr USHORT PCI_STATUS_FAST_BACK_TO_BACK = 0x0080;
inline constexpr USHORT PCI_STATUS_DATA_PARITY_DETECTED = 0x0100;
inline constexpr USHORT PCI_STATUS_SIGNALED_TARGET_ABORT = 0x0800;
inline constexpr USHORT PCI_STATUS_RECEIVED_TARGET_ABORT = 0x1000;
inline constexpr USHORT PCI_STATUS_RECEIVED_MASTER_ABORT = 0x2000;
inline constexpr USHORT PCI_STATUS_SIGNALED_SYSTEM_ERROR = 0x4000;
inline constexpr USHORT PCI_STATUS_DETECTED_PARITY_ERROR = 0x8000;

inline constexpr ULONG PCI_WHICHSPACE_CONFIG = 0x0;
inline constexpr ULONG PCI_WHICHSPACE_ROM = 0x52696350;

inline constexpr ULONG PCI_ADDRESS_IO_SPACE = 0x00000001;
inline constexpr ULONG PCI_ADDRESS_MEMORY_TYPE_MASK = 0x00000006;
inline constexpr ULONG PCI_ADDRESS_MEMORY_PREFETCHABLE = 0x00000008;
inline constexpr ULONG PCI_ADDRESS_IO_ADDRESS_MASK = 0xFFFFFFFC;
inline constexpr ULONG PCI_ADDRESS_MEMORY_ADDRESS_MASK = 0xFFFFFFF0;
inline constexpr ULONG PCI_ADDRESS_ROM_ADDRESS_MASK = 0xFFFFF800;
inline constexpr ULONG PCI_TYPE_32BIT = 0;
inline constexpr ULONG PCI_TYPE_20BIT = 2;
inline constexpr ULONG PCI_TYPE_64BIT = 4;
inline constexpr ULONG PCI_ROMADDRESS_ENABLED = 0x00000001;

inline constexpr UCHAR PCI_CAPABILITY_ID_POWER_MANAGEMENT = 0x01;
inline constexpr UCHAR PCI_CAPABILITY_ID_VPD = 0x03;
inline constexpr UCHAR PCI_CAPABILITY_ID_MSI = 0x05;
inline constexpr UCHAR PCI_CAPABILITY_ID_PCIX = 0x07;
inline constexpr UCHAR PCI_CAPABILITY_ID_VENDOR_SPECIFIC = 0x09;
inline constexpr UCHAR PCI_CAPABILITY_ID_PCI_EXPRESS = 0x10;
inline constexpr UCHAR PCI_CAPABILITY_ID_MSIX = 0x11;
inline constexpr UCHAR PCI_CAPABILITY_ID_ADVANCED_FEATURES = 0x13;

struct PCI_CAPABILITIES_HEADER {
  UCHAR CapabilityID;
  UCHAR Next;
};
static_assert(sizeof(PCI_CAPABILITIES_HEADER) == 2);
using PPCI_CAPABILITIES_HEADER = PCI_CAPABILITIES_HEADER*;

struct PCI_PMC {
  UCHAR Version : 3;
  UCHAR PMEClock : 1;
  UCHAR Rsvd1 : 1;
  UCHAR DeviceSpecificInitialization : 1;
  UCHAR Rsvd2 : 2;
  struct {
    UCHAR Rsvd2 : 1;
    UCHAR D1 : 1;
    UCHAR D2 : 1;
    UCHAR PMED0 : 1;
    UCHAR PMED1 : 1;
    UCHAR PMED2 : 1;
    UCHAR PMED3Hot : 1;
    UCHAR PMED3Cold : 1;
  } Support;
};
static_assert(sizeof(PCI_PMC) == 2);

struct PCI_PMCSR {
  USHORT PowerState : 2;
  USHORT Rsvd1 : 6;
  USHORT PMEEnable : 1;
  USHORT DataSelect : 4;
  USHORT DataScale : 2;
  USHORT PMEStatus : 1;
};
static_assert(sizeof(PCI_PMCSR) == 2);

struct PCI_PMCSR_BSE {
  UCHAR Rsvd1 : 6;
  UCHAR D3HotSupportsStopClock : 1;
  UCHAR BusPowerClockControlEnabled : 1;
};
static_assert(sizeof(PCI_PMCSR_BSE) == 1);

struct PCI_PM_CAPABILITY {
  PCI_CAPABILITIES_HEADER Header;
  union {
    PCI_PMC Capabilities;
    USHORT AsUSHORT;
  } PMC;
  union {
    PCI_PMCSR ControlStatus;
    USHORT AsUSHORT;
  } PMCSR;
  union {
    PCI_PMCSR_BSE BridgeSupport;
    UCHAR AsUCHAR;
  } PMCSR_BSE;
  UCHAR Data;
};
static_assert(sizeof(PCI_PM_CAPABILITY) == 8 && offsetof(PCI_PM_CAPABILITY, PMCSR) == 4);
using PPCI_PM_CAPABILITY = PCI_PM_CAPABILITY*;

// Offsets inside the capabilities whose structures the WDK does not publish.
inline constexpr USHORT kMsiControl = 0x02;
inline constexpr USHORT kMsiAddressLow = 0x04;
inline constexpr USHORT kMsiAddressHigh = 0x08;
inline constexpr USHORT kMsiData32 = 0x08;
inline constexpr USHORT kMsiData64 = 0x0C;
inline constexpr USHORT kMsiControlEnable = 0x0001;
inline constexpr USHORT kMsiControl64Bit = 0x0080;
inline constexpr USHORT kMsixControl = 0x02;
inline constexpr USHORT kMsixTable = 0x04;
inline constexpr USHORT kMsixPendingBits = 0x08;
inline constexpr USHORT kMsixControlMaskAll = 0x4000;
inline constexpr USHORT kMsixControlEnable = 0x8000;
inline constexpr USHORT kExpressDeviceCapabilities = 0x04;
inline constexpr USHORT kExpressDeviceControl = 0x08;
inline constexpr USHORT kExpressDeviceStatus = 0x0A;
inline constexpr ULONG kExpressCapabilityFunctionLevelReset = 0x10000000;
inline constexpr USHORT kExpressControlInitiateFunctionLevelReset = 0x8000;
inline constexpr USHORT kExpressStatusTransactionsPending = 0x0020;

inline constexpr UCHAR PCI_CLASS_MASS_STORAGE_CTLR = 0x01;
inline constexpr UCHAR PCI_CLASS_NETWORK_CTLR = 0x02;
inline constexpr UCHAR PCI_CLASS_BRIDGE_DEV = 0x06;
inline constexpr UCHAR PCI_CLASS_NOT_DEFINED = 0xFF;
inline constexpr UCHAR PCI_SUBCLASS_MSC_SCSI_BUS_CTLR = 0x00;
inline constexpr UCHAR PCI_SUBCLASS_MSC_RAID_CTLR = 0x04;
inline constexpr UCHAR PCI_SUBCLASS_BR_HOST = 0x00;
inline constexpr UCHAR PCI_SUBCLASS_BR_PCI_TO_PCI = 0x04;

}  // namespace drydock::nt
