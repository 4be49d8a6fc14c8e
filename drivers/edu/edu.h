/// A framework driver for QEMU's educational device: factorials, and a buffer of 4 KiB that is read and written by DMA.
///
///   driver.c     loading, and adding a device
///   power.c      its hardware: found, brought up, taken down, given back
///   registers.c  programming, commands, interrupt
///   queue.c      requests: one at a time on the device
///   dma.c        the buffer's end in memory
///   watchdog.c   notices that a request does not end
///   recovery.c   resets the device, first by itself, then with all on its rail
///
/// The same sources make edu_um.dll, a user-mode driver (UMDF 2): without DMA, whose part um/dma.c plays, and without the
/// reset interface, so that a device that hangs is reported failed and comes back anew.
///
/// Whatever belongs to requests is guarded by the device's callback lock (SynchronizationScope Device): queue callbacks,
/// cancellation, the interrupt's DPC and the watchdog run under it, lifecycle callbacks and the recovery take it.
#pragma once

#ifdef UMDF_VERSION_MAJOR
#include <wudfwdm.h>
#else
#include <ntddk.h>
#endif
#include <wdf.h>

#include "../include/edu_ioctl.h"
#include "../include/edu_registers.h"
#include "../include/reset_interface.h"

#define EDU_TAG 0x20756445  // Edu

/// A request that takes longer is not going to end.
#define EDU_REQUEST_LIMIT_MS 2000
/// Function-level resets in a row, without a request that came to its end, before we stop believing in them.
#define EDU_FUNCTION_RESETS_MAX 2
/// Of one reset, while another is under way; and the time between them.
#define EDU_RESET_ATTEMPTS_MAX 10
#define EDU_RESET_PAUSE_MS 100
/// For work of the device that is waited for.
#define EDU_WAIT_LIMIT_MS 500
/// Without requests the device sleeps.
#define EDU_IDLE_TIMEOUT_MS 5000

/// Of the device's buffer, what we use: QEMU (7.2) gives up when a transfer reaches the last byte.
#define EDU_CAPACITY (EDU_BUFFER_BYTES - 1)

typedef enum _EDU_KIND {
  EduNothing,
  EduFactorial,
  EduRead,
  EduWrite,
} EDU_KIND;

/// What a request wants of the device.
typedef struct _EDU_COMMAND {
  EDU_KIND Kind;
  ULONG Number;  // whose factorial is wanted
  ULONG Offset, Length;
} EDU_COMMAND;

typedef struct _EDU_DEVICE {
  WDFDEVICE Device;
  WDFQUEUE Requests;  // sequential, power-managed
  WDFINTERRUPT Interrupt;
  WDFTIMER Watchdog;
  WDFWORKITEM Recovery;

  // Requests; under the callback lock.
  WDFREQUEST Current;     // delivered and not given back; cancelable
  EDU_COMMAND Wanted;     // by Current
  EDU_COMMAND OnDevice;   // what the device works on
  BOOLEAN CurrentsWork;   // OnDevice is what Current wants; otherwise its request is gone
  ULONGLONG Deadline;     // interrupt time, of OnDevice
  BOOLEAN Ready;          // programmed
  BOOLEAN PoweredUp;      // from D0Entry to D0Exit
  BOOLEAN Recovering;     // until the work item has ended
  NTSTATUS Refusal;       // nothing helped: every request ends with it. STATUS_SUCCESS: none
  ULONG ResetsInVain;
  UCHAR Image[EDU_CAPACITY];      // what the device's buffer holds, to put it back
  EDU_STATISTICS Statistics;

  // Registers; from PrepareHardware to ReleaseHardware.
  PUCHAR Registers;
  BOOLEAN InReset;      // of this and the next, the lock is the interrupt's
  ULONG InterruptBits;  // acknowledged and not yet dealt with

  // Memory that the device reads and writes: it stays ours, whatever the device does after a reset.
#ifdef UMDF_VERSION_MAJOR
  UCHAR Buffer[EDU_BUFFER_BYTES];  // the device's, kept here
  UCHAR Transfer[EDU_BUFFER_BYTES];
#else
  WDFDMAENABLER DmaEnabler;
  WDFCOMMONBUFFER CommonBuffer;
  ULONG MemoryAddress;
#endif
  PUCHAR Memory;

  DEVICE_RESET_INTERFACE_STANDARD Reset;  // all zero if the bus has none
  BOOLEAN PlatformResetAsked;             // from now on query-remove is answered with STATUS_DEVICE_HUNG
} EDU_DEVICE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(EDU_DEVICE, EduDevice)

// driver.c
DRIVER_INITIALIZE DriverEntry;

// power.c
EVT_WDF_DEVICE_PREPARE_HARDWARE EduPrepareHardware;
EVT_WDF_DEVICE_RELEASE_HARDWARE EduReleaseHardware;
EVT_WDF_DEVICE_D0_ENTRY EduD0Entry;
EVT_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED EduD0EntryPostInterruptsEnabled;
EVT_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED EduD0ExitPreInterruptsDisabled;
EVT_WDF_DEVICE_D0_EXIT EduD0Exit;
EVT_WDF_DEVICE_QUERY_REMOVE EduQueryRemove;

// registers.c
ULONG EduReadRegister(EDU_DEVICE* Edu, ULONG Offset);
VOID EduWriteRegister(EDU_DEVICE* Edu, ULONG Offset, ULONG Value);
NTSTATUS EduMapRegisters(EDU_DEVICE* Edu, PHYSICAL_ADDRESS Start);
VOID EduUnmapRegisters(EDU_DEVICE* Edu);
VOID EduDelay(PLARGE_INTEGER Interval);
BOOLEAN EduProgram(EDU_DEVICE* Edu);
BOOLEAN EduWaitUntilIdle(EDU_DEVICE* Edu);
BOOLEAN EduHasForgotten(EDU_DEVICE* Edu);
VOID EduIssue(EDU_DEVICE* Edu, const EDU_COMMAND* Command);
ULONG EduInterruptOf(const EDU_COMMAND* Command);
ULONG EduTakeInterruptBits(EDU_DEVICE* Edu);
VOID EduEnterReset(EDU_DEVICE* Edu);
VOID EduLeaveReset(EDU_DEVICE* Edu);
EVT_WDF_INTERRUPT_ISR EduInterruptIsr;
EVT_WDF_INTERRUPT_DPC EduInterruptDpc;
EVT_WDF_INTERRUPT_ENABLE EduInterruptEnable;
EVT_WDF_INTERRUPT_DISABLE EduInterruptDisable;

// queue.c
NTSTATUS EduCreateQueues(EDU_DEVICE* Edu);
VOID EduStartCurrent(EDU_DEVICE* Edu);
VOID EduEndCurrent(EDU_DEVICE* Edu, NTSTATUS Status, ULONG_PTR Information);
VOID EduWorkEnded(EDU_DEVICE* Edu, ULONG InterruptBits);
VOID EduForgetWork(EDU_DEVICE* Edu);

// dma.c
NTSTATUS EduCreateDma(EDU_DEVICE* Edu);
VOID EduTransfer(EDU_DEVICE* Edu, BOOLEAN ToMemory, ULONG Offset, ULONG Length, ULONG Interrupt);
BOOLEAN EduRestoreBuffer(EDU_DEVICE* Edu);

// watchdog.c
ULONGLONG EduTime(VOID);
NTSTATUS EduCreateWatchdog(EDU_DEVICE* Edu);
VOID EduWatch(EDU_DEVICE* Edu);

// recovery.c
NTSTATUS EduCreateRecovery(EDU_DEVICE* Edu);
VOID EduQueryReset(EDU_DEVICE* Edu);
VOID EduForgetReset(EDU_DEVICE* Edu);
VOID EduBeginRecovery(EDU_DEVICE* Edu);
