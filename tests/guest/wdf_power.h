/// wdf_power.sys and the tests that drive it, \Device\WdfPower: a function driver whose default queue is power-managed.
/// Needs no Windows header.
#pragma once

#include "guest_ioctl.h"

/// What becomes of a read is in its byte offset: what the driver answers to EvtIoStop.
enum {
  kPowerComplete,  // completed at once
  kPowerAckKeep,   // kept; EvtIoStop acknowledges without requeue
  kPowerAckRequeue,
  kPowerStopCompletes,
  kPowerStopIgnores,   // no answer: a timer completes it 20 ms after its arrival
  kPowerManual,        // forwarded to a power-managed manual queue
  kPowerCancelable,    // kept, marked cancelable; EvtIoStop acknowledges without requeue
};

/// One line of the driver's diary.
enum {
  kDiaryRead = 1,       // EvtIoRead; argument: the mode
  kDiaryStopSuspend,    // EvtIoStop
  kDiaryStopPurge,
  kDiaryStopCancelable,  // added to one of the two above, as its own line before it
  kDiaryResume,
  kDiaryD0Entry,
  kDiaryD0Exit,
  kDiaryPrepare,
  kDiaryRelease,
  kDiarySmSuspend,
  kDiarySmRestart,
  kDiarySmInit,
  kDiarySmFlush,
  kDiarySmCleanup,
  kDiarySurprise,
  kDiaryCancel,
};

#define IOCTL_WDF_POWER_DIARY GUEST_IOCTL(0x910u)   // out: unsigned short[], (argument << 8 | line), and it starts anew
#define IOCTL_WDF_POWER_FINISH GUEST_IOCTL(0x911u)  // completes the oldest kept request
#define IOCTL_WDF_POWER_STATE GUEST_IOCTL(0x912u)   // out: state of the default queue, waiting, delivered: 12 bytes
#define IOCTL_WDF_POWER_TAKE GUEST_IOCTL(0x913u)    // out: status of a retrieval from the manual queue; completes it
#define IOCTL_WDF_POWER_STOP GUEST_IOCTL(0x914u)    // WdfIoQueueStop of the default queue; in: 1 to start it again
