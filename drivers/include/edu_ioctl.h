/// What the drivers of the educational device understand (medic.sys, edu.sys). For them and for whoever opens it; needs no Windows header.
///
/// A device of ours is found by the interface class below. It has a buffer of 4 KiB (edu.sys: one byte less): read
/// and write transfer bytes at an offset within it, by DMA. A request that the device does not finish is not failed: the driver resets the device,
/// restores the buffer and begins the request again. Only where a function-level reset does not help do requests fail,
/// with STATUS_DEVICE_HUNG; the device then goes away and comes back, blank, as after a plug and replug.
#pragma once

// {5D7C8E0A-8E4B-4B7F-9B1C-0D6A6C2F31E8}
#define EDU_INTERFACE_CLASS                          \
  {                                                  \
    0x5D7C8E0A, 0x8E4B, 0x4B7F, {                    \
      0x9B, 0x1C, 0x0D, 0x6A, 0x6C, 0x2F, 0x31, 0xE8 \
    }                                                \
  }

// FILE_DEVICE_UNKNOWN, METHOD_BUFFERED, FILE_ANY_ACCESS.
#define EDU_IOCTL(function) ((0x22u << 16) | ((function) << 2))

/// Input: a 32-bit number. Output: its factorial, modulo 2^32.
#define IOCTL_EDU_FACTORIAL EDU_IOCTL(0x800u)
/// Output: EDU_STATISTICS. Answered at once, whatever the device does.
#define IOCTL_EDU_STATISTICS EDU_IOCTL(0x801u)

/// Since the device was added.
typedef struct _EDU_STATISTICS {
  unsigned int Completed;         // requests that the device has carried out
  unsigned int LostInterrupts;    // found finished by the watchdog
  unsigned int Hangs;             // found hung by the watchdog
  unsigned int FunctionResets;    // asked for
  unsigned int Recoveries;        // after which the device worked again
  unsigned int PlatformRequests;  // platform-level resets asked for
} EDU_STATISTICS;
