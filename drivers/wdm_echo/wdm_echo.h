/// A device that echoes: the parts of a plain WDM driver, each in its simplest correct form.
#pragma once

#include <ntddk.h>

#include "wdm_echo_ioctl.h"

#define ECHO_TAG 0x6F686345  // Echo

struct _ECHO_EXTENSION;

/// Requests that wait, any of which may be cancelled at any time.
typedef struct _ECHO_QUEUE {
  IO_CSQ Csq;
  LIST_ENTRY Irps;
  KSPIN_LOCK Lock;
  struct _ECHO_EXTENSION* Extension;
} ECHO_QUEUE;

typedef struct _ECHO_EXTENSION {
  PDEVICE_OBJECT Device;
  IO_REMOVE_LOCK RemoveLock;  // held once for each request and for the queued work item

  KSPIN_LOCK RingLock;  // before ECHO_QUEUE.Lock where both are held
  PUCHAR Ring;
  ULONG RingHead;
  ULONG RingCount;

  ECHO_QUEUE Reads;
  KDPC MatchDpc;

  ECHO_QUEUE AtTick;
  KTIMER Timer;
  KDPC TimerDpc;
  LONG TimerSet;
  PIO_WORKITEM WorkItem;
  LONG WorkQueued;

  PVOID Thread;
  KEVENT Stop;
  KEVENT Work;
  LONG BytesWanted;

  WDM_ECHO_STATISTICS Statistics;
} ECHO_EXTENSION;

// queue.c
NTSTATUS EchoQueueInitialize(ECHO_QUEUE* Queue, ECHO_EXTENSION* Ext);
VOID EchoQueueInsert(ECHO_QUEUE* Queue, PIRP Irp);
PIRP EchoQueueRemove(ECHO_QUEUE* Queue, PFILE_OBJECT FileObject);
VOID EchoQueuePurge(ECHO_QUEUE* Queue, PFILE_OBJECT FileObject);

// ring.c
ULONG EchoRingPut(ECHO_EXTENSION* Ext, const UCHAR* From, ULONG Bytes);
VOID EchoRingEmpty(ECHO_EXTENSION* Ext);
VOID EchoMatchReads(ECHO_EXTENSION* Ext);

// dispatch.c
VOID EchoComplete(ECHO_EXTENSION* Ext, PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
DRIVER_DISPATCH EchoCreateClose;
DRIVER_DISPATCH EchoCleanup;
DRIVER_DISPATCH EchoRead;
DRIVER_DISPATCH EchoWrite;
DRIVER_DISPATCH EchoDeviceControl;

// background.c
NTSTATUS EchoBackgroundStart(ECHO_EXTENSION* Ext);
VOID EchoBackgroundStop(ECHO_EXTENSION* Ext);
VOID EchoSetTimer(ECHO_EXTENSION* Ext);
VOID EchoGenerate(ECHO_EXTENSION* Ext, ULONG Bytes);
