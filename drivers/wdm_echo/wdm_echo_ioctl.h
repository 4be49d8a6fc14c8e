/// What wdm_echo.sys understands. For the driver and for whoever opens it; needs no Windows header.
///
/// \\.\WdmEcho (\Device\WdmEcho) is a pipe to oneself: what is written, is read. A read waits until there is something.
/// A write takes what fits and fails with STATUS_DEVICE_BUSY if nothing does.
#pragma once

#define WDM_ECHO_DEVICE_NAME L"\\Device\\WdmEcho"
#define WDM_ECHO_LINK_NAME L"\\DosDevices\\WdmEcho"

#define WDM_ECHO_RING_BYTES 65536
#define WDM_ECHO_TICK_MS 10

// FILE_DEVICE_UNKNOWN, FILE_ANY_ACCESS; methods: 0 buffered, 1 in direct, 2 out direct.
#define WDM_ECHO_IOCTL(function, method) ((0x22u << 16) | ((function) << 2) | (method))

/// Output = input, as much as fits.
#define IOCTL_WDM_ECHO_BUFFERED WDM_ECHO_IOCTL(0x800u, 0u)
/// The "output" buffer goes into the ring like a write. Information = bytes taken.
#define IOCTL_WDM_ECHO_IN_DIRECT WDM_ECHO_IOCTL(0x801u, 1u)
/// The output buffer is filled with repetitions of the input.
#define IOCTL_WDM_ECHO_OUT_DIRECT WDM_ECHO_IOCTL(0x802u, 2u)
/// As BUFFERED, but completed from a work item after the next tick of the driver's timer. Can be cancelled.
#define IOCTL_WDM_ECHO_AT_TICK WDM_ECHO_IOCTL(0x803u, 0u)
/// Input: a 32-bit number. The driver's thread puts so many bytes into the ring: 0, 1, ... 255, 0, ...; completes at
/// once.
#define IOCTL_WDM_ECHO_GENERATE WDM_ECHO_IOCTL(0x804u, 0u)
/// Output: WDM_ECHO_STATISTICS.
#define IOCTL_WDM_ECHO_STATISTICS WDM_ECHO_IOCTL(0x805u, 0u)
/// Throws away what is in the ring.
#define IOCTL_WDM_ECHO_EMPTY WDM_ECHO_IOCTL(0x806u, 0u)

typedef struct _WDM_ECHO_STATISTICS {
  unsigned int BytesInRing;
  unsigned int ReadsCompleted;
  unsigned int WritesCompleted;
  unsigned int Cancelled;
  unsigned int Ticks;  // timer expiries
  unsigned int WorkItemRuns;
  unsigned int ThreadRuns;  // times the thread was woken for work
  unsigned int BytesGenerated;
} WDM_ECHO_STATISTICS;
