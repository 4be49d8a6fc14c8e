#pragma once
// The adapter's hardware as the miniport reaches it: mappings, bus data, memory for DMA, time (contract, section 12).

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// From the start IRP's lists: ranges, interrupt, bus and slot (SP-021, SP-022).
void take_resources(Adapter& adapter, const CM_RESOURCE_LIST* raw, const CM_RESOURCE_LIST* translated);
/// The DMA adapter for a bus master as `config` describes it. Null if it is none.
DMA_ADAPTER* get_dma_adapter(Adapter& adapter, const PORT_CONFIGURATION_INFORMATION& config);
/// SP-302.
bool reaches_64_bits(const PORT_CONFIGURATION_INFORMATION& config);
/// SP-301, SP-363.
void check_dma_config_unchanged(Adapter& adapter);
void unmap_all(Adapter& adapter);

// ---- what miniports call. IRQLs in table 1.1. ----
PVOID NTAPI ScsiPortGetDeviceBase(PVOID HwDeviceExtension, INTERFACE_TYPE BusType, ULONG SystemIoBusNumber,
                                  SCSI_PHYSICAL_ADDRESS IoAddress, ULONG NumberOfBytes, BOOLEAN InIoSpace);
VOID NTAPI ScsiPortFreeDeviceBase(PVOID HwDeviceExtension, PVOID MappedAddress);
BOOLEAN NTAPI ScsiPortValidateRange(PVOID HwDeviceExtension, INTERFACE_TYPE BusType, ULONG SystemIoBusNumber,
                                    SCSI_PHYSICAL_ADDRESS IoAddress, ULONG NumberOfBytes, BOOLEAN InIoSpace);
ULONG NTAPI ScsiPortGetBusData(PVOID DeviceExtension, ULONG BusDataType, ULONG SystemIoBusNumber, ULONG SlotNumber,
                               PVOID Buffer, ULONG Length);
ULONG NTAPI ScsiPortSetBusDataByOffset(PVOID DeviceExtension, ULONG BusDataType, ULONG SystemIoBusNumber,
                                       ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length);
PVOID NTAPI ScsiPortGetUncachedExtension(PVOID HwDeviceExtension, PORT_CONFIGURATION_INFORMATION* ConfigInfo,
                                         ULONG NumberOfBytes);
SCSI_PHYSICAL_ADDRESS NTAPI ScsiPortGetPhysicalAddress(PVOID HwDeviceExtension, SCSI_REQUEST_BLOCK* Srb,
                                                       PVOID VirtualAddress, ULONG* Length);
PVOID NTAPI ScsiPortGetVirtualAddress(PVOID HwDeviceExtension, SCSI_PHYSICAL_ADDRESS PhysicalAddress);
SCSI_PHYSICAL_ADDRESS NTAPI ScsiPortConvertUlongToPhysicalAddress(ULONG_PTR UlongAddress);
ULONG NTAPI ScsiPortConvertPhysicalAddressToUlong(SCSI_PHYSICAL_ADDRESS Address);
VOID NTAPI ScsiPortStallExecution(ULONG Delay);
VOID NTAPI ScsiPortQuerySystemTime(LARGE_INTEGER* CurrentTime);
VOID NTAPI ScsiPortMoveMemory(PVOID WriteBuffer, PVOID ReadBuffer, ULONG Length);

}  // namespace drydock::port::scsiport
