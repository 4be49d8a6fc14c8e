/// wdf_io.sys and the tests that drive it, \Device\WdfIo. Needs no Windows header.
///
/// What happens to a read is in its byte offset: one of the modes below. A queue is named by its number.
#pragma once

#include "guest_ioctl.h"

enum {
  kWdfIoComplete,              // completed at once with as many 0x5A bytes as were asked for
  kWdfIoManual,                // forwarded to the manual queue
  kWdfIoSequential,            // forwarded to the sequential queue, whose callback keeps it
  kWdfIoKeepCancelable,        // kept, marked cancelable
  kWdfIoKeep,                  // kept
  kWdfIoParallel,              // forwarded to the parallel queue of at most 2, whose callback keeps it
  kWdfIoCompleteCancelable,    // mistake: completed while marked cancelable
  kWdfIoCompleteReferenced,    // mistake: completed with a reference on its memory
  kWdfIoCompleteTwiceHeld,     // mistake: completed twice, with a reference on the request
  kWdfIoCompleteTwice,         // mistake: completed twice
  kWdfIoCompleteTooLong,       // mistake: completed with more bytes than asked for
  kWdfIoAcknowledge,           // mistake: WdfRequestStopAcknowledge without an EvtIoStop
  kWdfIoForwardTwice,          // forwarded to the manual queue twice: the second time it is not the driver's
};

enum { kWdfQueueDefault, kWdfQueueManual, kWdfQueueSequential, kWdfQueueParallel, kWdfQueueCount };

#define IOCTL_WDF_IO_STATE GUEST_IOCTL(0x900u)     // in: queue. Out: WDF_IO_REPORT
#define IOCTL_WDF_IO_CONTROL GUEST_IOCTL(0x901u)   // in: WDF_IO_CONTROL
#define IOCTL_WDF_IO_TAKE GUEST_IOCTL(0x902u)      // in: WDF_IO_TAKE. Out: status of the retrieval, 4 bytes
#define IOCTL_WDF_IO_FINISH GUEST_IOCTL(0x903u)    // completes the oldest kept request; in: status
#define IOCTL_WDF_IO_SELF_TEST GUEST_IOCTL(0x904u)  // in: a subject. Out: GUEST_RESULT
#define IOCTL_WDF_IO_DIRECT_OUT (GUEST_IOCTL(0x905u) | 2u)  // fills the output from the input, again and again

typedef struct _WDF_IO_REPORT {
  unsigned int State;      // WDF_IO_QUEUE_STATE
  unsigned int Waiting;
  unsigned int Delivered;
  unsigned int Kept;       // requests the driver has in its list
  unsigned int Cancelled;  // EvtRequestCancel calls
  unsigned int CanceledOnQueue;
  unsigned int Ready;      // EvtIoQueueReady calls of the manual queue
  unsigned int Stopped;    // completion callbacks of stop
  unsigned int Emptied;    // of drain and purge
  unsigned int Cleanups;   // EvtCleanup of requests
  unsigned int Destroys;
  unsigned int FileCreates, FileCleanups, FileCloses;
} WDF_IO_REPORT;

enum {
  kWdfIoStart,
  kWdfIoStop,
  kWdfIoDrain,
  kWdfIoPurge,
  kWdfIoStopAndPurge,
  kWdfIoReadyNotify,
  kWdfIoStopSynchronously,
  kWdfIoRequeueKept,  // WdfRequestRequeue of the oldest kept request
};
typedef struct _WDF_IO_CONTROL {
  unsigned int Queue;
  unsigned int Action;
} WDF_IO_CONTROL;

enum { kWdfIoTakeComplete, kWdfIoTakeRequeue, kWdfIoTakeKeep, kWdfIoTakeFound, kWdfIoTakeByFile };
typedef struct _WDF_IO_TAKE {
  unsigned int Queue;
  unsigned int Then;
} WDF_IO_TAKE;

enum {
  kWdfIoSubjectMemory,
  kWdfIoSubjectCollection,
  kWdfIoSubjectString,
  kWdfIoSubjectLocks,
  kWdfIoSubjectDeferred,
  kWdfIoSubjectRegistry,
  kWdfIoSubjectRequest,
  kWdfIoSubjectTarget,
  kWdfIoSubjectQueueConfig,
};
