#pragma once
// Memory, bits and numbers of the run-time library. Pointers are the driver's. IRQL: any.

#include "nt/bitmap.h"
#include "nt/status.h"
#include "nt/time.h"

namespace drydock::ntos {

using namespace nt;

/// How many bytes are equal from the start.
SIZE_T NTAPI RtlCompareMemory(const VOID* a, const VOID* b, SIZE_T bytes);
/// How many bytes from the start hold `pattern` over and over.
SIZE_T NTAPI RtlCompareMemoryUlong(PVOID source, SIZE_T bytes, ULONG pattern);
VOID NTAPI RtlFillMemory(PVOID to, SIZE_T bytes, UCHAR value);
VOID NTAPI RtlZeroMemory(PVOID to, SIZE_T bytes);
VOID NTAPI RtlMoveMemory(PVOID to, const VOID* from, SIZE_T bytes);
VOID NTAPI RtlCopyMemoryNonTemporal(PVOID to, const VOID* from, SIZE_T bytes);
VOID NTAPI RtlPrefetchMemoryNonTemporal(PVOID from, SIZE_T bytes);

VOID NTAPI RtlInitializeBitMap(RTL_BITMAP* map, ULONG* buffer, ULONG bits);
VOID NTAPI RtlClearAllBits(RTL_BITMAP* map);
VOID NTAPI RtlSetAllBits(RTL_BITMAP* map);
VOID NTAPI RtlClearBit(RTL_BITMAP* map, ULONG bit);
VOID NTAPI RtlSetBit(RTL_BITMAP* map, ULONG bit);
BOOLEAN NTAPI RtlTestBit(const RTL_BITMAP* map, ULONG bit);
VOID NTAPI RtlClearBits(RTL_BITMAP* map, ULONG start, ULONG count);
VOID NTAPI RtlSetBits(RTL_BITMAP* map, ULONG start, ULONG count);
BOOLEAN NTAPI RtlAreBitsClear(const RTL_BITMAP* map, ULONG start, ULONG count);
BOOLEAN NTAPI RtlAreBitsSet(const RTL_BITMAP* map, ULONG start, ULONG count);
/// The first bit of a run of `count`, searched from `hint` and then from the start; ~0 if there is none.
ULONG NTAPI RtlFindClearBits(const RTL_BITMAP* map, ULONG count, ULONG hint);
ULONG NTAPI RtlFindSetBits(const RTL_BITMAP* map, ULONG count, ULONG hint);
ULONG NTAPI RtlFindClearBitsAndSet(RTL_BITMAP* map, ULONG count, ULONG hint);
ULONG NTAPI RtlFindSetBitsAndClear(RTL_BITMAP* map, ULONG count, ULONG hint);
ULONG NTAPI RtlNumberOfSetBits(const RTL_BITMAP* map);
ULONG NTAPI RtlNumberOfClearBits(const RTL_BITMAP* map);
ULONG NTAPI RtlNumberOfSetBitsUlongPtr(ULONG_PTR value);
ULONG NTAPI RtlFindFirstRunClear(const RTL_BITMAP* map, ULONG* start);
ULONG NTAPI RtlFindLongestRunClear(const RTL_BITMAP* map, ULONG* start);
ULONG NTAPI RtlFindNextForwardRunClear(const RTL_BITMAP* map, ULONG from, ULONG* start);
ULONG NTAPI RtlFindClearRuns(const RTL_BITMAP* map, RTL_BITMAP_RUN* runs, ULONG runs_max, BOOLEAN longest);
/// -1 for zero.
CHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG value);
CHAR NTAPI RtlFindMostSignificantBit(ULONGLONG value);

/// The sequence of `seed`, which the caller keeps.
ULONG NTAPI RtlRandom(ULONG* seed);
ULONG NTAPI RtlRandomEx(ULONG* seed);
ULONG NTAPI RtlComputeCrc32(ULONG start, const VOID* data, ULONG bytes);
ULONG NTAPI RtlUlongByteSwap(ULONG value);
USHORT NTAPI RtlUshortByteSwap(USHORT value);
ULONGLONG NTAPI RtlUlonglongByteSwap(ULONGLONG value);

VOID NTAPI RtlTimeToTimeFields(LARGE_INTEGER* time, TIME_FIELDS* fields);
/// FALSE, and nothing written, for a date that is not there.
BOOLEAN NTAPI RtlTimeFieldsToTime(TIME_FIELDS* fields, LARGE_INTEGER* time);
VOID NTAPI RtlTimeToElapsedTimeFields(LARGE_INTEGER* time, TIME_FIELDS* fields);
BOOLEAN NTAPI RtlTimeToSecondsSince1970(LARGE_INTEGER* time, ULONG* seconds);
BOOLEAN NTAPI RtlTimeToSecondsSince1980(LARGE_INTEGER* time, ULONG* seconds);
VOID NTAPI RtlSecondsSince1970ToTime(ULONG seconds, LARGE_INTEGER* time);
VOID NTAPI RtlSecondsSince1980ToTime(ULONG seconds, LARGE_INTEGER* time);

/// The Win32 error for a status; ERROR_MR_MID_NOT_FOUND for one that is not in the table.
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status);

}  // namespace drydock::ntos
