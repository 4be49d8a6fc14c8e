#pragma once
// IRQLs of an x64 processor. CR8 holds the same numbers.

#include "nt/base.h"

namespace drydock::nt {

inline constexpr KIRQL PASSIVE_LEVEL = 0;
inline constexpr KIRQL LOW_LEVEL = 0;
inline constexpr KIRQL APC_LEVEL = 1;
inline constexpr KIRQL DISPATCH_LEVEL = 2;
inline constexpr KIRQL CMCI_LEVEL = 5;
inline constexpr KIRQL SYNCH_LEVEL = 12;  // DISPATCH_LEVEL on one processor; multiprocessor kernels use 12
inline constexpr KIRQL CLOCK_LEVEL = 13;
inline constexpr KIRQL IPI_LEVEL = 14;
inline constexpr KIRQL DRS_LEVEL = 14;
inline constexpr KIRQL POWER_LEVEL = 14;
inline constexpr KIRQL PROFILE_LEVEL = 15;
inline constexpr KIRQL HIGH_LEVEL = 15;

/// Returns "DISPATCH_LEVEL" and the like; "DIRQL" for 3 to 11, nullptr above HIGH_LEVEL.
constexpr const char* irql_name(KIRQL irql) {
  switch (irql) {
    case PASSIVE_LEVEL:
      return "PASSIVE_LEVEL";
    case APC_LEVEL:
      return "APC_LEVEL";
    case DISPATCH_LEVEL:
      return "DISPATCH_LEVEL";
    case SYNCH_LEVEL:
      return "SYNCH_LEVEL";
    case CLOCK_LEVEL:
      return "CLOCK_LEVEL";
    case IPI_LEVEL:
      return "IPI_LEVEL";
    case HIGH_LEVEL:
      return "HIGH_LEVEL";
    default:
      return irql < HIGH_LEVEL ? "DIRQL" : nullptr;
  }
}

}  // namespace drydock::nt
