/// A SCSI Port miniport for the VMware PVSCSI adapter. All routines run under the adapter's interrupt lock unless said
/// otherwise, so nothing here takes a lock of its own.
#pragma once

#include "pvscsi_registers.h"

#include <scsi.h>

#define PVSCSI_TARGETS_MAX 16
#define PVSCSI_INITIATOR_ID 7

// SCSI Port has at most 254 requests out at once; the rings hold 256, so neither ring can ever be full.
#define PVSCSI_SLOTS 254
#define PVSCSI_REQUEST_PAGES 8
#define PVSCSI_COMPLETION_PAGES 2
#define PVSCSI_REQUEST_ENTRIES ((ULONG)(PVSCSI_REQUEST_PAGES * PVSCSI_REQUESTS_PER_PAGE))
#define PVSCSI_COMPLETION_ENTRIES ((ULONG)(PVSCSI_COMPLETION_PAGES * PVSCSI_COMPLETIONS_PER_PAGE))
C_ASSERT(PVSCSI_SLOTS < PVSCSI_REQUEST_PAGES * PVSCSI_REQUESTS_PER_PAGE);
C_ASSERT(PVSCSI_SLOTS < PVSCSI_COMPLETION_PAGES * PVSCSI_COMPLETIONS_PER_PAGE);

// The watchdog ticks while commands are out. A bus reset has four ticks, well inside the port's hold-off.
#define PVSCSI_TICK_US 250000
#define PVSCSI_RESET_TICKS_MAX 4
#define PVSCSI_HARD_RESETS_MAX 3
// Time a bus reset may take while the processor waits for it; more is left to the watchdog.
#define PVSCSI_RESET_STALL_US 10
#define PVSCSI_RESET_STALL_TOTAL_US 500

typedef enum _PVSCSI_STATE {
  PvscsiStopped,  // not started yet, or stopped by the port
  PvscsiRunning,
  PvscsiResetting,  // the bus was reset, and commands it should have ended are still out
  PvscsiFailed,     // no reset brings the adapter back
  PvscsiGone,       // the adapter was pulled: its registers read all ones
} PVSCSI_STATE;

// UniqueId of our error log entries.
typedef enum _PVSCSI_LOG_ID {
  PvscsiLogHostStatus = 0x100,  // plus the host status
  PvscsiLogStaleCompletion = 0x200,
  PvscsiLogRingCorrupt,
  PvscsiLogBusResetFailed,
  PvscsiLogBusResetLate,
  PvscsiLogBusResetRepeated,
  PvscsiLogHardResetFailed,
  PvscsiLogBringUpFailed,
  PvscsiLogGone,
} PVSCSI_LOG_ID;

// A command that is with the adapter.
typedef struct _PVSCSI_SLOT {
  PSCSI_REQUEST_BLOCK Srb;       // NULL: free
  PSCSI_REQUEST_BLOCK AbortSrb;  // the request that asked to abort it
  ULONG64 Generation;            // which use of the slot this is: a completion of an earlier one does not match
  USHORT NextFree;
} PVSCSI_SLOT;

#define PVSCSI_NO_SLOT 0xFFFF

// Between an entry and the index that publishes it. The processor keeps such accesses in order; the compiler must too.
#define PvscsiOrder() __asm__ __volatile__("" ::: "memory")

#define PVSCSI_CONTEXT(Generation, Index) ((Generation) << 16 | (Index))
#define PVSCSI_CONTEXT_INDEX(Context) ((USHORT)(Context))
#define PVSCSI_CONTEXT_GENERATION(Context) ((Context) >> 16)

typedef struct _PVSCSI_EXTENSION {
  PUCHAR Registers;
  PVSCSI_STATE State;

  volatile PVSCSI_RING_STATE* Ring;
  volatile PVSCSI_REQUEST* Requests;
  volatile PVSCSI_COMPLETION* Completions;
  PVSCSI_SETUP_RINGS Setup;
  ULONG RequestProducer;  // our side of the rings; what the shared page says is only for the adapter
  ULONG CompletionConsumer;

  PVSCSI_SLOT Slots[PVSCSI_SLOTS];
  USHORT FreeSlot;
  ULONG Outstanding;
  ULONG ElementsMax;

  BOOLEAN NextOwed;   // the port waits for a NextRequest
  BOOLEAN ResetSeen;  // a command came back because the bus was reset
  BOOLEAN TimerArmed;
  ULONG Completed;
  ULONG CompletedAtTick;
  ULONG ResetTicks;
  ULONG HardResets;              // that did not work, in a row
  PSCSI_REQUEST_BLOCK ResetSrb;  // the RESET_BUS request being served
} PVSCSI_EXTENSION;

/// TRUE while the rings are in use.
static inline BOOLEAN PvscsiIsActive(const PVSCSI_EXTENSION* Ext) {
  return Ext->State == PvscsiRunning || Ext->State == PvscsiResetting;
}

// adapter.c
ULONG PvscsiRead(PVSCSI_EXTENSION* Ext, ULONG Register);
VOID PvscsiWrite(PVSCSI_EXTENSION* Ext, ULONG Register, ULONG Value);
BOOLEAN PvscsiCommand(PVSCSI_EXTENSION* Ext, ULONG Command, const VOID* Arguments, ULONG Bytes);
BOOLEAN PvscsiAnswersAllOnes(PVSCSI_EXTENSION* Ext);
BOOLEAN PvscsiSetUpRings(PVSCSI_EXTENSION* Ext);
VOID PvscsiLog(PVSCSI_EXTENSION* Ext, ULONG Code, ULONG UniqueId);

// io.c
BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb);
VOID PvscsiInitializeSlots(PVSCSI_EXTENSION* Ext);
VOID PvscsiAskForNext(PVSCSI_EXTENSION* Ext);

// completion.c
BOOLEAN NTAPI PvscsiInterrupt(PVOID Context);
BOOLEAN PvscsiDrain(PVSCSI_EXTENSION* Ext);
VOID PvscsiService(PVSCSI_EXTENSION* Ext);
VOID PvscsiComplete(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, UCHAR SrbStatus);
VOID PvscsiGiveBackAll(PVSCSI_EXTENSION* Ext, UCHAR SrbStatus);

// reset.c
BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId);
VOID NTAPI PvscsiTimer(PVOID Context);
VOID PvscsiArmTimer(PVSCSI_EXTENSION* Ext);
VOID PvscsiFinishReset(PVSCSI_EXTENSION* Ext);
BOOLEAN PvscsiRecover(PVSCSI_EXTENSION* Ext);
VOID PvscsiDeclareGone(PVSCSI_EXTENSION* Ext);
