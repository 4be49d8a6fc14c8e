/// Finding, starting and stopping the adapter.
#include "am53c974.h"

static BOOLEAN AmBringUp(AM_EXTENSION* Ext) {
  if (AmIsGone(Ext)) return FALSE;
  AmResetChip(Ext);
  Ext->State = AmRunning;
  Ext->Step = AmFree;
  // Whoever had the bus before may have left a target connected.
  if (!AmResetBus(Ext, 0)) return FALSE;
  ScsiPortNotification(ResetDetected, Ext);
  return TRUE;
}

static BOOLEAN NTAPI AmInitialize(PVOID Context) {
  return AmBringUp(Context);
}

/// Leaves the adapter silent. The port has taken back every request before, unless the adapter was pulled.
static VOID AmStop(AM_EXTENSION* Ext) {
  if (Ext->State == AmRunning && AmIsGone(Ext)) AmDeclareGone(Ext);
  if (Ext->State == AmRunning) {
    AmResetChip(Ext);
    Ext->Moved = 0;
    AmFinish(Ext, SRB_STATUS_BUS_RESET);
  }
  if (Ext->TimerArmed) ScsiPortNotification(RequestTimerCall, Ext, AmTimer, 0);
  Ext->TimerArmed = FALSE;
  Ext->State = AmStopped;
}

static SCSI_ADAPTER_CONTROL_STATUS NTAPI AmAdapterControl(PVOID Context, SCSI_ADAPTER_CONTROL_TYPE ControlType,
                                                          PVOID Parameters) {
  static const SCSI_ADAPTER_CONTROL_TYPE supported[] = {ScsiQuerySupportedControlTypes, ScsiStopAdapter,
                                                        ScsiRestartAdapter};
  AM_EXTENSION* ext = Context;
  switch (ControlType) {
    case ScsiQuerySupportedControlTypes: {
      SCSI_SUPPORTED_CONTROL_TYPE_LIST* list = Parameters;
      for (ULONG i = 0; i < RTL_NUMBER_OF(supported); ++i)
        if ((ULONG)supported[i] < list->MaxControlType) list->SupportedTypeList[supported[i]] = TRUE;
      return ScsiAdapterControlSuccess;
    }
    case ScsiStopAdapter:
      AmStop(ext);
      return ScsiAdapterControlSuccess;
    case ScsiRestartAdapter:
      return AmBringUp(ext) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    default:
      return ScsiAdapterControlUnsuccessful;
  }
}

static BOOLEAN AmIsOurs(AM_EXTENSION* Ext, PPORT_CONFIGURATION_INFORMATION Config) {
  ULONG id = 0;
  ULONG bytes =
      ScsiPortGetBusData(Ext, PCIConfiguration, Config->SystemIoBusNumber, Config->SlotNumber, &id, sizeof(id));
  return bytes == sizeof(id) && id == (AM_PCI_DEVICE_ID << 16 | AM_PCI_VENDOR_ID);
}

/// Maps the first range of ports that is large enough to be BAR 0.
static PUCHAR AmMapPorts(AM_EXTENSION* Ext, PPORT_CONFIGURATION_INFORMATION Config) {
  for (ULONG i = 0; i < Config->NumberOfAccessRanges; ++i) {
    const ACCESS_RANGE* range = &(*Config->AccessRanges)[i];
    if (!range->RangeInMemory && range->RangeLength >= AM_REGISTER_SPACE)
      return ScsiPortGetDeviceBase(Ext, Config->AdapterInterfaceType, Config->SystemIoBusNumber, range->RangeStart,
                                   AM_REGISTER_SPACE, TRUE);
  }
  return NULL;
}

/// One request at a time, no sense data of its own, 32-bit addresses.
static VOID AmDescribe(PPORT_CONFIGURATION_INFORMATION Config) {
  if (Config->NumberOfPhysicalBreaks == SP_UNINITIALIZED_VALUE)
    Config->NumberOfPhysicalBreaks = AM_TRANSFER_MAX / AM_PAGE_SIZE;
  if (Config->MaximumTransferLength == SP_UNINITIALIZED_VALUE) Config->MaximumTransferLength = AM_TRANSFER_MAX;
  Config->NumberOfBuses = 1;
  Config->InitiatorBusId[0] = AM_INITIATOR_ID;
  Config->MaximumNumberOfTargets = AM_TARGETS_MAX;
  Config->Master = TRUE;
  Config->ScatterGather = TRUE;
  Config->NeedPhysicalAddresses = TRUE;
  Config->MapBuffers = FALSE;
  Config->CachesData = FALSE;
  Config->TaggedQueuing = FALSE;
  Config->MultipleRequestPerLu = FALSE;
  Config->AutoRequestSense = FALSE;
  Config->Dma32BitAddresses = TRUE;
}

/// A page for what is sent on selection and one to throw data into.
static BOOLEAN AmLayOutMemory(AM_EXTENSION* Ext, PPORT_CONFIGURATION_INFORMATION Config) {
  PUCHAR base = ScsiPortGetUncachedExtension(Ext, Config, 2 * AM_PAGE_SIZE);
  if (!base) return FALSE;
  ULONG contiguous = 0;
  ULONG address =
      ScsiPortConvertPhysicalAddressToUlong(ScsiPortGetPhysicalAddress(Ext, NULL, base, &contiguous));
  if (contiguous < 2 * AM_PAGE_SIZE) return FALSE;
  Ext->Selection = base;
  Ext->SelectionAddress = address;
  Ext->ScratchAddress = address + AM_PAGE_SIZE;
  return TRUE;
}

/// IRQL: PASSIVE_LEVEL, no lock. The interrupt is not connected yet.
static ULONG NTAPI AmFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                 PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  AM_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(HwContext);
  UNREFERENCED_PARAMETER(BusInformation);
  UNREFERENCED_PARAMETER(ArgumentString);
  *Again = FALSE;

  if (!AmIsOurs(ext, Config)) return SP_RETURN_NOT_FOUND;
  ext->Ports = AmMapPorts(ext, Config);
  if (!ext->Ports) return SP_RETURN_BAD_CONFIG;
  ULONG answer = SP_RETURN_NOT_FOUND;
  if (!AmIsGone(ext)) {
    AmDescribe(Config);
    answer = AmLayOutMemory(ext, Config) ? SP_RETURN_FOUND : SP_RETURN_ERROR;
  }
  if (answer != SP_RETURN_FOUND) {
    ScsiPortFreeDeviceBase(ext, ext->Ports);
    ext->Ports = NULL;
    return answer;
  }
  AmResetChip(ext);
  return SP_RETURN_FOUND;
}

ULONG NTAPI DriverEntry(PVOID DriverObject, PVOID RegistryPath) {
  static CHAR vendor[] = "1022";
  static CHAR device[] = "2020";
  HW_INITIALIZATION_DATA data = {
      .HwInitializationDataSize = sizeof(data),
      .AdapterInterfaceType = PCIBus,
      .HwInitialize = AmInitialize,
      .HwStartIo = AmStartIo,
      .HwInterrupt = AmInterrupt,
      .HwFindAdapter = AmFindAdapter,
      .HwResetBus = AmResetBus,
      .HwAdapterControl = AmAdapterControl,
      .DeviceExtensionSize = sizeof(AM_EXTENSION),
      .NumberOfAccessRanges = PCI_TYPE0_ADDRESSES,
      .NeedPhysicalAddresses = TRUE,
      .VendorIdLength = sizeof(vendor) - 1,
      .VendorId = vendor,
      .DeviceIdLength = sizeof(device) - 1,
      .DeviceId = device,
  };
  return ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
}
