#pragma once
// Calendar time, and the units of NT time (100 ns since 1 January 1601, UTC).

#include "nt/base.h"

namespace drydock::nt {

struct TIME_FIELDS {
  CSHORT Year;
  CSHORT Month;
  CSHORT Day;
  CSHORT Hour;
  CSHORT Minute;
  CSHORT Second;
  CSHORT Milliseconds;
  CSHORT Weekday;  // 0 is Sunday
};
static_assert(sizeof(TIME_FIELDS) == 16);
using PTIME_FIELDS = TIME_FIELDS*;

inline constexpr LONGLONG kTicks100nsPerSecond = 10'000'000;
inline constexpr LONGLONG kTicks100nsPerMillisecond = 10'000;
inline constexpr LONGLONG kTicks100nsPerMicrosecond = 10;
inline constexpr LONGLONG kTicks100nsFrom1601To1970 = 116'444'736'000'000'000;

}  // namespace drydock::nt
