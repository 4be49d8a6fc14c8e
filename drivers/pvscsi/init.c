/// Finding, starting and stopping the adapter.
#include "pvscsi.h"

/// Resets the adapter and starts it. Firmware or an earlier driver may have left rings set up in memory that is ours or
/// anyone's by now, so the reset cannot be spared. IRQL: the device's, under the interrupt lock.
static BOOLEAN PvscsiBringUp(PVSCSI_EXTENSION* Ext) {
  if (!PvscsiCommand(Ext, PVSCSI_COMMAND_ADAPTER_RESET, NULL, 0) || !PvscsiSetUpRings(Ext)) {
    PvscsiLog(Ext, SP_INTERNAL_ADAPTER_ERROR, PvscsiLogBringUpFailed);
    return FALSE;
  }
  Ext->State = PvscsiRunning;
  Ext->NextOwed = FALSE;
  Ext->ResetSeen = FALSE;
  Ext->HardResets = 0;
  ScsiPortNotification(ResetDetected, Ext);
  return TRUE;
}

static BOOLEAN NTAPI PvscsiInitialize(PVOID Context) {
  return PvscsiBringUp(Context);
}

/// Leaves the adapter reset and silent. The port has taken back every request before, unless the adapter was pulled.
static VOID PvscsiStop(PVSCSI_EXTENSION* Ext) {
  if (Ext->State != PvscsiGone) {
    PvscsiWrite(Ext, PVSCSI_REG_INTERRUPT_MASK, 0);
    if (PvscsiCommand(Ext, PVSCSI_COMMAND_ADAPTER_RESET, NULL, 0)) {
      PvscsiWrite(Ext, PVSCSI_REG_INTERRUPT_STATUS, PVSCSI_INTERRUPT_ALL);
      PvscsiDrain(Ext);
      PvscsiGiveBackAll(Ext, SRB_STATUS_BUS_RESET);
    } else if (PvscsiAnswersAllOnes(Ext)) {
      PvscsiDeclareGone(Ext);
    }
  }
  if (Ext->TimerArmed) ScsiPortNotification(RequestTimerCall, Ext, PvscsiTimer, 0);
  Ext->TimerArmed = FALSE;
  Ext->State = PvscsiStopped;
}

static SCSI_ADAPTER_CONTROL_STATUS NTAPI PvscsiAdapterControl(PVOID Context, SCSI_ADAPTER_CONTROL_TYPE ControlType,
                                                              PVOID Parameters) {
  static const SCSI_ADAPTER_CONTROL_TYPE supported[] = {ScsiQuerySupportedControlTypes, ScsiStopAdapter,
                                                        ScsiRestartAdapter};
  PVSCSI_EXTENSION* ext = Context;
  switch (ControlType) {
    case ScsiQuerySupportedControlTypes: {
      SCSI_SUPPORTED_CONTROL_TYPE_LIST* list = Parameters;
      for (ULONG i = 0; i < RTL_NUMBER_OF(supported); ++i)
        if ((ULONG)supported[i] < list->MaxControlType) list->SupportedTypeList[supported[i]] = TRUE;
      return ScsiAdapterControlSuccess;
    }
    case ScsiStopAdapter:
      PvscsiStop(ext);
      return ScsiAdapterControlSuccess;
    case ScsiRestartAdapter:
      return PvscsiBringUp(ext) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    default:
      return ScsiAdapterControlUnsuccessful;
  }
}

static BOOLEAN PvscsiIsOurs(PVSCSI_EXTENSION* Ext, PPORT_CONFIGURATION_INFORMATION Config) {
  ULONG id = 0;
  ULONG bytes =
      ScsiPortGetBusData(Ext, PCIConfiguration, Config->SystemIoBusNumber, Config->SlotNumber, &id, sizeof(id));
  return bytes == sizeof(id) && id == (PVSCSI_PCI_DEVICE_ID << 16 | PVSCSI_PCI_VENDOR_ID);
}

/// Maps the first memory range that is large enough to be BAR 0.
static PUCHAR PvscsiMapRegisters(PVSCSI_EXTENSION* Ext, PPORT_CONFIGURATION_INFORMATION Config) {
  for (ULONG i = 0; i < Config->NumberOfAccessRanges; ++i) {
    const ACCESS_RANGE* range = &(*Config->AccessRanges)[i];
    if (range->RangeInMemory && range->RangeLength >= PVSCSI_REGISTER_SPACE)
      return ScsiPortGetDeviceBase(Ext, Config->AdapterInterfaceType, Config->SystemIoBusNumber, range->RangeStart,
                                   PVSCSI_REGISTER_SPACE, FALSE);
  }
  return NULL;
}

/// Lays the rings out in the uncached extension, which is contiguous but need not start on a page.
static BOOLEAN PvscsiLayOutRings(PVSCSI_EXTENSION* Ext, PPORT_CONFIGURATION_INFORMATION Config) {
  const ULONG pages = 1 + PVSCSI_REQUEST_PAGES + PVSCSI_COMPLETION_PAGES;
  PUCHAR base = ScsiPortGetUncachedExtension(Ext, Config, (pages + 1) * PVSCSI_PAGE_SIZE);
  if (!base) return FALSE;
  ULONG contiguous = 0;
  ULONG64 address = (ULONG64)ScsiPortGetPhysicalAddress(Ext, NULL, base, &contiguous).QuadPart;
  ULONG skip = (ULONG)(0 - address) & (PVSCSI_PAGE_SIZE - 1);
  if (contiguous < skip + pages * PVSCSI_PAGE_SIZE) return FALSE;

  ULONG64 page = (address + skip) >> PVSCSI_PAGE_SHIFT;
  base += skip;
  Ext->Ring = (volatile PVSCSI_RING_STATE*)base;
  Ext->Requests = (volatile PVSCSI_REQUEST*)(base + PVSCSI_PAGE_SIZE);
  Ext->Completions = (volatile PVSCSI_COMPLETION*)(base + (1 + PVSCSI_REQUEST_PAGES) * PVSCSI_PAGE_SIZE);
  Ext->Setup.RequestPages = PVSCSI_REQUEST_PAGES;
  Ext->Setup.CompletionPages = PVSCSI_COMPLETION_PAGES;
  Ext->Setup.StatePage = page++;
  for (ULONG i = 0; i < PVSCSI_REQUEST_PAGES; ++i) Ext->Setup.RequestPage[i] = page++;
  for (ULONG i = 0; i < PVSCSI_COMPLETION_PAGES; ++i) Ext->Setup.CompletionPage[i] = page++;
  return TRUE;
}

static VOID PvscsiDescribe(PVSCSI_EXTENSION* Ext, PPORT_CONFIGURATION_INFORMATION Config) {
  if (Config->NumberOfPhysicalBreaks == SP_UNINITIALIZED_VALUE) Config->NumberOfPhysicalBreaks = 32;
  if (Config->MaximumTransferLength == SP_UNINITIALIZED_VALUE)
    Config->MaximumTransferLength = Config->NumberOfPhysicalBreaks * PVSCSI_PAGE_SIZE;
  Ext->ElementsMax = Config->NumberOfPhysicalBreaks + 1;
  Config->SrbExtensionSize = Ext->ElementsMax * sizeof(PVSCSI_ELEMENT);

  Config->NumberOfBuses = 1;
  Config->InitiatorBusId[0] = PVSCSI_INITIATOR_ID;
  Config->MaximumNumberOfTargets = PVSCSI_TARGETS_MAX;
  Config->Master = TRUE;
  Config->ScatterGather = TRUE;
  Config->NeedPhysicalAddresses = TRUE;
  Config->MapBuffers = FALSE;
  Config->CachesData = FALSE;
  Config->TaggedQueuing = TRUE;
  Config->MultipleRequestPerLu = TRUE;
  Config->AutoRequestSense = TRUE;
  Config->Dma32BitAddresses = TRUE;
  if (Config->Dma64BitAddresses & SCSI_DMA64_SYSTEM_SUPPORTED)
    Config->Dma64BitAddresses = SCSI_DMA64_MINIPORT_SUPPORTED;
}

/// IRQL: PASSIVE_LEVEL, no lock. The interrupt is not connected yet, so the adapter is made silent here.
static ULONG NTAPI PvscsiFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                     PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again) {
  PVSCSI_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(HwContext);
  UNREFERENCED_PARAMETER(BusInformation);
  UNREFERENCED_PARAMETER(ArgumentString);
  *Again = FALSE;

  if (!PvscsiIsOurs(ext, Config)) return SP_RETURN_NOT_FOUND;
  ext->Registers = PvscsiMapRegisters(ext, Config);
  if (!ext->Registers) return SP_RETURN_BAD_CONFIG;

  ULONG answer = SP_RETURN_NOT_FOUND;
  if (!PvscsiAnswersAllOnes(ext)) {
    PvscsiDescribe(ext, Config);
    answer = PvscsiLayOutRings(ext, Config) ? SP_RETURN_FOUND : SP_RETURN_ERROR;
  }
  if (answer != SP_RETURN_FOUND) {
    ScsiPortFreeDeviceBase(ext, ext->Registers);
    ext->Registers = NULL;
    return answer;
  }
  PvscsiInitializeSlots(ext);
  PvscsiWrite(ext, PVSCSI_REG_INTERRUPT_MASK, 0);
  PvscsiWrite(ext, PVSCSI_REG_INTERRUPT_STATUS, PVSCSI_INTERRUPT_ALL);
  return SP_RETURN_FOUND;
}

ULONG NTAPI DriverEntry(PVOID DriverObject, PVOID RegistryPath) {
  static CHAR vendor[] = "15AD";
  static CHAR device[] = "07C0";
  HW_INITIALIZATION_DATA data = {
      .HwInitializationDataSize = sizeof(data),
      .AdapterInterfaceType = PCIBus,
      .HwInitialize = PvscsiInitialize,
      .HwStartIo = PvscsiStartIo,
      .HwInterrupt = PvscsiInterrupt,
      .HwFindAdapter = PvscsiFindAdapter,
      .HwResetBus = PvscsiResetBus,
      .HwAdapterControl = PvscsiAdapterControl,
      .DeviceExtensionSize = sizeof(PVSCSI_EXTENSION),
      .NumberOfAccessRanges = PCI_TYPE0_ADDRESSES,
      .NeedPhysicalAddresses = TRUE,
      .TaggedQueuing = TRUE,
      .AutoRequestSense = TRUE,
      .MultipleRequestPerLu = TRUE,
      .VendorIdLength = sizeof(vendor) - 1,
      .VendorId = vendor,
      .DeviceIdLength = sizeof(device) - 1,
      .DeviceId = device,
  };
  return ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
}
