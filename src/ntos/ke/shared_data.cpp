#include "ntos/ke/shared_data.h"

#include <cstring>

#include "machine/memory.h"
#include "nt/kuser.h"
#include "ntos/ke/clock.h"
#include "ntos/rtl/version.h"

namespace drydock::ntos::ke {

namespace {

KSYSTEM_TIME as_system_time(LONGLONG value) {
  LARGE_INTEGER parts{.QuadPart = value};
  return {parts.LowPart, parts.HighPart, parts.HighPart};
}

KUSER_SHARED_DATA present_state() {
  auto& machine = machine::Machine::current();
  KUSER_SHARED_DATA data{};
  LONGLONG ticks = interrupt_time_100ns() / kTick100ns;
  data.TickCountMultiplier = static_cast<ULONG>((std::uint64_t{kTick100ns} << 24) / 10'000);
  data.InterruptTime = as_system_time(interrupt_time_100ns());
  data.SystemTime = as_system_time(system_time_100ns());
  data.ImageNumberLow = data.ImageNumberHigh = 0x8664;
  constexpr char16_t kRoot[] = u"C:\\Windows";
  std::memcpy(data.NtSystemRoot, kRoot, sizeof kRoot);
  data.LargePageMinimum = 2 << 20;
  data.NtBuildNumber = rtl::kBuildNumber;
  data.NtProductType = NtProductWinNt;
  data.ProductTypeIsValid = TRUE;
  data.NativeProcessorArchitecture = 9;
  data.NtMajorVersion = rtl::kMajorVersion;
  data.NtMinorVersion = rtl::kMinorVersion;
  for (unsigned feature : {2, 3, 6, 8, 9, 10, 12, 13, 14, 17}) data.ProcessorFeatures[feature] = TRUE;
  data.SuiteMask = 0x110;
  data.NumberOfPhysicalPages = static_cast<ULONG>(machine.memory().ram_bytes() / machine::kPageSize);
  data.QpcFrequency = kPerformanceFrequency;
  data.TickCount = as_system_time(ticks);
  data.Cookie = 0x6B1D5A37;
  data.ActiveProcessorCount = machine::processor_count();
  data.ActiveGroupCount = 1;
  return data;
}

}  // namespace

std::uint64_t shared_data_read(unsigned offset, unsigned size) {
  spend_clock_read();
  KUSER_SHARED_DATA data = present_state();
  std::uint64_t value = 0;
  if (offset < sizeof data && size <= sizeof value) {
    std::size_t present = size < sizeof data - offset ? size : sizeof data - offset;
    std::memcpy(&value, reinterpret_cast<const char*>(&data) + offset, present);
  }
  return value;
}

}  // namespace drydock::ntos::ke
