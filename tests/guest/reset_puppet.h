// What reset_puppet.sys is told to do and what it saw: read and written by the driver and by the tests around it, so with
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

/// How DeviceReset's ResetParameters are given.
enum PuppetParameters {
  PuppetNoParameters,
  PuppetGoodParameters,
  PuppetShortParameters,   // Size one too small
  PuppetNoRoutine,         // DeviceResetCompletion is NULL
  PuppetLongParameters,    // Size larger than the structure
  PuppetForeignParameters  // a pointer that must not be followed
};

/// One call of DeviceReset, DeviceBusSpecificReset (BusSpecific) and what came of it.
typedef struct _PUPPET_RESET {
  PU32 Type, Flags, Parameters;
  PU32 Irql;             // the call is made at this IRQL
  PU32 BusSpecific;      // by DeviceBusSpecificReset, with Type as the bits
  PU32 WrongBus;         // with GUID_BUS_TYPE_ACPI's place taken by another GUID
  PU64 BusFlags;
  PU32 CallbackResets;   // the callback calls DeviceReset with this type + 1 and no parameters
  PU32 CallbackRaises;   // the callback leaves at this IRQL
  PU32 CallbackWrites;   // the callback overwrites the parameters, which the host may not read again
  // Seen.
  PU32 Status, IrqlAfter;
  PU32 Callbacks, CallbackStatus, CallbackIrql, CallbackContextWrong;
  PU32 CallbackBeforeReturn;
  PU32 InnerStatus;
  PU32 Returned;
} PUPPET_RESET;

typedef struct _PUPPET_STATUS {
  PU32 Status, IsResetting;
  PU64 Type, Flags;
} PUPPET_STATUS;

typedef struct _PUPPET_IRP {
  PU32 Major, Minor, Instance, Irql;
  PU64 Time;    // 100 ns since 1601
  PU32 State;   // power: type << 8 | state
} PUPPET_IRP;

#define PUPPET_IRPS 512
#define PUPPET_DEVICES 32

enum PuppetDuring { PuppetAtNothing, PuppetAtAddDevice, PuppetBeforeStart, PuppetAfterStart, PuppetAtQueryRemove,
                    PuppetAtRemove, PuppetAfterSurprise, PuppetAtStop };

typedef struct _RESET_PUPPET {
  // Orders.
  PU32 Answers[32];       // status for a PnP minor code, instead of passing it down; 0: as usual
  PU32 DeviceState;       // added to IRP_MN_QUERY_PNP_DEVICE_STATE
  PU32 ResetDuring;       // PuppetDuring: DuringReset is carried out then
  PUPPET_RESET DuringReset;
  PU32 TouchDuring;       // PuppetDuring: a register is read then
  PU32 AddDeviceStatus, StartStatus;
  PU32 ReplaceReset;      // as a filter: 1 delegates and counts, 2 answers itself
  PU32 Children;          // as a bus: how many
  PU32 LeaveChildren;     // as a bus: does not delete them
  PU32 ChildHangs;        // a child answers query-remove with STATUS_DEVICE_HUNG
  PU64 Relation;          // a PDO reported as removal relation
  PU32 HoldRemoval;       // surprise removal is kept pending until PuppetRelease
  PU32 TakesNoNotes;      // Irps stays as it is: reading time and IRQL for it are two traps

  // Seen.
  PU32 DriverEntries, Unloads, AddDevices, Deletes;
  PU32 IrpCount;
  PUPPET_IRP Irps[PUPPET_IRPS];
  PU64 Devices[PUPPET_DEVICES];  // by instance; 0 once deleted
  PU64 Pdos[PUPPET_DEVICES];
  PU32 FilterCalls, FilterStatus;
  PU32 QueriesPended;
  PU32 BusResets;
  PU32 LastTouch;
} RESET_PUPPET;
