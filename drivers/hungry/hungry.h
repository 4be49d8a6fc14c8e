/// A framework driver that takes memory in every callback that may fail, and fails it where there is none.
///
///   driver.c  loading, and adding a device
///   power.c   its callbacks
///   child.c   a child that can wake itself
///
/// So whoever refuses it memory sees what the framework does after each failure. It needs no hardware: whatever device
/// it is installed for lends it a place in the tree, an interrupt and power.
#pragma once

#include <ntddk.h>
#include <wdf.h>

#define HUNGRY_TAG 0x79676E48  // Hngy

/// What each callback takes, until its opposite gives it back.
enum HUNGRY_PLATE {
  PlateHardware,
  PlateD0,
  PlateInterruptsEnabled,
  PlateInterrupt,
  PlateFill,
  PlateEnable = PlateFill + 2,  // each of an enabler's
  PlateSelfManaged = PlateEnable + 2,
  PlateRestart,
  PlateArmed,
  PlateCount
};

typedef struct _HUNGRY {
  PVOID Plates[PlateCount];
  WDFTIMER Waker;  // the child's
  BOOLEAN Woken;
} HUNGRY;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(HUNGRY, Hungry)

typedef struct _HUNGRY_ENABLER {
  WDFDEVICE Device;
  ULONG Number;
} HUNGRY_ENABLER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(HUNGRY_ENABLER, HungryEnabler)

// driver.c
DRIVER_INITIALIZE DriverEntry;

// power.c
NTSTATUS HungryTake(WDFDEVICE Device, ULONG Plate);
VOID HungryGiveBack(WDFDEVICE Device, ULONG Plate);
/// Whatever no opposite came for.
EVT_WDF_OBJECT_CONTEXT_CLEANUP HungryCleanup;
VOID HungrySetCallbacks(PWDFDEVICE_INIT DeviceInit);
NTSTATUS HungryCreateInterrupt(WDFDEVICE Device);
NTSTATUS HungryCreateEnablers(WDFDEVICE Device);

// child.c
NTSTATUS HungryAddChild(WDFDEVICE Parent);
