#include "ntos/exports.h"

#include "image/export_table.h"
#include "ntos/io/csq.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/error_log.h"
#include "ntos/io/file_api.h"
#include "ntos/io/interrupt.h"
#include "ntos/io/irp.h"
#include "ntos/io/mdl.h"
#include "ntos/io/remove_lock.h"
#include "ntos/io/start_io.h"
#include "ntos/io/timer.h"
#include "ntos/io/wmi.h"
#include "ntos/io/work_item.h"

namespace drydock::ntos::io {

namespace {

using image::any_irql, image::at_most, image::exactly, image::ExportFamily, image::not_built;
constexpr NTSTATUS kShort = STATUS_INSUFFICIENT_RESOURCES;

// clang-format off
const ExportFamily kIrps{"ntoskrnl.exe", {
  // name                            entry                          caller's IRQL             may be refused with
  {"IoAllocateIrp",                  IoAllocateIrp,                 at_most(DISPATCH_LEVEL),  {kShort}},
  {"IoAllocateIrpEx",                IoAllocateIrpEx,               at_most(DISPATCH_LEVEL),  {kShort}},
  {"IoFreeIrp",                      IoFreeIrp,                     at_most(DISPATCH_LEVEL)},
  {"IoReuseIrp",                     IoReuseIrp,                    at_most(DISPATCH_LEVEL)},
  {"IoInitializeIrp",                IoInitializeIrp,               at_most(DISPATCH_LEVEL)},
  {"IofCallDriver",                  IofCallDriver,                 at_most(DISPATCH_LEVEL)},
  {"IofCompleteRequest",             IofCompleteRequest,            at_most(DISPATCH_LEVEL)},
  {"IoForwardIrpSynchronously",      IoForwardIrpSynchronously,     exactly(PASSIVE_LEVEL)},
  {"IoForwardAndCatchIrp",           IoForwardAndCatchIrp,          exactly(PASSIVE_LEVEL)},
  {"IoSetCompletionRoutineEx",       IoSetCompletionRoutineEx,      at_most(DISPATCH_LEVEL),  {kShort}},
  {"IoBuildSynchronousFsdRequest",   IoBuildSynchronousFsdRequest,  exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoBuildAsynchronousFsdRequest",  IoBuildAsynchronousFsdRequest, at_most(DISPATCH_LEVEL),  {kShort}},
  {"IoBuildDeviceIoControlRequest",  IoBuildDeviceIoControlRequest, exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoMakeAssociatedIrp",            IoMakeAssociatedIrp,           at_most(DISPATCH_LEVEL),  {kShort}},
  {"IoQueueThreadIrp",               IoQueueThreadIrp,              at_most(DISPATCH_LEVEL)},
  {"IoCancelIrp",                    IoCancelIrp,                   at_most(DISPATCH_LEVEL)},
  {"IoAcquireCancelSpinLock",        IoAcquireCancelSpinLock,       at_most(DISPATCH_LEVEL)},
  {"IoReleaseCancelSpinLock",        IoReleaseCancelSpinLock,       exactly(DISPATCH_LEVEL)},
  {"IoIsOperationSynchronous",       IoIsOperationSynchronous,      at_most(DISPATCH_LEVEL)},
  {"IoGetRequestorProcess",          IoGetRequestorProcess,         at_most(DISPATCH_LEVEL)},
  {"IoGetRequestorProcessId",        IoGetRequestorProcessId,       at_most(DISPATCH_LEVEL)},
  {"IoGetRequestorSessionId",        IoGetRequestorSessionId,       at_most(DISPATCH_LEVEL)},
  {"IoGetIoPriorityHint",            IoGetIoPriorityHint,           any_irql()},
  {"IoIs32bitProcess",               IoIs32bitProcess,              any_irql()},
  {"IoSetHardErrorOrVerifyDevice",   not_built("no file system mounts volumes"), at_most(DISPATCH_LEVEL)},
  {"IoRaiseHardError",               not_built("nobody is there to answer a hard error"), at_most(APC_LEVEL)},
}, "io/irp"};

const ExportFamily kDevices{"ntoskrnl.exe", {
  {"IoCreateDevice",                 IoCreateDevice,                at_most(APC_LEVEL),       {kShort}},
  {"IoCreateDeviceSecure",           IoCreateDeviceSecure,          at_most(APC_LEVEL),       {kShort}},
  {"WdmlibIoCreateDeviceSecure",     IoCreateDeviceSecure,          at_most(APC_LEVEL),       {kShort}},
  {"IoDeleteDevice",                 IoDeleteDevice,                at_most(APC_LEVEL)},
  {"IoAttachDevice",                 IoAttachDevice,                exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoAttachDeviceToDeviceStack",    IoAttachDeviceToDeviceStack,   at_most(DISPATCH_LEVEL),  {STATUS_NO_SUCH_DEVICE}},
  {"IoAttachDeviceToDeviceStackSafe", IoAttachDeviceToDeviceStackSafe, at_most(DISPATCH_LEVEL), {STATUS_NO_SUCH_DEVICE}},
  {"IoDetachDevice",                 IoDetachDevice,                exactly(PASSIVE_LEVEL)},
  {"IoGetAttachedDevice",            IoGetAttachedDevice,           at_most(DISPATCH_LEVEL)},
  {"IoGetAttachedDeviceReference",   IoGetAttachedDeviceReference,  at_most(DISPATCH_LEVEL)},
  {"IoGetLowerDeviceObject",         IoGetLowerDeviceObject,        at_most(DISPATCH_LEVEL)},
  {"IoGetDeviceAttachmentBaseRef",   IoGetDeviceAttachmentBaseRef,  at_most(DISPATCH_LEVEL)},
  {"IoGetRelatedDeviceObject",       IoGetRelatedDeviceObject,      at_most(DISPATCH_LEVEL)},
  {"IoGetDeviceObjectPointer",       IoGetDeviceObjectPointer,      exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoCreateSymbolicLink",           IoCreateSymbolicLink,          exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoCreateUnprotectedSymbolicLink", IoCreateUnprotectedSymbolicLink, exactly(PASSIVE_LEVEL), {kShort}},
  {"IoDeleteSymbolicLink",           IoDeleteSymbolicLink,          exactly(PASSIVE_LEVEL)},
  {"IoRegisterShutdownNotification", IoRegisterShutdownNotification, exactly(PASSIVE_LEVEL),  {kShort}},
  {"IoRegisterLastChanceShutdownNotification", IoRegisterLastChanceShutdownNotification, exactly(PASSIVE_LEVEL), {kShort}},
  {"IoUnregisterShutdownNotification", IoUnregisterShutdownNotification, exactly(PASSIVE_LEVEL)},
  {"IoGetConfigurationInformation",  IoGetConfigurationInformation, exactly(PASSIVE_LEVEL)},
  {"IoStartPacket",                  IoStartPacket,                 at_most(DISPATCH_LEVEL)},
  {"IoStartNextPacket",              IoStartNextPacket,             exactly(DISPATCH_LEVEL)},
  {"IoStartNextPacketByKey",         IoStartNextPacketByKey,        exactly(DISPATCH_LEVEL)},
  {"IoSetStartIoAttributes",         IoSetStartIoAttributes,        at_most(DISPATCH_LEVEL)},
  {"IoInitializeTimer",              IoInitializeTimer,             exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoStartTimer",                   IoStartTimer,                  at_most(DISPATCH_LEVEL)},
  {"IoStopTimer",                    IoStopTimer,                   at_most(DISPATCH_LEVEL)},
}, "io/device"};

const ExportFamily kDrivers{"ntoskrnl.exe", {
  {"IoAllocateDriverObjectExtension", IoAllocateDriverObjectExtension, at_most(DISPATCH_LEVEL), {kShort}},
  {"IoGetDriverObjectExtension",     IoGetDriverObjectExtension,    at_most(DISPATCH_LEVEL)},
  {"IoRegisterDriverReinitialization", IoRegisterDriverReinitialization, exactly(PASSIVE_LEVEL)},
  {"IoRegisterBootDriverReinitialization", IoRegisterBootDriverReinitialization, exactly(PASSIVE_LEVEL)},
  {"IoCreateDriver",                 not_built("drivers come from images"), exactly(PASSIVE_LEVEL)},
  {"ZwLoadDriver",                   not_built("only scenarios load drivers"), exactly(PASSIVE_LEVEL)},
  {"ZwUnloadDriver",                 not_built("only scenarios unload drivers"), exactly(PASSIVE_LEVEL)},
}, "io/driver"};

const ExportFamily kQueues{"ntoskrnl.exe", {
  {"IoCsqInitialize",                IoCsqInitialize,               any_irql()},
  {"IoCsqInitializeEx",              IoCsqInitializeEx,             any_irql()},
  {"IoCsqInsertIrp",                 IoCsqInsertIrp,                at_most(DISPATCH_LEVEL)},
  {"IoCsqInsertIrpEx",               IoCsqInsertIrpEx,              at_most(DISPATCH_LEVEL)},
  {"IoCsqRemoveNextIrp",             IoCsqRemoveNextIrp,            at_most(DISPATCH_LEVEL)},
  {"IoCsqRemoveIrp",                 IoCsqRemoveIrp,                at_most(DISPATCH_LEVEL)},
  {"IoInitializeRemoveLockEx",       IoInitializeRemoveLockEx,      exactly(PASSIVE_LEVEL)},
  {"IoAcquireRemoveLockEx",          IoAcquireRemoveLockEx,         at_most(DISPATCH_LEVEL)},
  {"IoReleaseRemoveLockEx",          IoReleaseRemoveLockEx,         at_most(DISPATCH_LEVEL)},
  {"IoReleaseRemoveLockAndWaitEx",   IoReleaseRemoveLockAndWaitEx,  exactly(PASSIVE_LEVEL)},
  {"IoAllocateWorkItem",             IoAllocateWorkItem,            at_most(DISPATCH_LEVEL),  {kShort}},
  {"IoFreeWorkItem",                 IoFreeWorkItem,                at_most(DISPATCH_LEVEL)},
  {"IoSizeofWorkItem",               IoSizeofWorkItem,              any_irql()},
  {"IoInitializeWorkItem",           IoInitializeWorkItem,          any_irql()},
  {"IoUninitializeWorkItem",         IoUninitializeWorkItem,        at_most(DISPATCH_LEVEL)},
  {"IoQueueWorkItem",                IoQueueWorkItem,               at_most(DISPATCH_LEVEL)},
  {"IoQueueWorkItemEx",              IoQueueWorkItemEx,             at_most(DISPATCH_LEVEL)},
  {"IoTryQueueWorkItem",             IoTryQueueWorkItem,            at_most(DISPATCH_LEVEL)},
}, "io/queue"};

const ExportFamily kMdls{"ntoskrnl.exe", {
  {"IoAllocateMdl",                  IoAllocateMdl,                 at_most(DISPATCH_LEVEL),  {kShort}},
  {"IoFreeMdl",                      IoFreeMdl,                     at_most(DISPATCH_LEVEL)},
  {"IoBuildPartialMdl",              IoBuildPartialMdl,             at_most(DISPATCH_LEVEL)},
}, "io/mdl"};

const ExportFamily kInterrupts{"ntoskrnl.exe", {
  {"IoConnectInterrupt",             IoConnectInterrupt,            exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoConnectInterruptEx",           IoConnectInterruptEx,          exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoDisconnectInterrupt",          IoDisconnectInterrupt,         exactly(PASSIVE_LEVEL)},
  {"IoDisconnectInterruptEx",        IoDisconnectInterruptEx,       exactly(PASSIVE_LEVEL)},
  {"IoReportInterruptActive",        not_built("interrupts cannot be reported idle yet"), at_most(DISPATCH_LEVEL)},
  {"IoReportInterruptInactive",      not_built("interrupts cannot be reported idle yet"), at_most(DISPATCH_LEVEL)},
}, "io/interrupt"};

const ExportFamily kFiles{"ntoskrnl.exe", {
  {"ZwCreateFile",                   ZwCreateFile,                  exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwOpenFile",                     ZwOpenFile,                    exactly(PASSIVE_LEVEL),   {kShort}},
  {"IoCreateFile",                   IoCreateFile,                  exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwReadFile",                     ZwReadFile,                    exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwWriteFile",                    ZwWriteFile,                   exactly(PASSIVE_LEVEL),   {kShort}},
  {"NtReadFile",                     ZwReadFile,                    exactly(PASSIVE_LEVEL),   {kShort}},
  {"NtWriteFile",                    ZwWriteFile,                   exactly(PASSIVE_LEVEL),   {kShort}},
  {"NtCreateFile",                   ZwCreateFile,                  exactly(PASSIVE_LEVEL),   {kShort}},
  {"NtOpenFile",                     ZwOpenFile,                    exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwDeviceIoControlFile",          ZwDeviceIoControlFile,         exactly(PASSIVE_LEVEL),   {kShort}},
  {"NtDeviceIoControlFile",          ZwDeviceIoControlFile,         exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwFlushBuffersFile",             ZwFlushBuffersFile,            exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwQueryInformationFile",         ZwQueryInformationFile,        exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwSetInformationFile",           ZwSetInformationFile,          exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwQueryVolumeInformationFile",   ZwQueryVolumeInformationFile,  exactly(PASSIVE_LEVEL),   {kShort}},
  {"ZwCancelIoFile",                 ZwCancelIoFile,                exactly(PASSIVE_LEVEL)},
  {"ZwFsControlFile",                not_built("no file system serves this machine"), exactly(PASSIVE_LEVEL)},
  {"ZwQueryDirectoryFile",           not_built("no file system serves this machine"), exactly(PASSIVE_LEVEL)},
  {"ZwDeleteFile",                   not_built("no file system serves this machine"), exactly(PASSIVE_LEVEL)},
  {"IoReadDiskSignature",            not_built("no partition table is read"), exactly(PASSIVE_LEVEL)},
}, "io/file"};

const ExportFamily kWmi{"ntoskrnl.exe", {
  {"IoWMIRegistrationControl",       IoWMIRegistrationControl,      at_most(APC_LEVEL),       {kShort}},
  {"IoWMIDeviceObjectToProviderId",  IoWMIDeviceObjectToProviderId, at_most(DISPATCH_LEVEL)},
  {"IoWMIWriteEvent",                IoWMIWriteEvent,               at_most(DISPATCH_LEVEL)},
  {"IoWMIOpenBlock",                 not_built("no WMI data is consumed"), exactly(PASSIVE_LEVEL)},
  {"IoWMIQueryAllData",              not_built("no WMI data is consumed"), exactly(PASSIVE_LEVEL)},
  {"IoWMISetNotificationCallback",   not_built("no WMI data is consumed"), exactly(PASSIVE_LEVEL)},
}, "io/wmi"};

const ExportFamily kErrorLog{"ntoskrnl.exe", {
  {"IoAllocateErrorLogEntry",        IoAllocateErrorLogEntry,       at_most(DISPATCH_LEVEL),  {kShort}},
  {"IoWriteErrorLogEntry",           IoWriteErrorLogEntry,          at_most(DISPATCH_LEVEL)},
  {"IoFreeErrorLogEntry",            IoFreeErrorLogEntry,           at_most(DISPATCH_LEVEL)},
}, "io/error_log"};
// clang-format on

}  // namespace

void add_exports(image::ExportIndex& index) {
  for (const ExportFamily* family :
       {&kIrps, &kDevices, &kDrivers, &kQueues, &kMdls, &kInterrupts, &kFiles, &kWmi, &kErrorLog})
    index.add(*family);
}

}  // namespace drydock::ntos::io
