// What scsi_puppet.sys is told to do and what it saw: read and written by the driver and by the tests around it, so with
// types of fixed size only.
#pragma once

#ifdef __cplusplus
#include <cstdint>
typedef std::uint8_t PU8;
typedef std::uint32_t PU32;
typedef std::uint64_t PU64;
#else
typedef unsigned char PU8;
typedef unsigned int PU32;
typedef unsigned long long PU64;
#endif

enum PuppetRoutine {
  PuppetFindAdapter,
  PuppetInitialize,
  PuppetStartIo,
  PuppetInterrupt,
  PuppetResetBus,
  PuppetTimer,
  PuppetEnableCallback,
  PuppetDisableCallback,
  PuppetStopAdapter,
  PuppetRestartAdapter,
  PuppetSetBootConfig,
  PuppetSetRunningConfig,
  PuppetRoutineCount
};

/// One step of what a routine does.
enum PuppetStep {
  PuppetEnd,
  PuppetCompleteThis,     // a SrbStatus, b ScsiStatus: the SRB of this StartIo
  PuppetHoldThis,         // keep it
  PuppetCompleteHeld,     // a index among the held, b SrbStatus
  PuppetCompleteAllHeld,  // b SrbStatus
  PuppetCompleteAgain,    // RequestComplete for the SRB completed last
  PuppetCompleteBogus,    // RequestComplete for a pointer that is no SRB
  PuppetSweep,            // a path << 16 | target << 8 | lun, b SrbStatus
  PuppetForgetHeld,       // after a sweep: they are no longer ours
  PuppetNextRequest,
  PuppetNextLu,           // a address, or ~0 for the one of this SRB
  PuppetResetDetected,    // a an argument too many, if not 0
  PuppetRequestTimer,     // a microseconds
  PuppetLogError,         // a code, b unique id
  PuppetLogErrorHeld,     // a code, b index
  PuppetLogErrorLast,     // a code: with the SRB completed last
  PuppetStall,            // a microseconds
  PuppetCallEnable,
  PuppetCallDisable,
  PuppetBusChange,        // a path
  PuppetReturn,           // a what the routine returns
  PuppetCallOwnReset,     // our own HwScsiResetBus, as for SRB_FUNCTION_RESET_BUS
  PuppetGetSrb,           // a address, b tag: into Result
  PuppetGetLogicalUnit,   // a address: into Result
  PuppetPhysical,         // a what (0 data, 1 sense, 2 SRB extension, 3 nonsense, 4 uncached), b offset: into Result, Result2
  PuppetTouchData,        // read the first byte of this SRB's DataBuffer
  PuppetSetLength,        // a DataTransferLength of this SRB
  PuppetSense,            // fill this SRB's sense: a key, b additional code
  PuppetChangeCdb,        // of this SRB
  PuppetGetBusData,       // into Result
  PuppetForeignNotify,    // NextRequest with an extension pointer that is none
  PuppetUnknownNotify,    // a type
  PuppetPeek,             // a low half, b high half of an address: the 64 bits there into Result
  PuppetPoke,             // b into the byte at offset a of this SRB
  PuppetPokeExtension,    // b into the byte at offset a of this SRB's extension
  PuppetAbort,            // this ABORT_COMMAND by the book
};

#include "scsi_puppet_resources.h"

typedef struct _PUPPET_ORDER {
  PU32 Step;
  PU32 A, B;
} PUPPET_ORDER;

#define PUPPET_ORDERS 12
#define PUPPET_HELD 256
#define PUPPET_LOG 512
#define PUPPET_UNITS 16

typedef struct _PUPPET_CALL {
  PU32 Routine;
  PU32 Argument;  // srb function << 8 | queue tag for StartIo, path for ResetBus
  PU64 Time;      // 100 ns since 1601
  PU32 Irql;
  PU32 Nested;    // how many of our routines were running
} PUPPET_CALL;

typedef struct _PUPPET_SCRIPT {
  PUPPET_ORDER Orders[PUPPET_ORDERS];
} PUPPET_SCRIPT;

typedef struct _PUPPET {
  // Configuration that FindAdapter answers with.
  PU32 FindAdapterResult;
  PU8 NumberOfBuses, InitiatorId, Targets, Luns;
  PU8 MapBuffers, TaggedQueuing, MultipleRequests, AutoSense;
  PU8 CachesData, ScansDown, Master, Interrupts;
  PU32 SrbExtensionSize, LuExtensionSize, UncachedBytes, MaximumTransferLength;
  PU32 Controls;  // bit per control type
  PU32 InterruptLevel;  // taken instead of the one supplied; 0 for the supplied one
  PU8 Again;

  // Units there are: path << 16 | target << 8 | lun; ~0 ends the list.
  PU32 Units[PUPPET_UNITS];
  PU8 ScriptInquiries;  // INQUIRY too goes by the script

  PUPPET_SCRIPT Scripts[PuppetRoutineCount];
  PUPPET_SCRIPT ResetSrb;  // StartIo with SRB_FUNCTION_RESET_BUS

  // What was seen.
  PU32 Calls[PuppetRoutineCount];
  PU32 LogCount;
  PUPPET_CALL Log[PUPPET_LOG];
  PU32 HeldCount;
  PU64 Held[PUPPET_HELD];
  PU64 LastCompleted;
  PU64 Result, Result2;
  PU32 Running, NestedMax;
  PU64 Extension;
  PU8 LastSrb[88];  // as StartIo got it
  PU8 ExtensionWasZero, SrbExtensionByte;
  PU64 Uncached;
  PU8 Config[152];  // PORT_CONFIGURATION_INFORMATION as FindAdapter got it
  PU64 HwContext, BusInformation;
  char Argument[32];
  PU32 ArgumentGiven;
  PU64 Base, ConfigAddress;
  char Text[16];
  PU8 ControlOverrun;  // entries of the control list to set beyond its end
} PUPPET;
