// What wdf_puppet.sys is told to do and what it saw: read and written by the driver and by the tests around it, so with
// types of fixed size only.
#pragma once

#ifdef __cplusplus
#include <cstdint>
typedef std::uint32_t PU32;
#else
typedef unsigned int PU32;
#endif

// One callback each: name, and whether its argument is a WDF_POWER_DEVICE_STATE (P), a number (N) or nothing (0).
#define PUPPET_CALLS(X)                                                                                               \
  X(DriverEntry, 0) X(DeviceAdd, 0) X(Unload, 0) X(DriverCleanup, 0) X(DriverDestroy, 0)                              \
  X(FilterAdd, 0) X(FilterRemove, 0) X(RemoveAdded, 0) X(PrepareHardware, 0) X(ReleaseHardware, 0)                    \
  X(D0Entry, P) X(PostInt, P) X(PreInt, P) X(D0Exit, P) X(IntEnable, N) X(IntDisable, N)                              \
  X(DmaFill, N) X(DmaEnable, N) X(DmaStart, N) X(DmaStop, N) X(DmaDisable, N) X(DmaFlush, N)                          \
  X(SmInit, 0) X(SmSuspend, 0) X(SmRestart, 0) X(SmFlush, 0) X(SmCleanup, 0)                                          \
  X(SurpriseRemoval, 0) X(QueryRemove, 0) X(QueryStop, 0)                                                               \
  X(Scan, 0) X(CreateChild, N) X(Reenumerated, 0) X(ArmS0, 0) X(DisarmS0, 0) X(TriggeredS0, 0) X(ArmSx, 0) X(DisarmSx, 0)                \
  X(TriggeredSx, 0) X(EnableWakeAtBus, N) X(DisableWakeAtBus, 0) X(ReportedMissing, 0) X(Eject, 0) X(SetLock, N)      \
  X(ResourcesQuery, 0) X(ObjCleanup, 0) X(ObjDestroy, 0) X(ChildObjCleanup, N) X(ChildObjDestroy, N)                  \
  X(IoStop, N) X(IoResume, 0) X(IoRead, 0) X(Isr, N) X(Dpc, N) X(FileCreate, 0)                                       \
  X(WorkItem, N) X(Note, N)                                                                                       \
  X(RelationsQuery, N) X(Usage, N) X(UsageEx, N) X(RequirementsQuery, 0) X(ArmSxReason, N)

#define X(name, argument) Puppet##name,
enum PuppetCall { PUPPET_CALLS(X) PuppetCallCount };
#undef X

// Places in Seen.
enum PuppetSeen {
  SeenRegister,
  SeenConfig,           // status, vendor and device id, bytes read
  SeenPrepareList = 4,  // handle, count, first memory range
  SeenReleaseList = 7,
  SeenReleaseVector = 10,
  SeenReleaseConnected,
  SeenIdleStatus,
  SeenSendStatus,       // what the lower driver said to SendsReadIn
  SeenChecks,           // MUSTs
  SeenFirstFailure,     // line of the first that did not hold
  SeenRawAgain,         // in EvtDeviceReleaseHardware: the raw list's length, by the handle PrepareHardware got
  SeenAddRequirements,     // descriptors that FilterAdd left
  SeenRemoveRequirements,  // and that FilterRemove found
  SeenStateChange,         // three statuses
  SeenRawList = SeenStateChange + 3,  // handle at PrepareHardware
  SeenFailedCreate,        // status
  SeenInitAfterCreate,     // 1: not null
  SeenMapStatus,        // of WdfDeviceMapIoSpace
  SeenWays,             // what a mistake or a way of access left: three words
  SeenLoadContext = SeenWays + 3,  // of the user-mode driver object, in DriverEntry
  SeenCount = 32
};

enum { PUPPET_DEVICES = 6, PUPPET_LOG_MAX = 2048, PUPPET_DEEDS = 4, PUPPET_WANTED = 2 };

// What a device can be told to do in a callback. Argument and result in brackets.
enum PuppetDeed {
  PuppetNothing,
  PuppetBlock,            // waits so many milliseconds
  PuppetStopIdle,         // WdfDeviceStopIdle (whether to wait; status)
  PuppetResumeIdle,
  PuppetReadRegister,     // (offset; value)
  PuppetWriteRegister,    // at offset 0 (value)
  PuppetReadConfig,       // vendor and device (; value)
  PuppetAppendResource,   // to both lists (; status)
  PuppetRemoveResource,   // from both lists (index)
  PuppetGetDescriptor,    // of the translated list (index; type, or ~0 if there is none)
  PuppetAlterCopies,      // turns the driver's copies of all descriptors over
  PuppetDeleteList,       // the translated one
  PuppetInterruptInfo,    // of the first interrupt (; vector)
  PuppetInterruptObject,  // (; whether the first interrupt is connected)
  PuppetStaticStopRemove, // WdfDeviceSetStaticStopRemove (value)
  PuppetIndicateWake,     // WdfDeviceIndicateWakeStatus (status; status)
  PuppetFinish,           // completes the oldest request kept (status)
  PuppetFinishLater,      // the same with STATUS_NO_SUCH_DEVICE, by a timer (milliseconds)
  PuppetAttached,         // (; whether a device stands below)
  PuppetSetCallbacks,     // WdfDeviceInitSetPnpPowerEventCallbacks with the init block of its creation
  PuppetAssignIdle,       // WdfDeviceAssignS0IdleSettings as ordered (; status)
  PuppetAssignSx,         // WdfDeviceAssignSxWakeSettings (; status)
  PuppetSetFailed,        // WdfDeviceSetFailed (action)
  PuppetQueuePurge,       // WdfIoQueuePurgeSynchronously of the device's queue
};

typedef struct _PUPPET_DEED {
  PU32 In;  // 1 + call
  PU32 Deed;
  PU32 Argument;
  PU32 Nth;     // the nth such call only; 0: each
  PU32 Result;
  PU32 Times;
} PUPPET_DEED;

// Other ways to register than with one call each of current size.
enum PuppetRegistration {
  PuppetRegistersOnce,
  PuppetRegistersWrongSize,    // and then again with a Size that no version had
  PuppetRegistersOldSize,      // with 1.9's Size, and changes the structure afterwards
  PuppetRegistersBothUsages,   // and then again, with both usage callbacks
  PuppetRegistersAgain,        // and then again, D0Entry and D0Exit only
  PuppetRegistersAgainOld,     // the same with 1.9's Size
  PuppetRegistersBadOrder,     // a release order that there is none of
  PuppetRegistersStateChange,  // state-change notifications of all three machines
  PuppetRegistersFailedCreate, // a WdfDeviceCreate that fails, WdfDeviceInitFree, and once more
  PuppetRegistersBothArms,     // wake callbacks twice, the second time with both ways to arm for Sx
};

// What a user-mode puppet does wrong, or specially, in the callback it is ordered for (UmFaultIn).
enum PuppetUmFault {
  UmNothing,
  UmNullWrite,
  UmWildWrite,       // to Puppet.Address
  UmBadInstruction,
  UmSystemCall,
  UmSpins,
  UmWaits,           // holds a lock, and waits for a work item that waits for it
  UmBadHandle,
  UmKernelPointer,   // has the framework write to Puppet.Address
  UmKernelCallback,  // has the framework call Puppet.Address
  UmDeepRecursion,
  UmTouchesRegister, // without the framework
  UmEveryWay,        // registers in every size
  UmTimeStamp,
  UmInterruptNotPassive,
};

// What one device does. Device 1 is the first the driver is asked to add, and so on; children of a bus count, too.
typedef struct _PUPPET_ORDERS {
  PU32 Status[PuppetCallCount];  // what the callback returns
  PU32 FailAfter[PuppetCallCount];  // so many calls succeed first
  PU32 Interrupts;               // made in EvtDriverDeviceAdd
  PU32 InterruptsInPrepare;
  PU32 FailInterrupt;            // 1-based: whose IntEnable returns the status
  PU32 Enablers;
  PU32 Queue;                    // 1 power-managed, 2 not, 3 whatever is usual
  PU32 Filter;
  PU32 Owner;                    // 0 default, 1 yes, 2 no
  PU32 ReleaseLate;              // AfterDescendants
  PU32 NoCallbacks;
  PU32 NoPrepare;
  PU32 MapsBar;                  // 1 maps and unmaps, 2 forgets to unmap
  PU32 IdleMilliseconds;         // in PrepareHardware
  PU32 IdleWakes;                // IdleCanWakeFromS0
  PU32 SxWakes;
  PU32 Children;                 // reported by Scan: ids 1, 2, ...
  PU32 StaticChildren;           // added in EvtDriverDeviceAdd
  PU32 ChildrenRaw;
  PU32 ChildrenAsk;               // registers EvtChildListDeviceReenumerated: FALSE if the child's status is a failure
  PU32 NotPageable;
  PU32 ReadsRegisterIn;          // 1 + call: reads the first register there
  PU32 QueriesConfigIn;          // 1 + call: reads configuration space there, into Seen
  PU32 SetFailedIn;              // 1 + call: WdfDeviceSetFailed
  PU32 SetFailedAction;
  PU32 FailsAfterCreate;         // DeviceAdd's status comes after WdfDeviceCreate
  PU32 SkipCreate;
  PU32 Wmi;
  PU32 WaitsIn;                  // 1 + call: blocks there
  PU32 WaitMilliseconds;
  PU32 CompletesReads;           // else EvtIoRead keeps them
  PU32 SendsReadIn;              // 1 + call: reads a byte from the lower driver there
  PU32 Ejectable;
  PU32 Variant;                  // for drivers that have several
  PU32 Omits[PuppetCallCount];   // 1: not registered; PUPPET_WANTED: registered, of those that usually are not
  PU32 Registration;
  PUPPET_DEED Deeds[PUPPET_DEEDS];
  PU32 InterruptPassive;         // PassiveHandling
  PU32 InterruptWakes;           // CanWakeDevice, of those made in PrepareHardware
  PU32 InterruptReportsInactive;
  PU32 AcknowledgesPurge;        // EvtIoStop: acknowledges without requeue, whatever is asked
  PU32 StopUnanswered;           // EvtIoStop does nothing
  PU32 Interface;                // registers kPuppetInterface
  PU32 WakeCapable;              // WdfDeviceSetPowerCapabilities: wakes from D3
  PU32 SystemManaged;            // idle timeout
  PU32 PowerUpOnSystemWake;      // idle settings
  PU32 ArmForChildren;           // Sx wake settings
  PU32 WithReason;               // registers ArmSxWithReason in ArmSx's place
  PU32 NoParentPower;            // WdfPdoInitRemovePowerDependencyOnParent
  PU32 DropsVector;              // RemoveAdded: takes the first interrupt resource out of both lists
  PU32 InterruptPolicy;          // WdfInterruptSetPolicy: specified processors, high priority
  PU32 AddsRequirement;          // FilterAdd: one more memory range of so many bytes
  PU32 Requirement;              // RequirementsQuery: one memory range of so many bytes
  PU32 Resource;                 // ResourcesQuery: one memory range at this address
  PU32 UmFault;                  // of the user-mode puppet: in the callback UmFaultIn - 1
  PU32 UmFaultIn;
} PUPPET_ORDERS;

typedef struct _PUPPET_ENTRY {
  PU32 Device;
  PU32 Call;
  PU32 Argument;
  PU32 Irql;
  PU32 Thread;
} PUPPET_ENTRY;

typedef struct _PUPPET {
  PUPPET_ORDERS Orders[PUPPET_DEVICES + 1];  // 0: what every device without orders of its own does
  PU32 HasOrders[PUPPET_DEVICES + 1];
  PU32 Devices;
  PU32 Calls;
  unsigned long long Address;  // somewhere in the kernel
  void* Held;
  PU32 Seen[SeenCount];
  unsigned long long Hook;  // a function of the test's: (context, device, call, argument)
  unsigned long long HookContext;
  PUPPET_ENTRY Log[PUPPET_LOG_MAX];
} PUPPET;
