#include "ntos/rtl/version.h"

#include <cstring>

namespace drydock::ntos {

NTSTATUS NTAPI RtlGetVersion(RTL_OSVERSIONINFOW* version) {
  version->dwMajorVersion = rtl::kMajorVersion;
  version->dwMinorVersion = rtl::kMinorVersion;
  version->dwBuildNumber = rtl::kBuildNumber;
  version->dwPlatformId = VER_PLATFORM_WIN32_NT;
  std::memset(version->szCSDVersion, 0, sizeof version->szCSDVersion);
  if (version->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
    auto* extended = reinterpret_cast<RTL_OSVERSIONINFOEXW*>(version);
    extended->wServicePackMajor = extended->wServicePackMinor = 0;
    extended->wSuiteMask = 0x100;
    extended->wProductType = 1;
    extended->wReserved = 0;
  }
  return STATUS_SUCCESS;
}

namespace {

// VER_MINORVERSION .. VER_PRODUCT_TYPE, each with three bits of condition.
enum : ULONG {
  kMinor = 1,
  kMajor = 2,
  kBuild = 4,
  kPlatform = 8,
  kServicePackMinor = 16,
  kServicePackMajor = 32,
  kSuite = 64,
  kProduct = 128
};

unsigned shift_of(ULONG type) {
  return 3 * static_cast<unsigned>(__builtin_ctz(type));
}

bool holds(ULONG actual, ULONG wanted, unsigned condition) {
  switch (condition) {
    case 1:
      return actual == wanted;
    case 2:
      return actual > wanted;
    case 3:
      return actual >= wanted;
    case 4:
      return actual < wanted;
    case 5:
      return actual <= wanted;
    case 6:
      return (actual & wanted) == wanted;
    case 7:
      return wanted == 0 || (actual & wanted) != 0;
    default:
      return false;
  }
}

}  // namespace

ULONGLONG NTAPI VerSetConditionMask(ULONGLONG mask, ULONG type, UCHAR condition) {
  if (type == 0) return mask;
  return mask | static_cast<ULONGLONG>(condition & 7) << shift_of(type & -type);
}

NTSTATUS NTAPI RtlVerifyVersionInfo(RTL_OSVERSIONINFOEXW* wanted, ULONG type_mask, ULONGLONG condition_mask) {
  if (type_mask == 0 || condition_mask == 0) return STATUS_INVALID_PARAMETER;
  struct Part {
    ULONG type, actual, wanted;
  };
  // Version parts compare as one number, the most significant first, under the condition of the first one asked for.
  const Part version[] = {{kMajor, rtl::kMajorVersion, wanted->dwMajorVersion},
                          {kMinor, rtl::kMinorVersion, wanted->dwMinorVersion},
                          {kServicePackMajor, 0, wanted->wServicePackMajor},
                          {kServicePackMinor, 0, wanted->wServicePackMinor}};
  const Part single[] = {{kBuild, rtl::kBuildNumber, wanted->dwBuildNumber},
                         {kPlatform, VER_PLATFORM_WIN32_NT, wanted->dwPlatformId},
                         {kSuite, 0x100, wanted->wSuiteMask},
                         {kProduct, 1, wanted->wProductType}};
  ULONGLONG have = 0, want = 0;
  unsigned condition = 0;
  for (const Part& part : version) {
    if ((type_mask & part.type) == 0) continue;
    if (condition == 0) condition = condition_mask >> shift_of(part.type) & 7;
    have = have << 16 | part.actual;
    want = want << 16 | part.wanted;
  }
  if (condition != 0 && !holds(have == want ? 1 : have > want ? 2 : 0, 1, condition)) return STATUS_REVISION_MISMATCH;
  for (const Part& part : single)
    if ((type_mask & part.type) != 0 && !holds(part.actual, part.wanted, condition_mask >> shift_of(part.type) & 7))
      return STATUS_REVISION_MISMATCH;
  return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG version) {
  return version <= 0x0A00000C;
}
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG version) {
  return version <= 0x0A000000;
}

}  // namespace drydock::ntos
