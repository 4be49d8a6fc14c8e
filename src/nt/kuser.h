#pragma once
// KUSER_SHARED_DATA, the read-only page at 0xFFFFF78000000000.

#include "nt/base.h"

namespace drydock::nt {

inline constexpr ULONG64 KI_USER_SHARED_DATA = 0xFFFFF78000000000;

// A time that readers take without a lock: High1Time is written first, High2Time last.
struct KSYSTEM_TIME {
  ULONG LowPart;
  LONG High1Time;
  LONG High2Time;
};
static_assert(sizeof(KSYSTEM_TIME) == 12);
using PKSYSTEM_TIME = KSYSTEM_TIME*;

enum NT_PRODUCT_TYPE : LONG { NtProductWinNt = 1, NtProductLanManNt, NtProductServer };
enum ALTERNATIVE_ARCHITECTURE_TYPE : LONG { StandardDesign, NEC98x86, EndAlternatives };

inline constexpr ULONG PROCESSOR_FEATURE_MAX = 64;

// The Windows 10 layout up to the fields drivers are known to read.
struct KUSER_SHARED_DATA {
  ULONG TickCountLowDeprecated;
  ULONG TickCountMultiplier;
  KSYSTEM_TIME InterruptTime;
  KSYSTEM_TIME SystemTime;
  KSYSTEM_TIME TimeZoneBias;
  USHORT ImageNumberLow;
  USHORT ImageNumberHigh;
  WCHAR NtSystemRoot[260];
  ULONG MaxStackTraceDepth;
  ULONG CryptoExponent;
  ULONG TimeZoneId;
  ULONG LargePageMinimum;
  ULONG AitSamplingValue;
  ULONG AppCompatFlag;
  ULONGLONG RNGSeedVersion;
  ULONG GlobalValidationRunlevel;
  LONG TimeZoneBiasStamp;
  ULONG NtBuildNumber;
  NT_PRODUCT_TYPE NtProductType;
  BOOLEAN ProductTypeIsValid;
  BOOLEAN Reserved0[1];
  USHORT NativeProcessorArchitecture;
  ULONG NtMajorVersion;
  ULONG NtMinorVersion;
  BOOLEAN ProcessorFeatures[PROCESSOR_FEATURE_MAX];
  ULONG Reserved1;
  ULONG Reserved3;
  ULONG TimeSlip;
  ALTERNATIVE_ARCHITECTURE_TYPE AlternativeArchitecture;
  ULONG BootId;
  LARGE_INTEGER SystemExpirationDate;
  ULONG SuiteMask;
  BOOLEAN KdDebuggerEnabled;
  UCHAR MitigationPolicies;
  USHORT CyclesPerYield;
  ULONG ActiveConsoleId;
  ULONG DismountCount;
  ULONG ComPlusPackage;
  ULONG LastSystemRITEventTickCount;
  ULONG NumberOfPhysicalPages;
  BOOLEAN SafeBootMode;
  UCHAR VirtualizationFlags;
  UCHAR Reserved12[2];
  ULONG SharedDataFlags;
  ULONG DataFlagsPad[1];
  ULONGLONG TestRetInstruction;
  LONGLONG QpcFrequency;
  ULONG SystemCall;
  ULONG Reserved2;
  ULONGLONG SystemCallPad[2];
  union {
    KSYSTEM_TIME TickCount;
    ULONG64 TickCountQuad;
    struct {
      ULONG ReservedTickCountOverlay[3];
      ULONG TickCountPad[1];
    };
  };
  ULONG Cookie;
  ULONG CookiePad[1];
  LONGLONG ConsoleSessionForegroundProcessId;
  ULONGLONG TimeUpdateLock;
  ULONGLONG BaselineSystemTimeQpc;
  ULONGLONG BaselineInterruptTimeQpc;
  ULONGLONG QpcSystemTimeIncrement;
  ULONGLONG QpcInterruptTimeIncrement;
  UCHAR QpcSystemTimeIncrementShift;
  UCHAR QpcInterruptTimeIncrementShift;
  USHORT UnparkedProcessorCount;
  ULONG EnclaveFeatureMask[4];
  ULONG TelemetryCoverageRound;
  USHORT UserModeGlobalLogger[16];
  ULONG ImageFileExecutionOptions;
  ULONG LangGenerationCount;
  ULONGLONG Reserved4;
  ULONGLONG InterruptTimeBias;
  ULONGLONG QpcBias;
  ULONG ActiveProcessorCount;
  UCHAR ActiveGroupCount;
  UCHAR Reserved9;
  USHORT QpcData;
};
static_assert(
    offsetof(KUSER_SHARED_DATA, TickCountLowDeprecated) == 0x0 &&
    offsetof(KUSER_SHARED_DATA, TickCountMultiplier) == 0x4 && offsetof(KUSER_SHARED_DATA, InterruptTime) == 0x8 &&
    offsetof(KUSER_SHARED_DATA, SystemTime) == 0x14 && offsetof(KUSER_SHARED_DATA, TimeZoneBias) == 0x20 &&
    offsetof(KUSER_SHARED_DATA, NtSystemRoot) == 0x30 && offsetof(KUSER_SHARED_DATA, NtBuildNumber) == 0x260 &&
    offsetof(KUSER_SHARED_DATA, NtMajorVersion) == 0x26C && offsetof(KUSER_SHARED_DATA, ProcessorFeatures) == 0x274 &&
    offsetof(KUSER_SHARED_DATA, KdDebuggerEnabled) == 0x2D4 && offsetof(KUSER_SHARED_DATA, SafeBootMode) == 0x2EC &&
    offsetof(KUSER_SHARED_DATA, QpcFrequency) == 0x300 && offsetof(KUSER_SHARED_DATA, SystemCall) == 0x308 &&
    offsetof(KUSER_SHARED_DATA, TickCount) == 0x320 && offsetof(KUSER_SHARED_DATA, Cookie) == 0x330 &&
    offsetof(KUSER_SHARED_DATA, InterruptTimeBias) == 0x3B0 && offsetof(KUSER_SHARED_DATA, QpcBias) == 0x3B8 &&
    offsetof(KUSER_SHARED_DATA, ActiveProcessorCount) == 0x3C0);

}  // namespace drydock::nt
