// What pnp_puppet.sys and bus_puppet.sys are told to do and what they saw: read and written by the drivers and by the
// tests around them, so with types of fixed size only.
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

// What a line of the log is about, besides IRPs: those have major << 8 | minor.
#define PNP_PUPPET_ADD_DEVICE 0xFF00u
#define PNP_PUPPET_UNLOAD 0xFF01u

typedef struct _PNP_PUPPET_LINE {
  PU32 Code;
  PU32 Argument;  // of power IRPs the state, with 0x100 for the system's; of relations the type; of a bus << 16 the child's
                  // number, 0xFFFF for the bus itself
  PU32 Sequence;  // over all puppets that share a Clock
  PU8 Irql;
  PU8 Attached;   // whether our device is attached to another one
} PNP_PUPPET_LINE;

#define PNP_PUPPET_LINES 256
#define PNP_PUPPET_HELD 64
#define PNP_PUPPET_CHILDREN 4

typedef struct _PNP_PUPPET {
  PU64 Clock;  // where the sequence is counted: somebody's Ticks
  PU32 Ticks;

  // Orders.
  PU32 Refuse[32];       // by PnP minor: the status to fail it with
  PU32 RefusePower[4];   // by power minor
  PU32 AddDeviceStatus;  // to fail with
  PU32 DeviceState;      // what QUERY_PNP_DEVICE_STATE adds
  PU8 UsesInterface;     // registers and enables one
  PU8 HoldsRequests;     // reads wait until the device goes
  PU8 HoldsSetPower;     // the next set-power IRP is kept until PnpPuppetRelease is called
  PU8 OwnsPowerPolicy;   // asks for the device's power IRPs
  PU64 RemovalRelation, EjectionRelation;  // a PDO, 0: none

  // The bus: children that are there, by number; what a bit in Reborn says is made anew in the next answer.
  PU32 Children;
  PU32 Reborn;
  PU8 KeepsQueryRemove;  // neither passes it on nor completes it
  PU32 WrongChild;  // 1: reports a child that it said is gone, 2: two of one name, 3: deletes one that is reported
  PU64 ChildPdo[PNP_PUPPET_CHILDREN];

  // What was seen.
  PU64 Device, Physical, Lower;
  PU32 Devices;
  PU64 HeldPower;
  PU32 HeldCount;
  PU64 Held[PNP_PUPPET_HELD];
  PU32 LineCount;
  PNP_PUPPET_LINE Lines[PNP_PUPPET_LINES];
} PNP_PUPPET;
