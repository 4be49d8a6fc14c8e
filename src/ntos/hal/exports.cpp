#include "ntos/exports.h"

#include "machine/machine.h"
#include "ntos/hal/bus.h"
#include "ntos/hal/dma.h"

namespace drydock::ntos {

namespace {

using image::any_irql;
using image::at_most;
using image::DataExport;
using image::exactly;
using image::ExportFamily;
using image::not_built;

/// What every entry of HalDispatchTable calls.
VOID NTAPI call_hal_dispatch() {
  machine::Machine::current().not_implemented("HalDispatchTable", "none of its routines is built");
}
const machine::ExportSlot kHalDispatchEntry{
    reinterpret_cast<void*>(call_hal_dispatch), 0, 15, 0, 0, "ntoskrnl.exe", "HalDispatchTable"};

constexpr std::size_t kHalDispatchEntries = 22;

void fill_hal_dispatch(void* guest) {
  auto* words = static_cast<ULONG_PTR*>(guest);
  words[0] = 4;  // HAL_DISPATCH_VERSION
  for (std::size_t i = 1; i <= kHalDispatchEntries; ++i)
    words[i] = reinterpret_cast<ULONG_PTR>(machine::guest_entry(&kHalDispatchEntry));
}

/// The variable points to the port that the kernel debugger uses: none.
void put_no_debugger_port(void* guest) {
  auto* words = static_cast<ULONG_PTR*>(guest);
  words[0] = reinterpret_cast<ULONG_PTR>(&words[1]);
  words[1] = 0;
}

const ExportFamily kHalDma{
    "ntoskrnl.exe",
    {
        {"IoGetDmaAdapter", IoGetDmaAdapter, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"HalDispatchTable", DataExport{8 * (kHalDispatchEntries + 1), fill_hal_dispatch}},
        {"KdComPortInUse", DataExport{16, put_no_debugger_port}},
        {"KeFlushWriteBuffer", KeFlushWriteBuffer, any_irql()},
    },
    "hal/dma"};

const ExportFamily kHalServices{
    "hal.dll",
    {
        {"HalGetAdapter", HalGetAdapter, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"HalAllocateCommonBuffer", AllocateCommonBuffer, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"HalFreeCommonBuffer", FreeCommonBuffer, exactly(PASSIVE_LEVEL)},
        {"HalAllocateAdapterChannel", AllocateAdapterChannel, exactly(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"IoFlushAdapterBuffers", FlushAdapterBuffers, at_most(DISPATCH_LEVEL)},
        {"IoFreeAdapterChannel", FreeAdapterChannel, exactly(DISPATCH_LEVEL)},
        {"IoFreeMapRegisters", FreeMapRegisters, exactly(DISPATCH_LEVEL)},
        {"IoMapTransfer", MapTransfer, at_most(DISPATCH_LEVEL)},
        {"HalReadDmaCounter", ReadDmaCounter, at_most(DISPATCH_LEVEL)},
        {"HalGetInterruptVector", HalGetInterruptVector, exactly(PASSIVE_LEVEL)},
        {"HalTranslateBusAddress", HalTranslateBusAddress, any_irql()},
        {"HalGetBusData", HalGetBusData, any_irql()},
        {"HalGetBusDataByOffset", HalGetBusDataByOffset, any_irql()},
        {"HalSetBusData", HalSetBusData, any_irql()},
        {"HalSetBusDataByOffset", HalSetBusDataByOffset, any_irql()},
        {"HalAssignSlotResources", not_built("resources come from the PnP manager"), exactly(PASSIVE_LEVEL)},
        {"HalQueryRealTimeClock", HalQueryRealTimeClock, any_irql()},
        {"HalDisplayString", HalDisplayString, any_irql()},
        {"HalMakeBeep", HalMakeBeep, any_irql()},
        {"HalReturnToFirmware", not_built("the scenario ends a machine, not a driver")},
        {"KeFlushWriteBuffer", KeFlushWriteBuffer, any_irql()},
        {"KdComPortInUse", DataExport{16, put_no_debugger_port}},
    },
    "hal/services"};

}  // namespace

void hal::add_exports(image::ExportIndex& index) {
  index.add(kHalDma);
  index.add(kHalServices);
}

}  // namespace drydock::ntos
