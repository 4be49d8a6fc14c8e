#include "ntos/rtl/memory.h"

#include <cstring>

#include "ntos/rtl/crt.h"

namespace drydock::ntos {

SIZE_T NTAPI RtlCompareMemory(const VOID* a, const VOID* b, SIZE_T bytes) {
  const auto* left = static_cast<const UCHAR*>(a);
  const auto* right = static_cast<const UCHAR*>(b);
  SIZE_T i = 0;
  while (i < bytes && left[i] == right[i]) ++i;
  return i;
}

SIZE_T NTAPI RtlCompareMemoryUlong(PVOID source, SIZE_T bytes, ULONG pattern) {
  const auto* words = static_cast<const ULONG*>(source);
  SIZE_T i = 0;
  while (i < bytes / sizeof(ULONG) && words[i] == pattern) ++i;
  return i * sizeof(ULONG);
}

VOID NTAPI RtlFillMemory(PVOID to, SIZE_T bytes, UCHAR value) {
  crt::memset(to, value, bytes);
}
VOID NTAPI RtlZeroMemory(PVOID to, SIZE_T bytes) {
  crt::memset(to, 0, bytes);
}
VOID NTAPI RtlMoveMemory(PVOID to, const VOID* from, SIZE_T bytes) {
  crt::memmove(to, from, bytes);
}
VOID NTAPI RtlCopyMemoryNonTemporal(PVOID to, const VOID* from, SIZE_T bytes) {
  crt::memmove(to, from, bytes);
}
VOID NTAPI RtlPrefetchMemoryNonTemporal(PVOID, SIZE_T) {}

ULONG NTAPI RtlRandom(ULONG* seed) {
  *seed = static_cast<ULONG>((*seed * 0x7FFFFFEDull + 0x7FFFFFC3) % 0x7FFFFFFF);
  return *seed;
}

ULONG NTAPI RtlRandomEx(ULONG* seed) {
  // Two steps of a multiplicative generator, so that close seeds part at once.
  for (int i = 0; i < 2; ++i) *seed = static_cast<ULONG>((*seed % 0x7FFFFFFEull + 1) * 48271 % 0x7FFFFFFF);
  return *seed;
}

ULONG NTAPI RtlComputeCrc32(ULONG start, const VOID* data, ULONG bytes) {
  const auto* at = static_cast<const UCHAR*>(data);
  ULONG crc = ~start;
  for (ULONG i = 0; i < bytes; ++i) {
    crc ^= at[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xEDB88320 & (0 - (crc & 1)));
  }
  return ~crc;
}

ULONG NTAPI RtlUlongByteSwap(ULONG value) {
  return __builtin_bswap32(value);
}
USHORT NTAPI RtlUshortByteSwap(USHORT value) {
  return __builtin_bswap16(value);
}
ULONGLONG NTAPI RtlUlonglongByteSwap(ULONGLONG value) {
  return __builtin_bswap64(value);
}

ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status) {
  struct Row {
    NTSTATUS status;
    ULONG error;
  };
  static constexpr Row kRows[] = {
      {STATUS_SUCCESS, 0},
      {STATUS_PENDING, 997},
      {STATUS_TIMEOUT, 258},
      {STATUS_BUFFER_OVERFLOW, 234},
      {STATUS_NO_MORE_FILES, 18},
      {STATUS_NO_MORE_ENTRIES, 259},
      {STATUS_UNSUCCESSFUL, 31},
      {STATUS_NOT_IMPLEMENTED, 1},
      {STATUS_INVALID_INFO_CLASS, 87},
      {STATUS_INFO_LENGTH_MISMATCH, 24},
      {STATUS_ACCESS_VIOLATION, 998},
      {STATUS_INVALID_HANDLE, 6},
      {STATUS_INVALID_PARAMETER, 87},
      {STATUS_NO_SUCH_DEVICE, 2},
      {STATUS_NO_SUCH_FILE, 2},
      {STATUS_INVALID_DEVICE_REQUEST, 1},
      {STATUS_END_OF_FILE, 38},
      {STATUS_NO_MEMORY, 8},
      {STATUS_ACCESS_DENIED, 5},
      {STATUS_BUFFER_TOO_SMALL, 122},
      {STATUS_OBJECT_TYPE_MISMATCH, 6},
      {STATUS_OBJECT_NAME_INVALID, 123},
      {STATUS_OBJECT_NAME_NOT_FOUND, 2},
      {STATUS_OBJECT_NAME_COLLISION, 183},
      {STATUS_OBJECT_PATH_NOT_FOUND, 3},
      {STATUS_SHARING_VIOLATION, 32},
      {STATUS_DELETE_PENDING, 5},
      {STATUS_INSUFFICIENT_RESOURCES, 1450},
      {STATUS_DEVICE_NOT_READY, 21},
      {STATUS_IO_TIMEOUT, 121},
      {STATUS_NOT_SUPPORTED, 50},
      {STATUS_IO_DEVICE_ERROR, 1117},
      {STATUS_CANCELLED, 995},
      {STATUS_DEVICE_NOT_CONNECTED, 1167},
      {STATUS_NOT_FOUND, 1168},
      {STATUS_DEVICE_BUSY, 170},
      {STATUS_MEDIA_WRITE_PROTECTED, 19},
      {STATUS_DEVICE_DOES_NOT_EXIST, 433},
  };
  for (const Row& row : kRows)
    if (row.status == status) return row.error;
  return 317;
}

}  // namespace drydock::ntos
