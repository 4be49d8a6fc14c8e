/// A function driver for QEMU's educational device that knows what to do when the device stops working:
///
///   watchdog.c   notices that a request does not end
///   recovery.c   resets the function and programs it again; if that does not help, asks for a platform-level reset
///   hardware.c   the device: programming, commands, interrupt
///   request.c    requests: a cancel-safe queue, one at a time on the device
///   pnp.c power.c driver.c   the life of the device
///
/// Whatever keeps requests from the device is a bit in Holds: a request is started when there is none. Whatever makes
/// them pointless is a status in Refusal: it ends the waiting ones and all that come later.
#pragma once

#include <ntddk.h>

#include "device_reset.h"
#include "../include/edu_registers.h"
#include "../include/edu_ioctl.h"

#define MEDIC_TAG 0x6964654D  // Medi

/// A request that takes longer is not going to end.
#define MEDIC_REQUEST_LIMIT_MS 2000
/// Function-level resets in a row, without a request that came to its end, before we stop believing in them.
#define MEDIC_FUNCTION_RESETS_MAX 2
/// Of one reset, while another is under way; and the time between them.
#define MEDIC_RESET_ATTEMPTS_MAX 10
#define MEDIC_RESET_PAUSE_MS 100

/// Why requests wait.
#define MEDIC_HOLD_NOT_STARTED 0x1u   // no resources
#define MEDIC_HOLD_STOP_PENDING 0x2u  // resources are about to be taken
#define MEDIC_HOLD_LOW_POWER 0x4u
#define MEDIC_HOLD_RECOVERY 0x8u
#define MEDIC_HOLD_GONE 0x10u  // being removed; never cleared

typedef struct _MEDIC_EXTENSION {
  PDEVICE_OBJECT Device;
  PDEVICE_OBJECT Physical;
  PDEVICE_OBJECT Lower;
  IO_REMOVE_LOCK RemoveLock;  // held for every IRP and every queued work item
  UNICODE_STRING InterfaceLink;

  // Requests.
  KSPIN_LOCK Lock;  // of this group; before QueueLock where both are held
  ULONG Holds;
  volatile NTSTATUS Refusal;      // STATUS_SUCCESS: none
  PIRP Current;                   // taken from the queue and not completed
  BOOLEAN OnDevice;               // Current is being worked on; only then may code at DISPATCH_LEVEL touch registers
  ULONGLONG Deadline;             // interrupt time, of Current
  KEVENT Idle;                    // there is no Current
  UCHAR Image[EDU_BUFFER_BYTES];  // what the device's buffer holds, to put it back after a reset
  EDU_STATISTICS Statistics;

  IO_CSQ Queue;
  KSPIN_LOCK QueueLock;
  LIST_ENTRY Waiting;

  // Hardware. Whoever programs, silences, resets or releases it, all at PASSIVE_LEVEL, passes the gate first.
  KEVENT Gate;
  PUCHAR Registers;
  PKINTERRUPT Interrupt;
  BOOLEAN InterruptWanted;  // of this and the next, the lock is the interrupt's
  ULONG InterruptBits;      // acknowledged and not yet dealt with
  PDMA_ADAPTER DmaAdapter;
  PUCHAR CommonBuffer;  // the RAM end of every transfer: it stays ours, whatever the device does after a reset
  PHYSICAL_ADDRESS CommonAddress;

  // Watchdog and recovery.
  KTIMER Watchdog;
  KDPC WatchdogDpc;
  DEVICE_RESET_INTERFACE_STANDARD Reset;  // all zero if the bus has none
  PIO_WORKITEM RecoveryItem;              // queued at most once, while MEDIC_HOLD_RECOVERY is set
  ULONG ResetsInVain;
  BOOLEAN PlatformResetAsked;  // from now on query-remove is answered with STATUS_DEVICE_HUNG
  BOOLEAN Failed;              // nothing helped: PNP_DEVICE_FAILED

  // Plug and Play, and power. IRPs of each kind come one at a time.
  BOOLEAN OpensRefused;  // between query-remove and its outcome
  DEVICE_POWER_STATE PowerState;
  DEVICE_POWER_STATE DeviceStateOf[PowerSystemMaximum];  // for each system state, as the bus says
  PIO_WORKITEM PowerItem;
  PIRP PowerIrp;  // the device set-power IRP that PowerItem works on
} MEDIC_EXTENSION, *PMEDIC_EXTENSION;

// driver.c
DRIVER_INITIALIZE DriverEntry;

// pnp.c
DRIVER_DISPATCH MedicPnp;

// power.c
DRIVER_DISPATCH MedicPower;
DRIVER_DISPATCH MedicSystemControl;

// request.c
NTSTATUS MedicQueueInitialize(PMEDIC_EXTENSION Ext);
VOID MedicHold(PMEDIC_EXTENSION Ext, ULONG Why);
VOID MedicLetGo(PMEDIC_EXTENSION Ext, ULONG Why);
VOID MedicWaitIdle(PMEDIC_EXTENSION Ext);
VOID MedicRefuse(PMEDIC_EXTENSION Ext, NTSTATUS Why);
VOID MedicStartNext(PMEDIC_EXTENSION Ext);
VOID MedicEndCurrent(PMEDIC_EXTENSION Ext, ULONG InterruptBits);
NTSTATUS MedicComplete(PMEDIC_EXTENSION Ext, PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
DRIVER_DISPATCH MedicCreate;
DRIVER_DISPATCH MedicClose;
DRIVER_DISPATCH MedicCleanup;
DRIVER_DISPATCH MedicReadWrite;
DRIVER_DISPATCH MedicDeviceControl;

// hardware.c
NTSTATUS MedicAcquireHardware(PMEDIC_EXTENSION Ext, PCM_RESOURCE_LIST Translated);
VOID MedicReleaseHardware(PMEDIC_EXTENSION Ext);
VOID MedicReleaseDma(PMEDIC_EXTENSION Ext);
VOID MedicEnterGate(PMEDIC_EXTENSION Ext);
VOID MedicLeaveGate(PMEDIC_EXTENSION Ext);
BOOLEAN MedicProgram(PMEDIC_EXTENSION Ext);
BOOLEAN MedicHasForgotten(PMEDIC_EXTENSION Ext);
VOID MedicSilence(PMEDIC_EXTENSION Ext);
VOID MedicIssue(PMEDIC_EXTENSION Ext, PIRP Irp);
ULONG MedicReadRegister(PMEDIC_EXTENSION Ext, ULONG Offset);
VOID MedicWriteRegister(PMEDIC_EXTENSION Ext, ULONG Offset, ULONG Value);
ULONG MedicInterruptOf(PIRP Irp);
IO_DPC_ROUTINE MedicDpc;

// watchdog.c
VOID MedicWatchdogInitialize(PMEDIC_EXTENSION Ext);
VOID MedicWatchdogStart(PMEDIC_EXTENSION Ext);
VOID MedicWatchdogStop(PMEDIC_EXTENSION Ext);

// recovery.c
VOID MedicQueryReset(PMEDIC_EXTENSION Ext);
VOID MedicForgetReset(PMEDIC_EXTENSION Ext);
VOID MedicBeginRecovery(PMEDIC_EXTENSION Ext);
VOID MedicProgramOrRecover(PMEDIC_EXTENSION Ext);
VOID MedicReportFailed(PMEDIC_EXTENSION Ext);
