// Divides by zero.
// Expected: UNEXPECTED_KERNEL_MODE_TRAP (0x7F), 0.
#include "zoo.h"

#ifdef FIXED
static volatile LONG divisor = 1;
#else
static volatile LONG divisor;
#endif

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  LONG quotient = 7;
  LONG rest = 0;
  __asm__ __volatile__("idivl %2" : "+a"(quotient), "+d"(rest) : "r"(divisor));
  DriverObject->DriverUnload = ZooUnload;
  return quotient == 7 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
