/// A SCSI Port miniport for the AMD Am53C974: no rings, one request at a time, an interrupt for each phase of the bus.
/// All routines run under the adapter's interrupt lock unless said otherwise, so nothing here takes a lock of its own.
#pragma once

#include "am53c974_registers.h"

#include <ntddk.h>
#include <scsi.h>

#define AM_TARGETS_MAX 8
#define AM_INITIATOR_ID 7
#define AM_PAGE_SIZE 4096
#define AM_TRANSFER_MAX 65536

#define AM_TICK_US 250000  // the watchdog, which sees that the adapter was pulled

// Where the bus is with the request.
typedef enum _AM_STEP {
  AmFree,           // no request
  AmSelecting,      // arbitration, selection, message, command
  AmConnected,      // the target decides which phase comes
  AmCompleting,     // status and message are on their way into the FIFO
  AmDisconnecting,  // the message was accepted; the target leaves the bus
} AM_STEP;

typedef enum _AM_STATE {
  AmStopped,  // not started yet, or stopped by the port
  AmRunning,
  AmGone,     // the adapter was pulled: its registers read all ones
} AM_STATE;

// UniqueId of our error log entries.
typedef enum _AM_LOG_ID {
  AmLogUnexpectedPhase = 0x100,  // plus the phase
  AmLogInvalidCommand = 0x200,
  AmLogUnexpectedDisconnect,
  AmLogParity,
  AmLogGrossError,
  AmLogGone,
} AM_LOG_ID;

typedef struct _AM_EXTENSION {
  PUCHAR Ports;
  AM_STATE State;
  AM_STEP Step;
  BOOLEAN TimerArmed;

  // Uncached: what is sent on selection, and a page for data that nobody wants.
  volatile UCHAR* Selection;
  ULONG SelectionAddress;
  ULONG ScratchAddress;

  // The request on the bus.
  PSCSI_REQUEST_BLOCK Srb;
  PUCHAR Next;         // of its buffer: not moved yet
  ULONG Left;
  ULONG Moved;
  ULONG Run;           // bytes of the run that the DMA engine has; 0: it has none
  BOOLEAN RunIsScratch;
  BOOLEAN Overrun;     // the target had more data, or wanted more, than the request
  UCHAR ScsiStatus;
} AM_EXTENSION;

// registers.c
UCHAR AmRead(AM_EXTENSION* Ext, ULONG Register);
VOID AmWrite(AM_EXTENSION* Ext, ULONG Register, UCHAR Value);
ULONG AmReadDma(AM_EXTENSION* Ext, ULONG Register);
VOID AmWriteDma(AM_EXTENSION* Ext, ULONG Register, ULONG Value);
BOOLEAN AmIsGone(AM_EXTENSION* Ext);
VOID AmCommandWithDma(AM_EXTENSION* Ext, UCHAR Command, ULONG Address, ULONG Bytes, BOOLEAN ToMemory);
VOID AmResetChip(AM_EXTENSION* Ext);
VOID AmLog(AM_EXTENSION* Ext, ULONG Code, ULONG UniqueId);

// start_io.c
BOOLEAN NTAPI AmStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb);
VOID AmFinish(AM_EXTENSION* Ext, UCHAR SrbStatus);

// phases.c
BOOLEAN NTAPI AmInterrupt(PVOID Context);

// reset.c
BOOLEAN NTAPI AmResetBus(PVOID Context, ULONG PathId);
VOID NTAPI AmTimer(PVOID Context);
VOID AmArmTimer(AM_EXTENSION* Ext);
VOID AmRecover(AM_EXTENSION* Ext);
VOID AmDeclareGone(AM_EXTENSION* Ext);
