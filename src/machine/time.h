#pragma once
// Virtual time: nanoseconds since the machine was switched on.

#include <chrono>
#include <cstdint>

namespace drydock::machine {

using Duration = std::chrono::nanoseconds;
using Time = std::chrono::nanoseconds;  ///< since switch-on

using namespace std::chrono_literals;

/// Windows' unit of time.
inline constexpr Duration k100ns{100};

}  // namespace drydock::machine
