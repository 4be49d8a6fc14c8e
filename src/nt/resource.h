#pragma once
// Hardware resources: what a device asks for (IO_RESOURCE_*) and what it got (CM_*).

#include "nt/base.h"

namespace drydock::nt {

enum INTERFACE_TYPE : LONG {
  InterfaceTypeUndefined = -1,
  Internal,
  Isa,
  Eisa,
  MicroChannel,
  TurboChannel,
  PCIBus,
  VMEBus,
  NuBus,
  PCMCIABus,
  CBus,
  MPIBus,
  MPSABus,
  ProcessorInternal,
  InternalPowerBus,
  PNPISABus,
  PNPBus,
  Vmcs,
  ACPIBus,
  MaximumInterfaceType
};
using PINTERFACE_TYPE = INTERFACE_TYPE*;

enum BUS_DATA_TYPE : LONG {
  ConfigurationSpaceUndefined = -1,
  Cmos,
  EisaConfiguration,
  Pos,
  CbusConfiguration,
  PCIConfiguration,
  VMEConfiguration,
  NuBusConfiguration,
  PCMCIAConfiguration,
  MPIConfiguration,
  MPSAConfiguration,
  PNPISAConfiguration,
  SgiInternalConfiguration,
  MaximumBusDataType
};
using PBUS_DATA_TYPE = BUS_DATA_TYPE*;

enum KINTERRUPT_MODE : LONG { LevelSensitive, Latched };
enum KINTERRUPT_POLARITY : LONG {
  InterruptPolarityUnknown,
  InterruptActiveHigh,
  InterruptRisingEdge = InterruptActiveHigh,
  InterruptActiveLow,
  InterruptFallingEdge = InterruptActiveLow
};
enum IRQ_DEVICE_POLICY : LONG {
  IrqPolicyMachineDefault = 0,
  IrqPolicyAllCloseProcessors,
  IrqPolicyOneCloseProcessor,
  IrqPolicyAllProcessorsInMachine,
  IrqPolicySpecifiedProcessors,
  IrqPolicySpreadMessagesAcrossAllProcessors
};
enum IRQ_PRIORITY : LONG { IrqPriorityUndefined = 0, IrqPriorityLow, IrqPriorityNormal, IrqPriorityHigh };

inline constexpr UCHAR CmResourceTypeNull = 0;
inline constexpr UCHAR CmResourceTypePort = 1;
inline constexpr UCHAR CmResourceTypeInterrupt = 2;
inline constexpr UCHAR CmResourceTypeMemory = 3;
inline constexpr UCHAR CmResourceTypeDma = 4;
inline constexpr UCHAR CmResourceTypeDeviceSpecific = 5;
inline constexpr UCHAR CmResourceTypeBusNumber = 6;
inline constexpr UCHAR CmResourceTypeMemoryLarge = 7;
inline constexpr UCHAR CmResourceTypeNonArbitrated = 128;
inline constexpr UCHAR CmResourceTypeConfigData = 128;
inline constexpr UCHAR CmResourceTypeDevicePrivate = 129;
inline constexpr UCHAR CmResourceTypePcCardConfig = 130;
inline constexpr UCHAR CmResourceTypeMfCardConfig = 131;

enum CM_SHARE_DISPOSITION : LONG {
  CmResourceShareUndetermined = 0,
  CmResourceShareDeviceExclusive,
  CmResourceShareDriverExclusive,
  CmResourceShareShared
};

inline constexpr USHORT CM_RESOURCE_PORT_MEMORY = 0x0000;
inline constexpr USHORT CM_RESOURCE_PORT_IO = 0x0001;
inline constexpr USHORT CM_RESOURCE_PORT_10_BIT_DECODE = 0x0004;
inline constexpr USHORT CM_RESOURCE_PORT_12_BIT_DECODE = 0x0008;
inline constexpr USHORT CM_RESOURCE_PORT_16_BIT_DECODE = 0x0010;
inline constexpr USHORT CM_RESOURCE_PORT_POSITIVE_DECODE = 0x0020;
inline constexpr USHORT CM_RESOURCE_PORT_PASSIVE_DECODE = 0x0040;
inline constexpr USHORT CM_RESOURCE_PORT_WINDOW_DECODE = 0x0080;
inline constexpr USHORT CM_RESOURCE_PORT_BAR = 0x0100;

inline constexpr USHORT CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE = 0x0000;
inline constexpr USHORT CM_RESOURCE_INTERRUPT_LATCHED = 0x0001;
inline constexpr USHORT CM_RESOURCE_INTERRUPT_MESSAGE = 0x0002;
inline constexpr USHORT CM_RESOURCE_INTERRUPT_POLICY_INCLUDED = 0x0004;
inline constexpr USHORT CM_RESOURCE_INTERRUPT_LEVEL_LATCHED_BITS = 0x0001;
inline constexpr ULONG CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN = 0xFFFFFFFE;

inline constexpr USHORT CM_RESOURCE_MEMORY_READ_WRITE = 0x0000;
inline constexpr USHORT CM_RESOURCE_MEMORY_READ_ONLY = 0x0001;
inline constexpr USHORT CM_RESOURCE_MEMORY_WRITE_ONLY = 0x0002;
inline constexpr USHORT CM_RESOURCE_MEMORY_WRITEABILITY_MASK = 0x0003;
inline constexpr USHORT CM_RESOURCE_MEMORY_PREFETCHABLE = 0x0004;
inline constexpr USHORT CM_RESOURCE_MEMORY_COMBINEDWRITE = 0x0008;
inline constexpr USHORT CM_RESOURCE_MEMORY_24 = 0x0010;
inline constexpr USHORT CM_RESOURCE_MEMORY_CACHEABLE = 0x0020;
inline constexpr USHORT CM_RESOURCE_MEMORY_WINDOW_DECODE = 0x0040;
inline constexpr USHORT CM_RESOURCE_MEMORY_BAR = 0x0080;
inline constexpr USHORT CM_RESOURCE_MEMORY_LARGE = 0x0E00;
inline constexpr USHORT CM_RESOURCE_MEMORY_LARGE_40 = 0x0200;
inline constexpr USHORT CM_RESOURCE_MEMORY_LARGE_48 = 0x0400;
inline constexpr USHORT CM_RESOURCE_MEMORY_LARGE_64 = 0x0800;

inline constexpr USHORT CM_RESOURCE_DMA_8 = 0x0000;
inline constexpr USHORT CM_RESOURCE_DMA_16 = 0x0001;
inline constexpr USHORT CM_RESOURCE_DMA_32 = 0x0002;
inline constexpr USHORT CM_RESOURCE_DMA_BUS_MASTER = 0x0008;

// Windows packs these to 4 bytes: a descriptor is 20 bytes on every architecture.
#pragma pack(push, 4)
struct CM_PARTIAL_RESOURCE_DESCRIPTOR {
  UCHAR Type;
  UCHAR ShareDisposition;
  USHORT Flags;
  union {
    struct {
      PHYSICAL_ADDRESS Start;
      ULONG Length;
    } Generic;
    struct {
      PHYSICAL_ADDRESS Start;
      ULONG Length;
    } Port;
    struct {
      ULONG Level;  // with processor groups: level in the low, group in the high half
      ULONG Vector;
      KAFFINITY Affinity;
    } Interrupt;
    struct {
      union {
        struct {
          USHORT Reserved;
          USHORT MessageCount;
          ULONG Vector;
          KAFFINITY Affinity;
        } Raw;
        struct {
          ULONG Level;
          ULONG Vector;
          KAFFINITY Affinity;
        } Translated;
      };
    } MessageInterrupt;
    struct {
      PHYSICAL_ADDRESS Start;
      ULONG Length;
    } Memory;
    struct {
      ULONG Channel;
      ULONG Port;
      ULONG Reserved1;
    } Dma;
    struct {
      ULONG Data[3];
    } DevicePrivate;
    struct {
      ULONG Start;
      ULONG Length;
      ULONG Reserved;
    } BusNumber;
    struct {
      ULONG DataSize;
      ULONG Reserved1;
      ULONG Reserved2;
    } DeviceSpecificData;
    struct {
      PHYSICAL_ADDRESS Start;
      ULONG Length40;
    } Memory40;
    struct {
      PHYSICAL_ADDRESS Start;
      ULONG Length48;
    } Memory48;
    struct {
      PHYSICAL_ADDRESS Start;
      ULONG Length64;
    } Memory64;
  } u;
};
static_assert(sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR) == 20 && alignof(CM_PARTIAL_RESOURCE_DESCRIPTOR) == 4 &&
              offsetof(CM_PARTIAL_RESOURCE_DESCRIPTOR, u.Memory.Length) == 12 &&
              offsetof(CM_PARTIAL_RESOURCE_DESCRIPTOR, u.Interrupt.Vector) == 8 &&
              offsetof(CM_PARTIAL_RESOURCE_DESCRIPTOR, u.Interrupt.Affinity) == 12);
#pragma pack(pop)
using PCM_PARTIAL_RESOURCE_DESCRIPTOR = CM_PARTIAL_RESOURCE_DESCRIPTOR*;

struct CM_PARTIAL_RESOURCE_LIST {
  USHORT Version;
  USHORT Revision;
  ULONG Count;
  CM_PARTIAL_RESOURCE_DESCRIPTOR PartialDescriptors[1];
};
static_assert(sizeof(CM_PARTIAL_RESOURCE_LIST) == 28 && offsetof(CM_PARTIAL_RESOURCE_LIST, PartialDescriptors) == 8);
using PCM_PARTIAL_RESOURCE_LIST = CM_PARTIAL_RESOURCE_LIST*;

struct CM_FULL_RESOURCE_DESCRIPTOR {
  INTERFACE_TYPE InterfaceType;
  ULONG BusNumber;
  CM_PARTIAL_RESOURCE_LIST PartialResourceList;
};
static_assert(sizeof(CM_FULL_RESOURCE_DESCRIPTOR) == 36);
using PCM_FULL_RESOURCE_DESCRIPTOR = CM_FULL_RESOURCE_DESCRIPTOR*;

struct CM_RESOURCE_LIST {
  ULONG Count;
  CM_FULL_RESOURCE_DESCRIPTOR List[1];
};
static_assert(sizeof(CM_RESOURCE_LIST) == 40 && offsetof(CM_RESOURCE_LIST, List) == 4);
using PCM_RESOURCE_LIST = CM_RESOURCE_LIST*;

inline constexpr UCHAR IO_RESOURCE_PREFERRED = 0x01;
inline constexpr UCHAR IO_RESOURCE_DEFAULT = 0x02;
inline constexpr UCHAR IO_RESOURCE_ALTERNATIVE = 0x08;

struct IO_RESOURCE_DESCRIPTOR {
  UCHAR Option;
  UCHAR Type;
  UCHAR ShareDisposition;
  UCHAR Spare1;
  USHORT Flags;
  USHORT Spare2;
  union {
    struct {
      ULONG Length;
      ULONG Alignment;
      PHYSICAL_ADDRESS MinimumAddress;
      PHYSICAL_ADDRESS MaximumAddress;
    } Port;
    struct {
      ULONG Length;
      ULONG Alignment;
      PHYSICAL_ADDRESS MinimumAddress;
      PHYSICAL_ADDRESS MaximumAddress;
    } Memory;
    struct {
      ULONG MinimumVector;
      ULONG MaximumVector;
      IRQ_DEVICE_POLICY AffinityPolicy;
      IRQ_PRIORITY PriorityPolicy;
      KAFFINITY TargetedProcessors;
    } Interrupt;
    struct {
      ULONG MinimumChannel;
      ULONG MaximumChannel;
    } Dma;
    struct {
      ULONG Length;
      ULONG Alignment;
      PHYSICAL_ADDRESS MinimumAddress;
      PHYSICAL_ADDRESS MaximumAddress;
    } Generic;
    struct {
      ULONG Data[3];
    } DevicePrivate;
    struct {
      ULONG Length;
      ULONG MinBusNumber;
      ULONG MaxBusNumber;
      ULONG Reserved;
    } BusNumber;
    struct {
      ULONG Priority;
      ULONG Reserved1;
      ULONG Reserved2;
    } ConfigData;
  } u;
};
static_assert(sizeof(IO_RESOURCE_DESCRIPTOR) == 32 && offsetof(IO_RESOURCE_DESCRIPTOR, u.Memory.MinimumAddress) == 16 &&
              offsetof(IO_RESOURCE_DESCRIPTOR, u.Interrupt.TargetedProcessors) == 24);
using PIO_RESOURCE_DESCRIPTOR = IO_RESOURCE_DESCRIPTOR*;

struct IO_RESOURCE_LIST {
  USHORT Version;
  USHORT Revision;
  ULONG Count;
  IO_RESOURCE_DESCRIPTOR Descriptors[1];
};
static_assert(sizeof(IO_RESOURCE_LIST) == 40 && offsetof(IO_RESOURCE_LIST, Descriptors) == 8);
using PIO_RESOURCE_LIST = IO_RESOURCE_LIST*;

struct IO_RESOURCE_REQUIREMENTS_LIST {
  ULONG ListSize;
  INTERFACE_TYPE InterfaceType;
  ULONG BusNumber;
  ULONG SlotNumber;
  ULONG Reserved[3];
  ULONG AlternativeLists;
  IO_RESOURCE_LIST List[1];
};
static_assert(sizeof(IO_RESOURCE_REQUIREMENTS_LIST) == 72 && offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List) == 32);
using PIO_RESOURCE_REQUIREMENTS_LIST = IO_RESOURCE_REQUIREMENTS_LIST*;

constexpr const char* resource_type_name(UCHAR type) {
  switch (type) {
    case CmResourceTypeNull:
      return "null";
    case CmResourceTypePort:
      return "port";
    case CmResourceTypeInterrupt:
      return "interrupt";
    case CmResourceTypeMemory:
      return "memory";
    case CmResourceTypeDma:
      return "dma";
    case CmResourceTypeDeviceSpecific:
      return "device specific";
    case CmResourceTypeBusNumber:
      return "bus number";
    case CmResourceTypeMemoryLarge:
      return "large memory";
    case CmResourceTypeConfigData:
      return "config data";
    case CmResourceTypeDevicePrivate:
      return "device private";
    default:
      return nullptr;
  }
}

}  // namespace drydock::nt
