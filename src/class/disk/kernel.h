#pragma once
// All that the disk driver knows of the kernel: what disk.sys and classpnp.sys import on Windows.

#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/status.h"
#include "ntos/cm/key_api.h"
#include "ntos/ex/pool.h"
#include "ntos/io/device.h"
#include "ntos/io/irp.h"
#include "ntos/io/mdl.h"
#include "ntos/io/remove_lock.h"
#include "ntos/ke/dpc.h"
#include "ntos/ke/event.h"
#include "ntos/ke/timer.h"
#include "ntos/ke/wait.h"
#include "ntos/mm/mdl.h"
#include "ntos/ob/object_api.h"
#include "ntos/pnp/interface_api.h"
#include "ntos/po/power.h"
#include "ntos/rtl/string.h"

namespace drydock::class_::disk {

using ntos::KeCancelTimer;
using ntos::KeInitializeDpc;
using ntos::KeInitializeEvent;
using ntos::KeInitializeTimer;
using ntos::KeSetEvent;
using ntos::KeSetTimer;
using ntos::KeWaitForSingleObject;

using ntos::ExAllocatePool2;
using ntos::ExFreePoolWithTag;
using ntos::MmBuildMdlForNonPagedPool;

using ntos::io::IoAcquireRemoveLockEx;
using ntos::io::IoAllocateIrp;
using ntos::io::IoAllocateMdl;
using ntos::io::IoAttachDeviceToDeviceStack;
using ntos::io::IoBuildDeviceIoControlRequest;
using ntos::io::IoCreateDevice;
using ntos::io::IoCreateSymbolicLink;
using ntos::io::IoDeleteDevice;
using ntos::io::IoDeleteSymbolicLink;
using ntos::io::IoDetachDevice;
using ntos::io::IofCallDriver;
using ntos::io::IofCompleteRequest;
using ntos::io::IoForwardIrpSynchronously;
using ntos::io::IoFreeIrp;
using ntos::io::IoFreeMdl;
using ntos::io::IoGetConfigurationInformation;
using ntos::io::IoInitializeRemoveLockEx;
using ntos::io::IoReleaseRemoveLockAndWaitEx;
using ntos::io::IoReleaseRemoveLockEx;
using ntos::io::IoReuseIrp;

using ntos::PoCallDriver;
using ntos::PoRequestPowerIrp;
using ntos::PoSetPowerState;
using ntos::PoStartNextPowerIrp;

using ntos::RtlFreeUnicodeString;
using ntos::cm::RtlQueryRegistryValues;
using ntos::ob::ZwClose;
using ntos::ob::ZwCreateDirectoryObject;
using ntos::pnp::IoRegisterDeviceInterface;
using ntos::pnp::IoSetDeviceInterfaceState;

}  // namespace drydock::class_::disk
