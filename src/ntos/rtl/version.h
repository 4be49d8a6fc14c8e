#pragma once
// The Windows this kernel says it is: Windows 10, version 22H2.

#include "nt/status.h"
#include "nt/version.h"

namespace drydock::ntos {

using namespace nt;

namespace rtl {
inline constexpr ULONG kMajorVersion = 10;
inline constexpr ULONG kMinorVersion = 0;
inline constexpr ULONG kBuildNumber = 19045;
}  // namespace rtl

/// Fills as much as dwOSVersionInfoSize allows for.
NTSTATUS NTAPI RtlGetVersion(RTL_OSVERSIONINFOW* version);
NTSTATUS NTAPI RtlVerifyVersionInfo(RTL_OSVERSIONINFOEXW* wanted, ULONG type_mask, ULONGLONG condition_mask);
ULONGLONG NTAPI VerSetConditionMask(ULONGLONG mask, ULONG type, UCHAR condition);
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG version);
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG version);

}  // namespace drydock::ntos
