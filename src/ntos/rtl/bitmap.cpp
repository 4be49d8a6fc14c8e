#include "ntos/rtl/memory.h"

namespace drydock::ntos {

namespace {

constexpr ULONG kNone = ~0u;

bool test(const RTL_BITMAP* map, ULONG bit) {
  return (map->Buffer[bit / 32] >> (bit % 32) & 1) != 0;
}

void put(RTL_BITMAP* map, ULONG bit, bool set) {
  ULONG& word = map->Buffer[bit / 32];
  ULONG mask = 1u << (bit % 32);
  word = set ? word | mask : word & ~mask;
}

/// Windows asks that the range lie in the map; what lies beyond is left alone.
void put_range(RTL_BITMAP* map, ULONG start, ULONG count, bool set) {
  for (ULONG i = 0; i < count && start + i < map->SizeOfBitMap; ++i) put(map, start + i, set);
}

bool all_are(const RTL_BITMAP* map, ULONG start, ULONG count, bool set) {
  if (count == 0 || start >= map->SizeOfBitMap || count > map->SizeOfBitMap - start) return false;
  for (ULONG i = 0; i < count; ++i)
    if (test(map, start + i) != set) return false;
  return true;
}

/// The first run of `count` bits that are `set` and begin in [first, last).
ULONG find_between(const RTL_BITMAP* map, ULONG count, ULONG first, ULONG last, bool set) {
  ULONG run = 0;
  for (ULONG bit = first; bit < map->SizeOfBitMap; ++bit) {
    run = test(map, bit) == set ? run + 1 : 0;
    if (bit + 1 - run >= last) return kNone;
    if (run == count) return bit + 1 - count;
  }
  return kNone;
}

ULONG find(const RTL_BITMAP* map, ULONG count, ULONG hint, bool set) {
  if (hint >= map->SizeOfBitMap) hint = 0;
  if (count == 0) return hint & ~7u;
  if (count > map->SizeOfBitMap) return kNone;
  ULONG found = find_between(map, count, hint, kNone, set);
  return found != kNone || hint == 0 ? found : find_between(map, count, 0, hint, set);
}

RTL_BITMAP_RUN next_clear_run(const RTL_BITMAP* map, ULONG from) {
  while (from < map->SizeOfBitMap && test(map, from)) ++from;
  ULONG end = from;
  while (end < map->SizeOfBitMap && !test(map, end)) ++end;
  return {from, end - from};
}

}  // namespace

VOID NTAPI RtlInitializeBitMap(RTL_BITMAP* map, ULONG* buffer, ULONG bits) {
  map->SizeOfBitMap = bits;
  map->Buffer = buffer;
}
VOID NTAPI RtlClearAllBits(RTL_BITMAP* map) {
  for (ULONG i = 0; i < (map->SizeOfBitMap + 31) / 32; ++i) map->Buffer[i] = 0;
}
VOID NTAPI RtlSetAllBits(RTL_BITMAP* map) {
  for (ULONG i = 0; i < (map->SizeOfBitMap + 31) / 32; ++i) map->Buffer[i] = ~0u;
}
VOID NTAPI RtlClearBit(RTL_BITMAP* map, ULONG bit) {
  put(map, bit, false);
}
VOID NTAPI RtlSetBit(RTL_BITMAP* map, ULONG bit) {
  put(map, bit, true);
}
BOOLEAN NTAPI RtlTestBit(const RTL_BITMAP* map, ULONG bit) {
  return test(map, bit);
}
VOID NTAPI RtlClearBits(RTL_BITMAP* map, ULONG start, ULONG count) {
  put_range(map, start, count, false);
}
VOID NTAPI RtlSetBits(RTL_BITMAP* map, ULONG start, ULONG count) {
  put_range(map, start, count, true);
}
BOOLEAN NTAPI RtlAreBitsClear(const RTL_BITMAP* map, ULONG start, ULONG count) {
  return all_are(map, start, count, false);
}
BOOLEAN NTAPI RtlAreBitsSet(const RTL_BITMAP* map, ULONG start, ULONG count) {
  return all_are(map, start, count, true);
}
ULONG NTAPI RtlFindClearBits(const RTL_BITMAP* map, ULONG count, ULONG hint) {
  return find(map, count, hint, false);
}
ULONG NTAPI RtlFindSetBits(const RTL_BITMAP* map, ULONG count, ULONG hint) {
  return find(map, count, hint, true);
}

ULONG NTAPI RtlFindClearBitsAndSet(RTL_BITMAP* map, ULONG count, ULONG hint) {
  ULONG found = find(map, count, hint, false);
  if (found != kNone) put_range(map, found, count, true);
  return found;
}
ULONG NTAPI RtlFindSetBitsAndClear(RTL_BITMAP* map, ULONG count, ULONG hint) {
  ULONG found = find(map, count, hint, true);
  if (found != kNone) put_range(map, found, count, false);
  return found;
}

ULONG NTAPI RtlNumberOfSetBits(const RTL_BITMAP* map) {
  ULONG count = 0;
  for (ULONG bit = 0; bit < map->SizeOfBitMap; ++bit) count += test(map, bit);
  return count;
}
ULONG NTAPI RtlNumberOfClearBits(const RTL_BITMAP* map) {
  return map->SizeOfBitMap - RtlNumberOfSetBits(map);
}
ULONG NTAPI RtlNumberOfSetBitsUlongPtr(ULONG_PTR value) {
  return static_cast<ULONG>(__builtin_popcountll(value));
}

ULONG NTAPI RtlFindNextForwardRunClear(const RTL_BITMAP* map, ULONG from, ULONG* start) {
  RTL_BITMAP_RUN run = next_clear_run(map, from);
  *start = run.StartingIndex;
  return run.NumberOfBits;
}
ULONG NTAPI RtlFindFirstRunClear(const RTL_BITMAP* map, ULONG* start) {
  return RtlFindNextForwardRunClear(map, 0, start);
}

ULONG NTAPI RtlFindLongestRunClear(const RTL_BITMAP* map, ULONG* start) {
  RTL_BITMAP_RUN longest{0, 0};
  for (ULONG at = 0; at < map->SizeOfBitMap;) {
    RTL_BITMAP_RUN run = next_clear_run(map, at);
    if (run.NumberOfBits > longest.NumberOfBits) longest = run;
    at = run.StartingIndex + run.NumberOfBits;
  }
  *start = longest.StartingIndex;
  return longest.NumberOfBits;
}

ULONG NTAPI RtlFindClearRuns(const RTL_BITMAP* map, RTL_BITMAP_RUN* runs, ULONG runs_max, BOOLEAN longest) {
  ULONG count = 0;
  for (ULONG at = 0; at < map->SizeOfBitMap && runs_max != 0;) {
    RTL_BITMAP_RUN run = next_clear_run(map, at);
    at = run.StartingIndex + run.NumberOfBits;
    if (run.NumberOfBits == 0) break;
    if (longest == FALSE) {
      runs[count++] = run;
      if (count == runs_max) break;
      continue;
    }
    // The longest first; of equals the one found first.
    ULONG place = count;
    while (place > 0 && runs[place - 1].NumberOfBits < run.NumberOfBits) --place;
    if (place == runs_max) continue;
    if (count < runs_max) ++count;
    for (ULONG i = count - 1; i > place; --i) runs[i] = runs[i - 1];
    runs[place] = run;
  }
  return count;
}

CHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG value) {
  return static_cast<CHAR>(value == 0 ? -1 : __builtin_ctzll(value));
}
CHAR NTAPI RtlFindMostSignificantBit(ULONGLONG value) {
  return static_cast<CHAR>(value == 0 ? -1 : 63 - __builtin_clzll(value));
}

}  // namespace drydock::ntos
