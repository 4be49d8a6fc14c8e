/// A framework bus driver: a toolbox whose slots are filled and emptied by device control.
///
///   driver.c  loading, and adding a toolbox
///   bus.c     what is in the slots, and the child list that tells the framework
///   tool.c    one tool: a raw device
///
/// It needs no hardware: whatever device it is installed for lends it a place in the tree, and power.
#pragma once

#include <ntddk.h>
#include <wdf.h>

#include "../include/reset_interface.h"
#include "../include/toolbox_ioctl.h"
#include "tool_interface.h"

#define TOOLBOX_TAG 0x6C6F6F54  // Tool

typedef struct _TOOLBOX {
  volatile LONG Tools[TOOLBOX_SLOTS];  // the serial number of the tool in each slot; 0: empty
  volatile LONG Known[TOOLBOX_SLOTS];  // of the last tool that the system has started there
  volatile LONG LastSerial;
} TOOLBOX;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(TOOLBOX, Toolbox)

/// How the framework knows a tool. The same slot may soon have another one, while this is still going.
typedef struct _TOOL_IDENTIFICATION {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
  ULONG Slot;
  LONG Serial;
} TOOL_IDENTIFICATION;

/// A use takes so long.
#define TOOL_USE_US 50

typedef struct _TOOL {
  ULONG Slot;
  LONG Serial;
  ULONG Uses;
  WDFREQUEST Current;  // being served; under the callback lock
  WDFTIMER Timer;      // its end
} TOOL;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(TOOL, Tool)

// driver.c
DRIVER_INITIALIZE DriverEntry;

// bus.c
VOID ToolboxFill(TOOLBOX* Box, ULONG Slots);
VOID ToolboxSetChildList(PWDFDEVICE_INIT DeviceInit);
NTSTATUS ToolboxCreateQueue(WDFDEVICE Device);

// tool.c
EVT_WDF_CHILD_LIST_CREATE_DEVICE ToolCreate;
