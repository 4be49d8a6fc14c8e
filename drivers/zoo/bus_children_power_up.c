// A bus whose power-up may fail, and whose child powers up on it all the same: it puts its first message into a ring
// that the bus has only while it has power.
// Expected: DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1), when the bus's power-up fails.
#include <ntddk.h>

#define ZOO_POWER Power
static NTSTATUS NTAPI Power(PDEVICE_OBJECT Device, PIRP Irp);
#define ZOO_REMOVED(Edu) BusRemoved()
static VOID BusRemoved(VOID);
#include "zoo_edu_bus.h"

#define SELF_TEST_TICKS 10  // of a millisecond

typedef struct _RING {
  ULONG Messages;
} RING;

static KSPIN_LOCK lock;  // of the ring
static RING* ring;       // NULL: the bus has no power

static VOID PowerDown(VOID) {
  KIRQL irql;
  KeAcquireSpinLock(&lock, &irql);
  RING* old = ring;
  ring = NULL;
  KeReleaseSpinLock(&lock, irql);
  if (old) ExFreePoolWithTag(old, ZOO_TAG);
}

/// The device has power; it is of use only if it passes its self-test.
static NTSTATUS PowerUp(ZOO_EDU* Edu) {
  LARGE_INTEGER tick;
  tick.QuadPart = -10000;
  ZooWrite(Edu, EDU_FACTORIAL, 5);
  for (ULONG ticks = 0; ZooRead(Edu, EDU_STATUS) & EDU_COMPUTING; ++ticks) {
    if (ticks == SELF_TEST_TICKS) return STATUS_DEVICE_NOT_READY;
    KeDelayExecutionThread(KernelMode, FALSE, &tick);
  }
  ring = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(RING), ZOO_TAG);
  if (!ring) return STATUS_INSUFFICIENT_RESOURCES;
  ring->Messages = 0;
  return STATUS_SUCCESS;
}

/// Everybody's device follows the system, and its power IRP comes while we wait here.
static VOID FollowSystem(PDEVICE_OBJECT Device, SYSTEM_POWER_STATE System) {
  POWER_STATE state;
  state.DeviceState = System == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
  PoRequestPowerIrp(Device, IRP_MN_SET_POWER, state, NULL, NULL, NULL);
}

static NTSTATUS BusPower(ZOO_EDU* Edu, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  if (stack->MinorFunction == IRP_MN_SET_POWER) {
    POWER_STATE state = stack->Parameters.Power.State;
    if (stack->Parameters.Power.Type == SystemPowerState) {
      FollowSystem(Edu->Device, state.SystemState);
    } else if (state.DeviceState == PowerDeviceD0) {
      NTSTATUS status = IoForwardIrpSynchronously(Edu->Lower, Irp) ? Irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
      return ZooFinish(Irp, NT_SUCCESS(status) ? PowerUp(Edu) : status);
    } else {
      PowerDown();
    }
  }
  return ZooPassDown(Edu, Irp);
}

static NTSTATUS ChildPowerUp(VOID) {
  KIRQL irql;
  NTSTATUS status = STATUS_SUCCESS;
  KeAcquireSpinLock(&lock, &irql);
#ifdef FIXED
  if (!ring)
    status = STATUS_DEVICE_NOT_READY;
  else
#endif
    ++ring->Messages;
  KeReleaseSpinLock(&lock, irql);
  return status;
}

static NTSTATUS ChildPower(PDEVICE_OBJECT Device, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  if (stack->MinorFunction == IRP_MN_SET_POWER) {
    POWER_STATE state = stack->Parameters.Power.State;
    if (stack->Parameters.Power.Type == SystemPowerState)
      FollowSystem(Device, state.SystemState);
    else if (state.DeviceState == PowerDeviceD0)
      return ZooFinish(Irp, ChildPowerUp());
    return ZooFinish(Irp, STATUS_SUCCESS);
  }
  return ZooFinish(Irp, stack->MinorFunction == IRP_MN_QUERY_POWER ? STATUS_SUCCESS : Irp->IoStatus.Status);
}

static NTSTATUS NTAPI Power(PDEVICE_OBJECT Device, PIRP Irp) {
  return ZooFindChild(Device) ? ChildPower(Device, Irp) : BusPower(Device->DeviceExtension, Irp);
}

static VOID ZooStarted(ZOO_EDU* Edu) {
  if (ZooChildren[0].Device) return;
  KeInitializeSpinLock(&lock);
  ring = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(RING), ZOO_TAG);
  if (ring) ZooNewChild(Edu->Device->DriverObject, L'0');
}

static VOID BusRemoved(VOID) {
  PowerDown();
  ZooDeleteChildren();
}

static VOID ReportChildren(PDEVICE_RELATIONS Relations) {
  ZooReport(Relations, ZooChildren[0].Device);
}
