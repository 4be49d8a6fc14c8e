// Recurses without an end and runs off its stack.
// Expected: UNEXPECTED_KERNEL_MODE_TRAP (0x7F), 8 (double fault).
#include "zoo.h"

#ifdef FIXED
#define DEPTH_MAX 20
#else
#define DEPTH_MAX 0xFFFFFFFF
#endif

static __attribute__((noinline)) ULONG Descend(volatile ULONG* Above, ULONG Depth) {
  volatile ULONG frame[64];
  frame[Depth % 64] = Depth + *Above;
  if (Depth >= DEPTH_MAX) return frame[Depth % 64];
  return Descend(frame, Depth + 1) + frame[Depth % 64];
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  volatile ULONG first = 1;
  first = Descend(&first, 0);
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
