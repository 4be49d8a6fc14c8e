#pragma once
// What a driver and the framework exchange: the very headers a guest driver is built with, read in this namespace.
// Structures are those of 1.33; layout_test.cpp holds both readings against the contract.

#include "nt/device_object.h"
#include "nt/dma.h"
#include "nt/file_information.h"
#include "nt/guid.h"
#include "nt/interface.h"
#include "nt/interrupt.h"
#include "nt/irp.h"
#include "nt/mdl.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/power.h"
#include "nt/resource.h"
#include "nt/status.h"

#define WDF_TYPES_ONLY

namespace drydock::wdf {
using namespace nt;

// Names of <ntddk.h> that the headers need and nt has not. What the power framework (PoFx) takes is only passed by.
using CCHAR = CHAR;
using PCCH = const CHAR*;
using DEVPROPTYPE = ULONG;
using PDEVPROPTYPE = DEVPROPTYPE*;
using POHANDLE = struct POHANDLE__*;
using PPO_FX_COMPONENT = PVOID;
using PPO_FX_COMPONENT_ACTIVE_CONDITION_CALLBACK = PVOID;
using PPO_FX_COMPONENT_IDLE_CONDITION_CALLBACK = PVOID;
using PPO_FX_COMPONENT_IDLE_STATE_CALLBACK = PVOID;
using PPO_FX_POWER_CONTROL_CALLBACK = PVOID;
struct DEVPROPKEY {
  GUID fmtid;
  ULONG pid;
};
static_assert(sizeof(DEVPROPKEY) == 0x14);
enum DMA_COMPLETION_STATUS : LONG { DmaComplete, DmaAborted, DmaError, DmaCancelled };

#include <wdf/wdftypes.h>
#define POINTER_ALIGNMENT __attribute__((aligned(8)))
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))
#include <wdf/wdfbugcodes.h>
#include <wdf/wdfchildlist.h>
#include <wdf/wdfcommonbuffer.h>
#include <wdf/wdfcontrol.h>
#include <wdf/wdfdevice.h>
#include <wdf/wdfdmaenabler.h>
#include <wdf/wdfdmatransaction.h>
#include <wdf/wdfdpc.h>
#include <wdf/wdfdriver.h>
#include <wdf/wdffdo.h>
#include <wdf/wdffuncenum.h>
#include <wdf/wdfglobals.h>
#include <wdf/wdfhwaccess.h>
#include <wdf/wdfinterrupt.h>
#include <wdf/wdfio.h>
#include <wdf/wdfiotarget.h>
#include <wdf/wdfldr.h>
#include <wdf/wdfmemory.h>
#include <wdf/wdfobject.h>
#include <wdf/wdfpdo.h>
#include <wdf/wdfqueryinterface.h>
#include <wdf/wdfrequest.h>
#include <wdf/wdfstatus.h>
#include <wdf/wdftimer.h>
#include <wdf/wdfumdf.h>
#include <wdf/wdfwmi.h>
#include <wdf/wdfworkitem.h>
#undef POINTER_ALIGNMENT
#undef DECLSPEC_ALIGN

}  // namespace drydock::wdf
