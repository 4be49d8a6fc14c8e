#pragma once
// All that the port knows of the kernel: what scsiport.sys imports on Windows.

#include "host/check.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/status.h"
#include "ntos/cm/key_api.h"
#include "ntos/ex/pool.h"
#include "ntos/hal/bus.h"
#include "ntos/hal/dma.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/error_log.h"
#include "ntos/io/interrupt.h"
#include "ntos/io/irp.h"
#include "ntos/io/mdl.h"
#include "ntos/io/wmi.h"
#include "ntos/io/work_item.h"
#include "ntos/ke/clock.h"
#include "ntos/ke/dpc.h"
#include "ntos/ke/event.h"
#include "ntos/ke/interrupt.h"
#include "ntos/ke/irql.h"
#include "ntos/ke/spin_lock.h"
#include "ntos/ke/timer.h"
#include "ntos/ke/wait.h"
#include "ntos/mm/io_space.h"
#include "ntos/mm/mdl.h"
#include "ntos/ob/object_api.h"
#include "ntos/pnp/detection.h"
#include "ntos/pnp/device_api.h"
#include "ntos/po/power.h"

namespace drydock::port::scsiport {
using namespace nt;

using ntos::KeAcquireSpinLockRaiseToDpc;
using ntos::KeCancelTimer;
using ntos::KeClearEvent;
using ntos::KeDelayExecutionThread;
using ntos::KeFlushQueuedDpcs;
using ntos::KeGetCurrentIrql;
using ntos::KeInitializeDpc;
using ntos::KeInitializeEvent;
using ntos::KeInitializeSpinLock;
using ntos::KeInitializeTimer;
using ntos::KeInsertQueueDpc;
using ntos::KeQuerySystemTime;
using ntos::KeReadStateTimer;
using ntos::KeReleaseSpinLock;
using ntos::KeSetEvent;
using ntos::KeSetTimer;
using ntos::KeStallExecutionProcessor;
using ntos::KeSynchronizeExecution;
using ntos::KeWaitForSingleObject;

using ntos::MmAllocateContiguousMemory;
using ntos::MmFreeContiguousMemory;
using ntos::MmGetPhysicalAddress;
using ntos::MmMapIoSpace;
using ntos::MmMapLockedPagesSpecifyCache;
using ntos::MmUnlockPages;
using ntos::MmUnmapIoSpace;
using ntos::mm::lock_pages;  // MmProbeAndLockPages within __try

using ntos::ExAllocatePoolWithTag;
using ntos::ExFreePoolWithTag;

using ntos::HalGetAdapter;
using ntos::HalGetBusDataByOffset;
using ntos::HalGetInterruptVector;
using ntos::HalSetBusDataByOffset;
using ntos::IoGetDmaAdapter;

using ntos::io::IoAllocateErrorLogEntry;
using ntos::io::IoAllocateMdl;
using ntos::io::IoAllocateWorkItem;
using ntos::io::IoAttachDeviceToDeviceStack;
using ntos::io::IoConnectInterrupt;
using ntos::io::IoCreateDevice;
using ntos::io::IoCreateSymbolicLink;
using ntos::io::IoDeleteDevice;
using ntos::io::IoDeleteSymbolicLink;
using ntos::io::IoDetachDevice;
using ntos::io::IoDisconnectInterrupt;
using ntos::io::IofCallDriver;
using ntos::io::IofCompleteRequest;
using ntos::io::IoForwardIrpSynchronously;
using ntos::io::IoFreeMdl;
using ntos::io::IoFreeWorkItem;
using ntos::io::IoGetConfigurationInformation;
using ntos::io::IoQueueWorkItem;
using ntos::io::IoRegisterDriverReinitialization;
using ntos::io::IoWMIDeviceObjectToProviderId;
using ntos::io::IoWMIRegistrationControl;
using ntos::io::IoWMIWriteEvent;
using ntos::io::IoWriteErrorLogEntry;

using ntos::pnp::IoGetDeviceProperty;
using ntos::pnp::IoInvalidateDeviceRelations;
using ntos::pnp::IoReportDetectedDevice;
using ntos::pnp::IoReportResourceForDetection;

using ntos::ob::ObfReferenceObject;
using ntos::ob::ZwClose;

using ntos::PoCallDriver;
using ntos::PoRequestPowerIrp;
using ntos::PoSetPowerState;
using ntos::PoStartNextPowerIrp;

using ntos::cm::ZwOpenKey;
using ntos::cm::ZwQueryValueKey;

}  // namespace drydock::port::scsiport
