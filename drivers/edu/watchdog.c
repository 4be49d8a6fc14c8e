/// Notices that a request does not end.
#include "edu.h"

/// In 100 ns.
ULONGLONG EduTime(VOID) {
#ifdef UMDF_VERSION_MAJOR
  LARGE_INTEGER now;
  NtQuerySystemTime(&now);
  return (ULONGLONG)now.QuadPart;
#else
  return KeQueryInterruptTime();
#endif
}

/// Under the callback lock.
static VOID NTAPI EduWatchdog(WDFTIMER Timer) {
  EDU_DEVICE* edu = EduDevice(WdfTimerGetParentObject(Timer));
  // It may have been on its way when its work ended and the next began.
  if (!edu->PoweredUp || edu->OnDevice.Kind == EduNothing || EduTime() < edu->Deadline) return;
  // Acknowledged already, if the service routine was a moment quicker than this timer.
  ULONG found = EduTakeInterruptBits(edu) & EduInterruptOf(&edu->OnDevice);
  if (found) {
    EduWorkEnded(edu, found);
    return;
  }
  ULONG bits = EduReadRegister(edu, EDU_INTERRUPT_STATUS);
  if (bits != EDU_ALL_ONES) found = bits & EduInterruptOf(&edu->OnDevice);
  if (found) {
    // Finished long ago: its interrupt was lost on the way.
    edu->Statistics.LostInterrupts += 1;
    EduWriteRegister(edu, EDU_INTERRUPT_ACKNOWLEDGE, found);
    EduWorkEnded(edu, found);
  } else {
    edu->Statistics.Hangs += 1;
    EduBeginRecovery(edu);
  }
}

NTSTATUS EduCreateWatchdog(EDU_DEVICE* Edu) {
  WDF_TIMER_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_TIMER_CONFIG_INIT(&config, EduWatchdog);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Edu->Device;
  return WdfTimerCreate(&config, &attributes, &Edu->Watchdog);
}

/// From now on. Under the callback lock.
VOID EduWatch(EDU_DEVICE* Edu) {
  Edu->Deadline = EduTime() + EDU_REQUEST_LIMIT_MS * 10000ull;
  WdfTimerStart(Edu->Watchdog, WDF_REL_TIMEOUT_IN_MS(EDU_REQUEST_LIMIT_MS));
}
