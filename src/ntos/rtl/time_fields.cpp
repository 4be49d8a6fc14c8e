#include "ntos/rtl/memory.h"

namespace drydock::ntos {

namespace {

constexpr LONGLONG kTicksPerDay = 86'400 * kTicks100nsPerSecond;
constexpr LONGLONG kSeconds1970 = kTicks100nsFrom1601To1970 / kTicks100nsPerSecond;
constexpr LONGLONG kSeconds1980 = kSeconds1970 + 315'532'800;

constexpr bool is_leap(LONGLONG year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
constexpr LONGLONG days_before_year(LONGLONG year) {
  LONGLONG y = year - 1601;
  return y * 365 + y / 4 - y / 100 + y / 400;
}
constexpr int kDaysBeforeMonth[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
constexpr LONGLONG days_before(int month, bool leap) {
  return kDaysBeforeMonth[month - 1] + (leap && month > 2);
}

void split_day(LONGLONG ticks, TIME_FIELDS* fields) {
  LONGLONG milliseconds = ticks / kTicks100nsPerMillisecond;
  fields->Milliseconds = static_cast<CSHORT>(milliseconds % 1000);
  fields->Second = static_cast<CSHORT>(milliseconds / 1000 % 60);
  fields->Minute = static_cast<CSHORT>(milliseconds / 60'000 % 60);
  fields->Hour = static_cast<CSHORT>(milliseconds / 3'600'000);
}

bool in_range(LONGLONG seconds) {
  return seconds >= 0 && seconds <= 0xFFFFFFFF;
}

}  // namespace

VOID NTAPI RtlTimeToTimeFields(LARGE_INTEGER* time, TIME_FIELDS* fields) {
  LONGLONG days = time->QuadPart / kTicksPerDay;
  fields->Weekday = static_cast<CSHORT>((days + 1) % 7);  // 1 January 1601 was a Monday
  LONGLONG year = 1601 + days / 366;
  while (days_before_year(year + 1) <= days) ++year;
  LONGLONG day = days - days_before_year(year);
  int month = 12;
  while (days_before(month, is_leap(year)) > day) --month;
  fields->Year = static_cast<CSHORT>(year);
  fields->Month = static_cast<CSHORT>(month);
  fields->Day = static_cast<CSHORT>(day - days_before(month, is_leap(year)) + 1);
  split_day(time->QuadPart % kTicksPerDay, fields);
}

BOOLEAN NTAPI RtlTimeFieldsToTime(TIME_FIELDS* fields, LARGE_INTEGER* time) {
  if (fields->Year < 1601 || fields->Month < 1 || fields->Month > 12 || fields->Day < 1 || fields->Hour < 0 ||
      fields->Hour > 23 || fields->Minute < 0 || fields->Minute > 59 || fields->Second < 0 || fields->Second > 59 ||
      fields->Milliseconds < 0 || fields->Milliseconds > 999)
    return FALSE;
  bool leap = is_leap(fields->Year);
  LONGLONG month_days =
      kDaysBeforeMonth[fields->Month] - kDaysBeforeMonth[fields->Month - 1] + (leap && fields->Month == 2);
  if (fields->Day > month_days) return FALSE;
  LONGLONG days = days_before_year(fields->Year) + days_before(fields->Month, leap) + fields->Day - 1;
  LONGLONG seconds = (fields->Hour * 60 + fields->Minute) * 60 + fields->Second;
  time->QuadPart =
      days * kTicksPerDay + seconds * kTicks100nsPerSecond + fields->Milliseconds * kTicks100nsPerMillisecond;
  return TRUE;
}

VOID NTAPI RtlTimeToElapsedTimeFields(LARGE_INTEGER* time, TIME_FIELDS* fields) {
  *fields = {};
  fields->Day = static_cast<CSHORT>(time->QuadPart / kTicksPerDay);
  split_day(time->QuadPart % kTicksPerDay, fields);
}

BOOLEAN NTAPI RtlTimeToSecondsSince1970(LARGE_INTEGER* time, ULONG* seconds) {
  LONGLONG value = time->QuadPart / kTicks100nsPerSecond - kSeconds1970;
  if (!in_range(value)) return FALSE;
  *seconds = static_cast<ULONG>(value);
  return TRUE;
}
BOOLEAN NTAPI RtlTimeToSecondsSince1980(LARGE_INTEGER* time, ULONG* seconds) {
  LONGLONG value = time->QuadPart / kTicks100nsPerSecond - kSeconds1980;
  if (!in_range(value)) return FALSE;
  *seconds = static_cast<ULONG>(value);
  return TRUE;
}
VOID NTAPI RtlSecondsSince1970ToTime(ULONG seconds, LARGE_INTEGER* time) {
  time->QuadPart = (kSeconds1970 + seconds) * kTicks100nsPerSecond;
}
VOID NTAPI RtlSecondsSince1980ToTime(ULONG seconds, LARGE_INTEGER* time) {
  time->QuadPart = (kSeconds1980 + seconds) * kTicks100nsPerSecond;
}

}  // namespace drydock::ntos
