/// What the drivers of this directory understand. For them and for the tests that load them; needs no Windows header.
/// All codes: FILE_DEVICE_UNKNOWN, METHOD_BUFFERED, FILE_ANY_ACCESS.
#pragma once

#define GUEST_IOCTL(function) ((0x22u << 16) | ((function) << 2))

/// irp_round_trip.sys, \Device\IrpRoundTrip. Input: a 64-bit count of round trips. Output: the 64-bit count of
/// completion routines that ran.
#define IOCTL_IRP_ROUND_TRIP GUEST_IOCTL(0x800u)

/// processors.sys, \Device\Processors. No input. Output: GUEST_RESULT.
#define IOCTL_PROCESSORS_GENERIC_DPC GUEST_IOCTL(0x810u)  // KeGenericCallDpc and its barrier
#define IOCTL_PROCESSORS_IPI GUEST_IOCTL(0x811u)          // KeIpiGenericCall
#define IOCTL_PROCESSORS_FLUSH_DPCS GUEST_IOCTL(0x812u)   // targeted DPCs and KeFlushQueuedDpcs
#define IOCTL_PROCESSORS_APC GUEST_IOCTL(0x813u)          // APCs under critical and guarded regions
#define IOCTL_PROCESSORS_IRQL GUEST_IOCTL(0x814u)         // nested IRQLs, what waits for which
#define IOCTL_PROCESSORS_SPIN_LOCK GUEST_IOCTL(0x815u)    // a counter fought over by threads on all processors

/// What a test inside a driver found. FirstFailure is a line of its source, 0 if none.
typedef struct _GUEST_RESULT {
  unsigned int Checks;
  unsigned int Failures;
  unsigned int FirstFailure;
} GUEST_RESULT;
