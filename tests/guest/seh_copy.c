// A fault inside RtlCopyMemory, and one in the driver's own code, is caught by the driver. Reports through
// DriverEntry's status, see GuestStatus.
#include "seh.h"

static volatile SIZE_T length = 64;  // so that the copy stays a call

static VOID TestCopy(GUEST_RESULT* Result) {
  UCHAR here[64];
  SEH_SEEN seen = {0};
  ULONG handled = 0;

  __try {
    RtlCopyMemory(here, SEH_UNMAPPED, length);
    handled = 100;
  } __except (SEH_FILTER(&seen)) {
    ++handled;
  }
  CHECK(Result, handled == 1);
  CHECK(Result, seen.Code == STATUS_ACCESS_VIOLATION);
  CHECK(Result, seen.Information[0] == 0);  // a read
  CHECK(Result, seen.Information[1] - (ULONG_PTR)SEH_UNMAPPED < length);

  __try {
    RtlCopyMemory(SEH_UNMAPPED, here, length);
    handled = 100;
  } __except (SEH_FILTER(&seen)) {
    ++handled;
  }
  CHECK(Result, handled == 2);
  CHECK(Result, seen.Information[0] == 1);  // a write

  __try {
    RtlFillMemory(SEH_UNMAPPED, length, 0xEE);
    handled = 100;
  } __except (SEH_FILTER(&seen)) {
    ++handled;
  }
  CHECK(Result, handled == 3);
}

static VOID TestOwnCode(GUEST_RESULT* Result) {
  SEH_SEEN seen = {0};
  ULONG handled = 0;
  volatile ULONG before = 1;

  __try {
    before = 2;
    before = *(volatile ULONG*)((PUCHAR)SEH_UNMAPPED + 8);
    handled = 100;
  } __except (SEH_FILTER(&seen)) {
    ++handled;
  }
  CHECK(Result, handled == 1 && before == 2);
  CHECK(Result, seen.Code == STATUS_ACCESS_VIOLATION);
  CHECK(Result, seen.Information[0] == 0 && seen.Information[1] == (ULONG_PTR)SEH_UNMAPPED + 8);

  __try {
    *(volatile ULONG*)((PUCHAR)SEH_UNMAPPED + 16) = 1;
    handled = 100;
  } __except (SEH_FILTER(&seen)) {
    ++handled;
  }
  CHECK(Result, handled == 2);
  CHECK(Result, seen.Information[0] == 1 && seen.Information[1] == (ULONG_PTR)SEH_UNMAPPED + 16);
}

/// Many in a row: each must leave the stack as it was.
static VOID TestRepeatedly(GUEST_RESULT* Result) {
  UCHAR here[64];
  ULONG handled = 0;
  for (ULONG i = 0; i < 1000; ++i) {
    __try {
      RtlCopyMemory(here, SEH_UNMAPPED, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      ++handled;
    }
  }
  CHECK(Result, handled == 1000);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  GUEST_RESULT result = {0, 0, 0};
  UNREFERENCED_PARAMETER(RegistryPath);
  TestCopy(&result);
  TestOwnCode(&result);
  TestRepeatedly(&result);
  DriverObject->DriverUnload = GuestUnload;
  return GuestStatus(&result);
}
