#include "port/scsiport/scsiport_exports.h"

#include "port/scsiport/debug_print.h"
#include "port/scsiport/initialize.h"
#include "port/scsiport/notification.h"
#include "port/scsiport/register_access.h"
#include "port/scsiport/resources.h"

namespace drydock::port::scsiport {

using image::any_irql;
using image::exactly;
using image::not_built;

namespace {
constexpr const char* kNoSubordinateDma = "no subordinate DMA on x64 (SP-312)";
}

// Which routine of a miniport may call what is checked behind the table: the finding names the routine (SP-361).
// clang-format off
const image::ExportFamily kScsiPort{"scsiport.sys", {
    // name                                   entry                                   caller's IRQL
    {"ScsiPortInitialize",                    ScsiPortInitialize,                     exactly(PASSIVE_LEVEL)},
    {"ScsiPortNotification",                  ScsiPortNotification,                   any_irql()},
    {"ScsiPortCompleteRequest",               ScsiPortCompleteRequest,                any_irql()},
    {"ScsiPortLogError",                      ScsiPortLogError,                       any_irql()},
    {"ScsiPortGetSrb",                        ScsiPortGetSrb,                         any_irql()},
    {"ScsiPortGetLogicalUnit",                ScsiPortGetLogicalUnit,                 any_irql()},
    {"ScsiPortStallExecution",                ScsiPortStallExecution,                 any_irql()},
    {"ScsiPortQuerySystemTime",               ScsiPortQuerySystemTime,                any_irql()},
    {"ScsiPortMoveMemory",                    ScsiPortMoveMemory,                     any_irql()},
    {"ScsiPortGetBusData",                    ScsiPortGetBusData,                     any_irql()},
    {"ScsiPortSetBusDataByOffset",            ScsiPortSetBusDataByOffset,             any_irql()},
    {"ScsiPortGetDeviceBase",                 ScsiPortGetDeviceBase,                  any_irql()},
    {"ScsiPortFreeDeviceBase",                ScsiPortFreeDeviceBase,                 any_irql()},
    {"ScsiPortValidateRange",                 ScsiPortValidateRange,                  any_irql()},
    {"ScsiPortGetUncachedExtension",          ScsiPortGetUncachedExtension,           any_irql()},
    {"ScsiPortGetPhysicalAddress",            ScsiPortGetPhysicalAddress,             any_irql()},
    {"ScsiPortGetVirtualAddress",             ScsiPortGetVirtualAddress,              any_irql()},
    {"ScsiPortConvertUlongToPhysicalAddress", ScsiPortConvertUlongToPhysicalAddress,  any_irql()},
    {"ScsiPortConvertPhysicalAddressToUlong", ScsiPortConvertPhysicalAddressToUlong,  any_irql()},
    {"ScsiPortIoMapTransfer",                 not_built(kNoSubordinateDma),           any_irql()},
    {"ScsiPortFlushDma",                      not_built(kNoSubordinateDma),           any_irql()},
    {"ScsiPortReadPortUchar",                 ScsiPortReadPortUchar,                  any_irql()},
    {"ScsiPortReadPortUshort",                ScsiPortReadPortUshort,                 any_irql()},
    {"ScsiPortReadPortUlong",                 ScsiPortReadPortUlong,                  any_irql()},
    {"ScsiPortWritePortUchar",                ScsiPortWritePortUchar,                 any_irql()},
    {"ScsiPortWritePortUshort",               ScsiPortWritePortUshort,                any_irql()},
    {"ScsiPortWritePortUlong",                ScsiPortWritePortUlong,                 any_irql()},
    {"ScsiPortReadPortBufferUchar",           ScsiPortReadPortBufferUchar,            any_irql()},
    {"ScsiPortReadPortBufferUshort",          ScsiPortReadPortBufferUshort,           any_irql()},
    {"ScsiPortReadPortBufferUlong",           ScsiPortReadPortBufferUlong,            any_irql()},
    {"ScsiPortWritePortBufferUchar",          ScsiPortWritePortBufferUchar,           any_irql()},
    {"ScsiPortWritePortBufferUshort",         ScsiPortWritePortBufferUshort,          any_irql()},
    {"ScsiPortWritePortBufferUlong",          ScsiPortWritePortBufferUlong,           any_irql()},
    {"ScsiPortReadRegisterUchar",             ScsiPortReadRegisterUchar,              any_irql()},
    {"ScsiPortReadRegisterUshort",            ScsiPortReadRegisterUshort,             any_irql()},
    {"ScsiPortReadRegisterUlong",             ScsiPortReadRegisterUlong,              any_irql()},
    {"ScsiPortWriteRegisterUchar",            ScsiPortWriteRegisterUchar,             any_irql()},
    {"ScsiPortWriteRegisterUshort",           ScsiPortWriteRegisterUshort,            any_irql()},
    {"ScsiPortWriteRegisterUlong",            ScsiPortWriteRegisterUlong,             any_irql()},
    {"ScsiPortReadRegisterBufferUchar",       ScsiPortReadRegisterBufferUchar,        any_irql()},
    {"ScsiPortReadRegisterBufferUshort",      ScsiPortReadRegisterBufferUshort,       any_irql()},
    {"ScsiPortReadRegisterBufferUlong",       ScsiPortReadRegisterBufferUlong,        any_irql()},
    {"ScsiPortWriteRegisterBufferUchar",      ScsiPortWriteRegisterBufferUchar,       any_irql()},
    {"ScsiPortWriteRegisterBufferUshort",     ScsiPortWriteRegisterBufferUshort,      any_irql()},
    {"ScsiPortWriteRegisterBufferUlong",      ScsiPortWriteRegisterBufferUlong,       any_irql()},
    {"ScsiDebugPrint",                        ScsiDebugPrint,                         any_irql()},
}, "scsiport"};
// clang-format on

void add_scsiport_exports(image::ExportIndex& index) {
  index.add(kScsiPort);
}

}  // namespace drydock::port::scsiport
