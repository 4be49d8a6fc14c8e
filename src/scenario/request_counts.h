#pragma once
// The account of requests: what was sent ended exactly once, or is missing.

#include <cstdint>

namespace drydock::scenario {

struct RequestCounts {
  std::uint64_t sent = 0;
  std::uint64_t completed = 0;  ///< ended successfully
  std::uint64_t failed = 0;     ///< ended otherwise
  std::uint64_t retried = 0;    ///< sent again by the class driver
  std::uint64_t lost = 0;       ///< never ended

  std::uint64_t ended() const { return completed + failed; }
  RequestCounts& operator+=(const RequestCounts& other) {
    sent += other.sent;
    completed += other.completed;
    failed += other.failed;
    retried += other.retried;
    lost += other.lost;
    return *this;
  }
};

}  // namespace drydock::scenario
