#pragma once
// Timers. Due times: WdfTimerStart, in 100 ns, negative from now; periods and tolerances in ms.

#include "wdfobject.h"

typedef VOID NTAPI EVT_WDF_TIMER(WDFTIMER Timer);
typedef EVT_WDF_TIMER* PFN_WDF_TIMER;

typedef struct _WDF_TIMER_CONFIG {
  ULONG Size;
  PFN_WDF_TIMER EvtTimerFunc;
  ULONG Period;
  BOOLEAN AutomaticSerialization;
  ULONG TolerableDelay;
#if KMDF_VERSION_MINOR >= 13
  BOOLEAN DECLSPEC_ALIGN(8) UseHighResolutionTimer;
#endif
} WDF_TIMER_CONFIG, *PWDF_TIMER_CONFIG;

#ifndef WDF_TYPES_ONLY

#define TolerableDelayUnlimited ((ULONG)-1)

WDF_INLINE VOID WDF_TIMER_CONFIG_INIT(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc) {
  WDF_ZERO_WITH_SIZE(Config, WDF_TIMER_CONFIG);
  Config->EvtTimerFunc = EvtTimerFunc;
  Config->AutomaticSerialization = TRUE;
}

WDF_INLINE VOID WDF_TIMER_CONFIG_INIT_PERIODIC(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc, LONG Period) {
  WDF_TIMER_CONFIG_INIT(Config, EvtTimerFunc);
  Config->Period = Period;
}

#endif  // WDF_TYPES_ONLY
