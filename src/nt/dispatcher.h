#pragma once
// What a thread can wait for, and what a processor can be asked to run later.

#include "nt/base.h"
#include "nt/irql.h"
#include "nt/list.h"

namespace drydock::nt {

// Opaque to drivers; ntos decides what is inside.
struct KTHREAD;
struct KPROCESS;
struct KINTERRUPT;
struct OBJECT_TYPE;
using ETHREAD = KTHREAD;
using EPROCESS = KPROCESS;
using PKTHREAD = KTHREAD*;
using PETHREAD = ETHREAD*;
using PKPROCESS = KPROCESS*;
using PEPROCESS = EPROCESS*;
using PKINTERRUPT = KINTERRUPT*;
using POBJECT_TYPE = OBJECT_TYPE*;

using KPROCESSOR_MODE = CHAR;
enum MODE : LONG { KernelMode, UserMode, MaximumMode };

enum EVENT_TYPE : LONG { NotificationEvent, SynchronizationEvent };
enum TIMER_TYPE : LONG { NotificationTimer, SynchronizationTimer };
enum WAIT_TYPE : LONG { WaitAll, WaitAny };

enum KWAIT_REASON : LONG {
  Executive,
  FreePage,
  PageIn,
  PoolAllocation,
  DelayExecution,
  Suspended,
  UserRequest,
  WrExecutive,
  WrFreePage,
  WrPageIn,
  WrPoolAllocation,
  WrDelayExecution,
  WrSuspended,
  WrUserRequest,
  WrSpare0,
  WrQueue,
  WrLpcReceive,
  WrLpcReply,
  WrVirtualMemory,
  WrPageOut,
  WrRendezvous,
  WrKeyedEvent,
  WrTerminated,
  WrProcessInSwap,
  WrCpuRateControl,
  WrCalloutStack,
  WrKernel,
  WrResource,
  WrPushLock,
  WrMutex,
  WrQuantumEnd,
  WrDispatchInt,
  WrPreempted,
  WrYieldExecution,
  WrFastMutex,
  WrGuardedMutex,
  WrRundown,
  WrAlertByThreadId,
  WrDeferredPreempt,
  WrPhysicalFault,
  MaximumWaitReason
};

// DISPATCHER_HEADER.Type (and the Type byte of DPC, APC and device queue), as the kernel numbers its objects.
enum KOBJECTS : LONG {
  EventNotificationObject = 0,
  EventSynchronizationObject = 1,
  MutantObject = 2,
  ProcessObject = 3,
  QueueObject = 4,
  SemaphoreObject = 5,
  ThreadObject = 6,
  GateObject = 7,
  TimerNotificationObject = 8,
  TimerSynchronizationObject = 9,
  ApcObject = 18,
  DpcObject = 19,
  DeviceQueueObject = 20,
  InterruptObject = 22,
  ThreadedDpcObject = 24
};

inline constexpr ULONG THREAD_WAIT_OBJECTS = 3;
inline constexpr ULONG MAXIMUM_WAIT_OBJECTS = 64;

inline constexpr KPRIORITY LOW_PRIORITY = 0;
inline constexpr KPRIORITY LOW_REALTIME_PRIORITY = 16;
inline constexpr KPRIORITY HIGH_PRIORITY = 31;
inline constexpr KPRIORITY MAXIMUM_PRIORITY = 32;
inline constexpr KPRIORITY IO_NO_INCREMENT = 0;
inline constexpr KPRIORITY IO_DISK_INCREMENT = 1;
inline constexpr KPRIORITY EVENT_INCREMENT = 1;
inline constexpr KPRIORITY SEMAPHORE_INCREMENT = 1;

struct DISPATCHER_HEADER {
  union {
    struct {
      UCHAR Type;
      union {
        UCHAR TimerControlFlags;
        UCHAR Abandoned;
        BOOLEAN Signalling;
      };
      union {
        UCHAR ThreadControlFlags;
        UCHAR Size;  // in units of 4 bytes
        UCHAR Hand;
      };
      union {
        UCHAR TimerMiscFlags;
        BOOLEAN DebugActive;
        BOOLEAN DpcActive;
      };
    };
    volatile LONG Lock;
  };
  LONG SignalState;
  LIST_ENTRY WaitListHead;
};
static_assert(sizeof(DISPATCHER_HEADER) == 0x18 && offsetof(DISPATCHER_HEADER, WaitListHead) == 8);
using PDISPATCHER_HEADER = DISPATCHER_HEADER*;

// DISPATCHER_HEADER.TimerMiscFlags: the timer is in the timer table.
inline constexpr UCHAR kTimerInserted = 0x40;

struct KEVENT {
  DISPATCHER_HEADER Header;
};
static_assert(sizeof(KEVENT) == 0x18);
using PKEVENT = KEVENT*;
using PRKEVENT = KEVENT*;

struct KGATE {
  DISPATCHER_HEADER Header;
};
static_assert(sizeof(KGATE) == 0x18);
using PKGATE = KGATE*;

struct KSEMAPHORE {
  DISPATCHER_HEADER Header;
  LONG Limit;
};
static_assert(sizeof(KSEMAPHORE) == 0x20 && offsetof(KSEMAPHORE, Limit) == 0x18);
using PKSEMAPHORE = KSEMAPHORE*;
using PRKSEMAPHORE = KSEMAPHORE*;

struct KMUTANT {
  DISPATCHER_HEADER Header;
  LIST_ENTRY MutantListEntry;
  KTHREAD* OwnerThread;
  BOOLEAN Abandoned;
  UCHAR ApcDisable;
};
static_assert(sizeof(KMUTANT) == 0x38 && offsetof(KMUTANT, OwnerThread) == 0x28);
using PKMUTANT = KMUTANT*;
using PRKMUTANT = KMUTANT*;
using KMUTEX = KMUTANT;
using PKMUTEX = KMUTEX*;
using PRKMUTEX = KMUTEX*;

struct KDPC;
using PKDEFERRED_ROUTINE = VOID(NTAPI*)(KDPC* Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2);

enum KDPC_IMPORTANCE : LONG { LowImportance, MediumImportance, HighImportance, MediumHighImportance };

// Since Windows 8 the queue link is one pointer, and the processors a DPC ran on follow it.
struct KDPC {
  union {
    ULONG TargetInfoAsUlong;
    struct {
      UCHAR Type;
      UCHAR Importance;
      volatile USHORT Number;
    };
  };
  SINGLE_LIST_ENTRY DpcListEntry;
  KAFFINITY ProcessorHistory;
  PKDEFERRED_ROUTINE DeferredRoutine;
  PVOID DeferredContext;
  PVOID SystemArgument1;
  PVOID SystemArgument2;
  PVOID DpcData;
};
static_assert(sizeof(KDPC) == 0x40 && offsetof(KDPC, DeferredRoutine) == 0x18 && offsetof(KDPC, DpcData) == 0x38);
using PKDPC = KDPC*;
using PRKDPC = KDPC*;

struct KTIMER {
  DISPATCHER_HEADER Header;
  ULARGE_INTEGER DueTime;
  LIST_ENTRY TimerListEntry;
  KDPC* Dpc;
  ULONG Processor;
  ULONG Period;
};
static_assert(sizeof(KTIMER) == 0x40 && offsetof(KTIMER, DueTime) == 0x18 && offsetof(KTIMER, Dpc) == 0x30);
using PKTIMER = KTIMER*;
using PRKTIMER = KTIMER*;

using KSPIN_LOCK = ULONG_PTR;
using PKSPIN_LOCK = KSPIN_LOCK*;

struct KSPIN_LOCK_QUEUE {
  KSPIN_LOCK_QUEUE* volatile Next;
  KSPIN_LOCK* volatile Lock;
};
static_assert(sizeof(KSPIN_LOCK_QUEUE) == 0x10);
using PKSPIN_LOCK_QUEUE = KSPIN_LOCK_QUEUE*;

struct KLOCK_QUEUE_HANDLE {
  KSPIN_LOCK_QUEUE LockQueue;
  KIRQL OldIrql;
};
static_assert(sizeof(KLOCK_QUEUE_HANDLE) == 0x18 && offsetof(KLOCK_QUEUE_HANDLE, OldIrql) == 0x10);
using PKLOCK_QUEUE_HANDLE = KLOCK_QUEUE_HANDLE*;

// The order of Windows 8 and later.
struct KWAIT_BLOCK {
  LIST_ENTRY WaitListEntry;
  UCHAR WaitType;
  volatile UCHAR BlockState;
  USHORT WaitKey;
  LONG SpareLong;
  KTHREAD* Thread;
  PVOID Object;
  PVOID SparePtr;
};
static_assert(sizeof(KWAIT_BLOCK) == 0x30 && offsetof(KWAIT_BLOCK, Thread) == 0x18);
using PKWAIT_BLOCK = KWAIT_BLOCK*;

struct FAST_MUTEX {
  volatile LONG Count;
  KTHREAD* Owner;
  ULONG Contention;
  KEVENT Event;
  ULONG OldIrql;
};
static_assert(sizeof(FAST_MUTEX) == 0x38 && offsetof(FAST_MUTEX, Event) == 0x18 &&
              offsetof(FAST_MUTEX, OldIrql) == 0x30);
using PFAST_MUTEX = FAST_MUTEX*;
inline constexpr LONG FM_LOCK_BIT = 1;

struct KGUARDED_MUTEX {
  volatile LONG Count;
  KTHREAD* Owner;
  ULONG Contention;
  KGATE Gate;
  union {
    struct {
      SHORT KernelApcDisable;
      SHORT SpecialApcDisable;
    };
    ULONG CombinedApcDisable;
  };
};
static_assert(sizeof(KGUARDED_MUTEX) == 0x38 && offsetof(KGUARDED_MUTEX, Gate) == 0x18);
using PKGUARDED_MUTEX = KGUARDED_MUTEX*;

using PKNORMAL_ROUTINE = VOID(NTAPI*)(PVOID NormalContext, PVOID SystemArgument1, PVOID SystemArgument2);
struct KAPC;
using PKKERNEL_ROUTINE = VOID(NTAPI*)(KAPC* Apc, PKNORMAL_ROUTINE* NormalRoutine, PVOID* NormalContext,
                                      PVOID* SystemArgument1, PVOID* SystemArgument2);
using PKRUNDOWN_ROUTINE = VOID(NTAPI*)(KAPC* Apc);

struct KAPC {
  UCHAR Type;
  UCHAR SpareByte0;
  UCHAR Size;
  UCHAR SpareByte1;
  ULONG SpareLong0;
  KTHREAD* Thread;
  LIST_ENTRY ApcListEntry;
  PKKERNEL_ROUTINE KernelRoutine;
  PKRUNDOWN_ROUTINE RundownRoutine;
  PKNORMAL_ROUTINE NormalRoutine;
  PVOID NormalContext;
  PVOID SystemArgument1;
  PVOID SystemArgument2;
  CHAR ApcStateIndex;
  KPROCESSOR_MODE ApcMode;
  BOOLEAN Inserted;
};
static_assert(sizeof(KAPC) == 0x58 && offsetof(KAPC, KernelRoutine) == 0x20 && offsetof(KAPC, ApcMode) == 0x51);
using PKAPC = KAPC*;
using PRKAPC = KAPC*;

enum KAPC_ENVIRONMENT : LONG { OriginalApcEnvironment, AttachedApcEnvironment, CurrentApcEnvironment };

struct KAPC_STATE {
  LIST_ENTRY ApcListHead[MaximumMode];
  KPROCESS* Process;
  BOOLEAN KernelApcInProgress;
  BOOLEAN KernelApcPending;
  BOOLEAN UserApcPending;
};
static_assert(sizeof(KAPC_STATE) == 0x30);
using PKAPC_STATE = KAPC_STATE*;
using PRKAPC_STATE = KAPC_STATE*;

struct KDEVICE_QUEUE {
  CSHORT Type;
  CSHORT Size;
  LIST_ENTRY DeviceListHead;
  KSPIN_LOCK Lock;
  union {
    BOOLEAN Busy;
    struct {
      LONG64 Reserved : 8;
      LONG64 Hint : 56;
    };
  };
};
static_assert(sizeof(KDEVICE_QUEUE) == 0x28 && offsetof(KDEVICE_QUEUE, Busy) == 0x20);
using PKDEVICE_QUEUE = KDEVICE_QUEUE*;
using PRKDEVICE_QUEUE = KDEVICE_QUEUE*;

struct KDEVICE_QUEUE_ENTRY {
  LIST_ENTRY DeviceListEntry;
  ULONG SortKey;
  BOOLEAN Inserted;
};
static_assert(sizeof(KDEVICE_QUEUE_ENTRY) == 0x18 && offsetof(KDEVICE_QUEUE_ENTRY, Inserted) == 0x14);
using PKDEVICE_QUEUE_ENTRY = KDEVICE_QUEUE_ENTRY*;

using PKSERVICE_ROUTINE = BOOLEAN(NTAPI*)(KINTERRUPT* Interrupt, PVOID ServiceContext);
using PKMESSAGE_SERVICE_ROUTINE = BOOLEAN(NTAPI*)(KINTERRUPT* Interrupt, PVOID ServiceContext, ULONG MessageId);
using PKSYNCHRONIZE_ROUTINE = BOOLEAN(NTAPI*)(PVOID SynchronizeContext);
using PKSTART_ROUTINE = VOID(NTAPI*)(PVOID StartContext);
using PKIPI_BROADCAST_WORKER = ULONG_PTR(NTAPI*)(ULONG_PTR Argument);
using PEXPAND_STACK_CALLOUT = VOID(NTAPI*)(PVOID Parameter);

}  // namespace drydock::nt
