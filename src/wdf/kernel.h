#pragma once
// All that the framework knows of the kernel: what Wdf01000.sys imports on Windows.

#include "host/check.h"
#include "nt/interface.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/status.h"
#include "nt/work_item.h"
#include "ntos/cm/key_api.h"
#include "ntos/ex/lookaside.h"
#include "ntos/ex/pool.h"
#include "ntos/ex/work_queue.h"
#include "ntos/hal/dma.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/file_api.h"
#include "ntos/io/interrupt.h"
#include "ntos/io/irp.h"
#include "ntos/io/mdl.h"
#include "ntos/io/wmi.h"
#include "ntos/io/work_item.h"
#include "ntos/ke/apc.h"
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
#include "ntos/ob/names.h"
#include "ntos/ob/object_api.h"
#include "ntos/pnp/device_api.h"
#include "ntos/pnp/interface_api.h"
#include "ntos/po/power.h"
#include "ntos/rtl/string.h"

namespace drydock::wdf {
using namespace nt;

using ntos::KeAcquireSpinLockRaiseToDpc;
using ntos::KeAreApcsDisabled;
using ntos::KeCancelTimer;
using ntos::KeClearEvent;
using ntos::KeDelayExecutionThread;
using ntos::KeEnterCriticalRegion;
using ntos::KeFlushQueuedDpcs;
using ntos::KeGetCurrentIrql;
using ntos::KeInitializeDpc;
using ntos::KeInitializeEvent;
using ntos::KeInitializeSpinLock;
using ntos::KeInitializeTimer;
using ntos::KeInitializeTimerEx;
using ntos::KeInsertQueueDpc;
using ntos::KeLeaveCriticalRegion;
using ntos::KeLowerIrql;
using ntos::KeQueryInterruptTime;
using ntos::KeRaiseIrqlToDpcLevel;
using ntos::KeReleaseSpinLock;
using ntos::KeRemoveQueueDpc;
using ntos::KeSetCoalescableTimer;
using ntos::KeSetEvent;
using ntos::KeSetTimer;
using ntos::KeSetTimerEx;
using ntos::KeSynchronizeExecution;
using ntos::KeWaitForSingleObject;

using ntos::ExAllocatePoolWithTag;
using ntos::ExFreePoolWithTag;
using ntos::ExQueueWorkItem;

using ntos::MmBuildMdlForNonPagedPool;
using ntos::MmGetPhysicalAddress;
using ntos::MmMapIoSpace;
using ntos::MmMapLockedPagesSpecifyCache;
using ntos::MmUnlockPages;
using ntos::MmUnmapIoSpace;

using ntos::io::IoAcquireCancelSpinLock;
using ntos::io::IoAllocateIrp;
using ntos::io::IoAllocateMdl;
using ntos::io::IoAttachDeviceToDeviceStack;
using ntos::io::IoBuildPartialMdl;
using ntos::io::IoCancelIrp;
using ntos::io::IoConnectInterruptEx;
using ntos::io::IoCreateDevice;
using ntos::io::IoCreateDeviceSecure;
using ntos::io::IoCreateSymbolicLink;
using ntos::io::IoDeleteDevice;
using ntos::io::IoDeleteSymbolicLink;
using ntos::io::IoDetachDevice;
using ntos::io::IoDisconnectInterruptEx;
using ntos::io::IofCallDriver;
using ntos::io::IofCompleteRequest;
using ntos::io::IoForwardIrpSynchronously;
using ntos::io::IoFreeIrp;
using ntos::io::IoFreeMdl;
using ntos::io::IoGetAttachedDeviceReference;
using ntos::io::IoGetRelatedDeviceObject;
using ntos::io::IoReleaseCancelSpinLock;
using ntos::io::IoReuseIrp;
using ntos::io::IoSetCancelRoutine;
using ntos::io::IoWMIRegistrationControl;
using ntos::io::ZwCreateFile;

using ntos::AllocateAdapterChannel;
using ntos::AllocateCommonBuffer;
using ntos::FlushAdapterBuffers;
using ntos::FreeCommonBuffer;
using ntos::FreeMapRegisters;
using ntos::GetScatterGatherList;
using ntos::IoGetDmaAdapter;
using ntos::MapTransfer;
using ntos::PutDmaAdapter;
using ntos::PutScatterGatherList;

using ntos::pnp::IoGetDeviceProperty;
using ntos::pnp::IoInvalidateDeviceRelations;
using ntos::pnp::IoInvalidateDeviceState;
using ntos::pnp::IoOpenDeviceRegistryKey;
using ntos::pnp::IoRegisterDeviceInterface;
using ntos::pnp::IoRequestDeviceEject;
using ntos::pnp::IoSetDeviceInterfaceState;

using ntos::ob::ObfDereferenceObject;
using ntos::ob::ObfReferenceObject;
using ntos::ob::ObReferenceObjectByHandle;
using ntos::ob::ZwClose;

using ntos::cm::IoOpenDriverRegistryKey;
using ntos::cm::ZwCreateKey;
using ntos::cm::ZwDeleteKey;
using ntos::cm::ZwDeleteValueKey;
using ntos::cm::ZwOpenKey;
using ntos::cm::ZwQueryValueKey;
using ntos::cm::ZwSetValueKey;

using ntos::PoCallDriver;
using ntos::PoRequestPowerIrp;
using ntos::PoSetPowerState;
using ntos::PoStartNextPowerIrp;

}  // namespace drydock::wdf
