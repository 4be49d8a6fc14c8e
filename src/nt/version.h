#pragma once
// Version and process identities drivers ask for.

#include "nt/base.h"

namespace drydock::nt {

struct RTL_OSVERSIONINFOW {
  ULONG dwOSVersionInfoSize;
  ULONG dwMajorVersion;
  ULONG dwMinorVersion;
  ULONG dwBuildNumber;
  ULONG dwPlatformId;
  WCHAR szCSDVersion[128];
};
static_assert(sizeof(RTL_OSVERSIONINFOW) == 276);
using PRTL_OSVERSIONINFOW = RTL_OSVERSIONINFOW*;

struct RTL_OSVERSIONINFOEXW {
  ULONG dwOSVersionInfoSize;
  ULONG dwMajorVersion;
  ULONG dwMinorVersion;
  ULONG dwBuildNumber;
  ULONG dwPlatformId;
  WCHAR szCSDVersion[128];
  USHORT wServicePackMajor;
  USHORT wServicePackMinor;
  USHORT wSuiteMask;
  UCHAR wProductType;
  UCHAR wReserved;
};
static_assert(sizeof(RTL_OSVERSIONINFOEXW) == 284);
using PRTL_OSVERSIONINFOEXW = RTL_OSVERSIONINFOEXW*;
inline constexpr ULONG VER_PLATFORM_WIN32_NT = 2;

struct CLIENT_ID {
  HANDLE UniqueProcess;
  HANDLE UniqueThread;
};
static_assert(sizeof(CLIENT_ID) == 16);
using PCLIENT_ID = CLIENT_ID*;

struct PHYSICAL_MEMORY_RANGE {
  PHYSICAL_ADDRESS BaseAddress;
  LARGE_INTEGER NumberOfBytes;
};
static_assert(sizeof(PHYSICAL_MEMORY_RANGE) == 16);
using PPHYSICAL_MEMORY_RANGE = PHYSICAL_MEMORY_RANGE*;

}  // namespace drydock::nt
