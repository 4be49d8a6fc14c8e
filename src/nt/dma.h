#pragma once
// DMA adapters as a driver describes and uses them.

#include "nt/base.h"
#include "nt/device_object.h"
#include "nt/mdl.h"
#include "nt/resource.h"

namespace drydock::nt {

enum DMA_WIDTH : LONG { Width8Bits, Width16Bits, Width32Bits, Width64Bits, WidthNoWrap, MaximumDmaWidth };
enum DMA_SPEED : LONG { Compatible, TypeA, TypeB, TypeC, TypeF, MaximumDmaSpeed };

inline constexpr ULONG DEVICE_DESCRIPTION_VERSION = 0;
inline constexpr ULONG DEVICE_DESCRIPTION_VERSION1 = 1;
inline constexpr ULONG DEVICE_DESCRIPTION_VERSION2 = 2;
inline constexpr ULONG DEVICE_DESCRIPTION_VERSION3 = 3;

struct DEVICE_DESCRIPTION {
  ULONG Version;
  BOOLEAN Master;
  BOOLEAN ScatterGather;
  BOOLEAN DemandMode;
  BOOLEAN AutoInitialize;
  BOOLEAN Dma32BitAddresses;
  BOOLEAN IgnoreCount;
  BOOLEAN Reserved1;
  BOOLEAN Dma64BitAddresses;
  ULONG BusNumber;
  ULONG DmaChannel;
  INTERFACE_TYPE InterfaceType;
  DMA_WIDTH DmaWidth;
  DMA_SPEED DmaSpeed;
  ULONG MaximumLength;
  ULONG DmaPort;
  // Windows 8: the rest may be read only when Version is 3 or more.
  ULONG DmaAddressWidth;
  ULONG DmaControllerInstance;
  ULONG DmaRequestLine;
  PHYSICAL_ADDRESS DeviceAddress;
};
static_assert(sizeof(DEVICE_DESCRIPTION) == 0x40 && offsetof(DEVICE_DESCRIPTION, Dma64BitAddresses) == 0x0B &&
              offsetof(DEVICE_DESCRIPTION, DmaPort) == 0x24 && offsetof(DEVICE_DESCRIPTION, DmaAddressWidth) == 0x28);
using PDEVICE_DESCRIPTION = DEVICE_DESCRIPTION*;

struct SCATTER_GATHER_ELEMENT {
  PHYSICAL_ADDRESS Address;
  ULONG Length;
  ULONG_PTR Reserved;
};
static_assert(sizeof(SCATTER_GATHER_ELEMENT) == 0x18);
using PSCATTER_GATHER_ELEMENT = SCATTER_GATHER_ELEMENT*;

struct SCATTER_GATHER_LIST {
  ULONG NumberOfElements;
  ULONG_PTR Reserved;
  SCATTER_GATHER_ELEMENT Elements[];
};
static_assert(sizeof(SCATTER_GATHER_LIST) == 0x10 && offsetof(SCATTER_GATHER_LIST, Elements) == 0x10);
using PSCATTER_GATHER_LIST = SCATTER_GATHER_LIST*;

struct DMA_OPERATIONS;

inline constexpr USHORT DMA_ADAPTER_VERSION1 = 1;

struct DMA_ADAPTER {
  USHORT Version;
  USHORT Size;
  DMA_OPERATIONS* DmaOperations;
};
static_assert(sizeof(DMA_ADAPTER) == 0x10 && offsetof(DMA_ADAPTER, DmaOperations) == 8);
using PDMA_ADAPTER = DMA_ADAPTER*;
using PADAPTER_OBJECT = DMA_ADAPTER*;

using PDRIVER_LIST_CONTROL = VOID(NTAPI*)(DEVICE_OBJECT* DeviceObject, IRP* Irp, SCATTER_GATHER_LIST* ScatterGather,
                                          PVOID Context);

using PPUT_DMA_ADAPTER = VOID(NTAPI*)(DMA_ADAPTER*);
using PALLOCATE_COMMON_BUFFER = PVOID(NTAPI*)(DMA_ADAPTER*, ULONG Length, PHYSICAL_ADDRESS* LogicalAddress,
                                              BOOLEAN CacheEnabled);
using PFREE_COMMON_BUFFER = VOID(NTAPI*)(DMA_ADAPTER*, ULONG Length, PHYSICAL_ADDRESS LogicalAddress,
                                         PVOID VirtualAddress, BOOLEAN CacheEnabled);
using PALLOCATE_ADAPTER_CHANNEL = NTSTATUS(NTAPI*)(DMA_ADAPTER*, DEVICE_OBJECT*, ULONG NumberOfMapRegisters,
                                                   PDRIVER_CONTROL ExecutionRoutine, PVOID Context);
using PFLUSH_ADAPTER_BUFFERS = BOOLEAN(NTAPI*)(DMA_ADAPTER*, MDL*, PVOID MapRegisterBase, PVOID CurrentVa, ULONG Length,
                                               BOOLEAN WriteToDevice);
using PFREE_ADAPTER_CHANNEL = VOID(NTAPI*)(DMA_ADAPTER*);
using PFREE_MAP_REGISTERS = VOID(NTAPI*)(DMA_ADAPTER*, PVOID MapRegisterBase, ULONG NumberOfMapRegisters);
using PMAP_TRANSFER = PHYSICAL_ADDRESS(NTAPI*)(DMA_ADAPTER*, MDL*, PVOID MapRegisterBase, PVOID CurrentVa,
                                               ULONG* Length, BOOLEAN WriteToDevice);
using PGET_DMA_ALIGNMENT = ULONG(NTAPI*)(DMA_ADAPTER*);
using PREAD_DMA_COUNTER = ULONG(NTAPI*)(DMA_ADAPTER*);
using PGET_SCATTER_GATHER_LIST = NTSTATUS(NTAPI*)(DMA_ADAPTER*, DEVICE_OBJECT*, MDL*, PVOID CurrentVa, ULONG Length,
                                                  PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context,
                                                  BOOLEAN WriteToDevice);
using PPUT_SCATTER_GATHER_LIST = VOID(NTAPI*)(DMA_ADAPTER*, SCATTER_GATHER_LIST*, BOOLEAN WriteToDevice);
using PCALCULATE_SCATTER_GATHER_LIST_SIZE = NTSTATUS(NTAPI*)(DMA_ADAPTER*, MDL*, PVOID CurrentVa, ULONG Length,
                                                             ULONG* ScatterGatherListSize, ULONG* NumberOfMapRegisters);
using PBUILD_SCATTER_GATHER_LIST = NTSTATUS(NTAPI*)(DMA_ADAPTER*, DEVICE_OBJECT*, MDL*, PVOID CurrentVa, ULONG Length,
                                                    PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context,
                                                    BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer,
                                                    ULONG ScatterGatherLength);
using PBUILD_MDL_FROM_SCATTER_GATHER_LIST = NTSTATUS(NTAPI*)(DMA_ADAPTER*, SCATTER_GATHER_LIST*, MDL* OriginalMdl,
                                                             MDL** TargetMdl);

// Versions 1 and 2. The Windows 8 operations (version 3) come after these and are reached only if Size covers them.
struct DMA_OPERATIONS {
  ULONG Size;
  PPUT_DMA_ADAPTER PutDmaAdapter;
  PALLOCATE_COMMON_BUFFER AllocateCommonBuffer;
  PFREE_COMMON_BUFFER FreeCommonBuffer;
  PALLOCATE_ADAPTER_CHANNEL AllocateAdapterChannel;
  PFLUSH_ADAPTER_BUFFERS FlushAdapterBuffers;
  PFREE_ADAPTER_CHANNEL FreeAdapterChannel;
  PFREE_MAP_REGISTERS FreeMapRegisters;
  PMAP_TRANSFER MapTransfer;
  PGET_DMA_ALIGNMENT GetDmaAlignment;
  PREAD_DMA_COUNTER ReadDmaCounter;
  PGET_SCATTER_GATHER_LIST GetScatterGatherList;
  PPUT_SCATTER_GATHER_LIST PutScatterGatherList;
  PCALCULATE_SCATTER_GATHER_LIST_SIZE CalculateScatterGatherList;
  PBUILD_SCATTER_GATHER_LIST BuildScatterGatherList;
  PBUILD_MDL_FROM_SCATTER_GATHER_LIST BuildMdlFromScatterGatherList;
};
static_assert(sizeof(DMA_OPERATIONS) == 0x80 && offsetof(DMA_OPERATIONS, GetScatterGatherList) == 0x58);
using PDMA_OPERATIONS = DMA_OPERATIONS*;

}  // namespace drydock::nt
