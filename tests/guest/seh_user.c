// umdf: 2.33
// A user-mode driver that uses structured exceptions, in EvtDevicePrepareHardware; seh_user.h says which. Reports as the
// puppet does.

#include "wdf_diary.h"
#include "seh_user.h"

#include <excpt.h>

NTSYSAPI VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD Record);

#define NOWHERE ((volatile ULONG*)0x10000)

static volatile ULONG zero;
static volatile BOOLEAN always = TRUE;
static ULONG order;
static VOID Note(ULONG Step) {
  order = order * 10 + Step;
}

/// A raise of which the compiler does not know that it never returns: it would leave out the scopes around it.
static __attribute__((noinline)) VOID RaiseAlways(NTSTATUS Status) {
  if (always) RtlRaiseStatus(Status);
}
#define Raise(Status)    \
  do {                   \
    RaiseAlways(Status); \
    always = TRUE;       \
  } while (0)

typedef struct _SEEN {
  NTSTATUS Code;
  ULONG_PTR Information[2];
  PVOID Address;
} SEEN;

static LONG Look(PVOID Pointers, SEEN* Seen) {
  const EXCEPTION_RECORD* record = ((EXCEPTION_POINTERS*)Pointers)->ExceptionRecord;
  Seen->Code = record->ExceptionCode;
  Seen->Address = record->ExceptionAddress;
  for (ULONG i = 0; i < 2; ++i)
    Seen->Information[i] = i < record->NumberParameters ? record->ExceptionInformation[i] : 0;
  return EXCEPTION_EXECUTE_HANDLER;
}

static VOID Faults(VOID) {
  SEEN seen = {0, {0, 0}, NULL};
  volatile ULONG caught = 0;
  __try {
    *NOWHERE = 1;
  } __except (Look(GetExceptionInformation(), &seen)) {
    ++caught;
  }
  MUST(seen.Code == STATUS_ACCESS_VIOLATION && seen.Information[0] == 1 &&
       seen.Information[1] == (ULONG_PTR)NOWHERE && seen.Address);
  __try {
    caught += *NOWHERE;
  } __except (Look(GetExceptionInformation(), &seen)) {
    ++caught;
  }
  MUST(seen.Code == STATUS_ACCESS_VIOLATION && seen.Information[0] == 0);
  __try {
    caught += 100 / zero;
  } __except (GetExceptionCode() == STATUS_INTEGER_DIVIDE_BY_ZERO ? EXCEPTION_EXECUTE_HANDLER
                                                                  : EXCEPTION_CONTINUE_SEARCH) {
    ++caught;
  }
  __try {
    __asm__ volatile("ud2");
  } __except (GetExceptionCode() == STATUS_ILLEGAL_INSTRUCTION) {
    ++caught;
  }
  MUST(caught == 4);
}

static __attribute__((noinline)) VOID RaiseDeep(ULONG Depth) {
  volatile UCHAR frame[256];
  frame[0] = (UCHAR)Depth;
  if (Depth == 0) Raise(STATUS_DEVICE_DATA_ERROR);
  __try {
    RaiseDeep(Depth - 1);
    always = TRUE;
  } __finally {
    order += frame[0];
    MUST(AbnormalTermination());
  }
}

static VOID Unwinds(VOID) {
  NTSTATUS code = STATUS_SUCCESS;
  ULONG caught = 0;
  order = 0;
  __try {
    __try {
      Note(1);
      Raise(STATUS_DEVICE_NOT_READY);
      Note(9);
    } __except (GetExceptionCode() == STATUS_DEVICE_DATA_ERROR) {
      Note(8);
    }
    Note(9);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
    Note(2);
  }
  Note(3);
  MUST(order == 123 && code == STATUS_DEVICE_NOT_READY);
  for (ULONG i = 0; i < 50; ++i) {
    order = 0;
    __try {
      RaiseDeep(10);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      caught += order == 55;
    }
  }
  MUST(caught == 50);
  order = 0;
  __try {
    Note(1);
  } __finally {
    Note(2);
    MUST(!AbnormalTermination());
  }
  MUST(order == 12);
}

static __attribute__((noinline)) LONG FilterThatCatches(VOID) {
  LONG verdict = EXCEPTION_CONTINUE_SEARCH;
  __try {
    *NOWHERE = 1;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Note(1);
    verdict = EXCEPTION_EXECUTE_HANDLER;
  }
  return verdict;
}

static VOID Nests(VOID) {
  NTSTATUS code = STATUS_SUCCESS;
  order = 0;
  __try {
    __try {
      __try {
        Raise(STATUS_DEVICE_DATA_ERROR);
      } __finally {
        Note(2);
        FilterThatCatches();
      }
    } __except (FilterThatCatches()) {
      Note(3);
      Raise(STATUS_DEVICE_NOT_READY);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
    Note(4);
  }
  MUST(order == 12134 && code == STATUS_DEVICE_NOT_READY);
}

static __attribute__((noinline)) VOID RaiseInFinally(VOID) {
  __try {
    __try {
      Raise(STATUS_DEVICE_DATA_ERROR);
    } __finally {
      Note(1);
      Raise(STATUS_DEVICE_NOT_READY);
    }
  } __finally {
    Note(2);
  }
}

/// The second exception takes the place of the first: each __finally still runs once.
static VOID Replaces(VOID) {
  NTSTATUS code = STATUS_SUCCESS;
  order = 0;
  __try {
    __try {
      RaiseInFinally();
      always = TRUE;
    } __finally {
      Note(3);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
    Note(4);
  }
  MUST(order == 1234 && code == STATUS_DEVICE_NOT_READY);
  // Caught on the way: the first unwind never reaches its own goal.
  order = 0;
  __try {
    __try {
      RaiseInFinally();
    } __except (GetExceptionCode() == STATUS_DEVICE_NOT_READY) {
      Note(3);
    }
    Note(4);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Note(9);
  }
  MUST(order == 1234);
}

static __attribute__((noinline)) LONG FilterThatRaises(NTSTATUS Code) {
  Note(1);
  if (Code == STATUS_DEVICE_DATA_ERROR) Raise(STATUS_DEVICE_NOT_READY);
  return EXCEPTION_CONTINUE_SEARCH;
}

/// What a filter raises and does not handle goes to whoever is beyond.
static VOID RaisesInFilter(VOID) {
  NTSTATUS code = STATUS_SUCCESS;
  order = 0;
  __try {
    __try {
      Raise(STATUS_DEVICE_DATA_ERROR);
    } __except (FilterThatRaises(GetExceptionCode())) {
      Note(9);
    }
    Note(9);
  } __except (GetExceptionCode() == STATUS_DEVICE_NOT_READY) {
    code = GetExceptionCode();
    Note(2);
  }
  MUST(order == 112 && code == STATUS_DEVICE_NOT_READY);
}

static VOID Continues(VOID) {
  EXCEPTION_RECORD record;
  ULONG filters = 0, after = 0;
  RtlZeroMemory(&record, sizeof(record));
  record.ExceptionCode = (NTSTATUS)0xE0001234;
  __try {
    RtlRaiseException(&record);
    ++after;
  } __except (++filters, EXCEPTION_CONTINUE_EXECUTION) {
    after = 9;
  }
  MUST(filters == 1 && after == 1);
}

static LONG Again(VOID) {
  return EXCEPTION_CONTINUE_EXECUTION;
}

static __attribute__((noinline)) LONG AlwaysRaises(VOID) {
  Raise(STATUS_DEVICE_NOT_READY);
  return EXCEPTION_EXECUTE_HANDLER;
}

static __attribute__((noinline)) ULONG Catches(volatile ULONG* Where) {
  ULONG caught = 0;
  __try {
    *Where = 1;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    caught = 1;
  }
  return caught;
}

static __attribute__((noinline)) ULONG CatchesDivision(VOID) {
  volatile ULONG caught = 0;
  __try {
    caught += 100 / zero;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    caught = 1;
  }
  return caught;
}

/// As a driver that refuses what comes with an exception, whatever comes.
static VOID Often(WDFDEVICE Device) {
  ULONG caught = 0;
  for (ULONG i = 0; i < 12000; ++i) {
    WdfDeviceGetDevicePowerState(Device);
    __try {
      Raise(STATUS_DEVICE_DATA_ERROR);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      ++caught;
    }
  }
  MUST(caught == 12000);
}

static NTSTATUS NTAPI OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  (void)Raw;
  (void)Translated;
  WriteDown(1, PuppetPrepareHardware, 0);
  if (Puppet.Devices > 1) return STATUS_SUCCESS;  // once is enough
  switch (OrdersOf(1)->Variant) {
    case kSehAll:
      Faults();
      Unwinds();
      Nests();
      Replaces();
      RaisesInFilter();
      Continues();
      break;
    case kSehUnhandled:
      __try {
        Raise(STATUS_DEVICE_DATA_ERROR);
      } __except (GetExceptionCode() == STATUS_DEVICE_NOT_READY) {
        MUST(FALSE);
      }
      break;
    case kSehUnhandledFault:
      __try {
        *NOWHERE = 1;
      } __finally {
        MUST(FALSE);  // nobody handles it: nothing is unwound
      }
      break;
    case kSehFilterRaises:
      __try {
        Raise(STATUS_DEVICE_DATA_ERROR);
      } __except (AlwaysRaises()) {
        MUST(FALSE);
      }
      break;
    case kSehTwoForEver:
      while (Catches(NOWHERE) && CatchesDivision()) continue;
      break;
    case kSehOften:
      Often(Device);
      break;
    case kSehForEver:
      __try {
        *NOWHERE = 1;
      } __except (Again()) {
        MUST(FALSE);
      }
      break;
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDFDEVICE device;
  (void)Driver;
  ++Puppet.Devices;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = OnPrepareHardware;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  return WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
