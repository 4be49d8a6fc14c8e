#pragma once
// What a load asks for is decided by the seed alone, not by the machine's decisions: replays send the same requests.

#include <cstdint>

namespace drydock::scenario {

class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed) : state_(mix(seed + 0x632BE59BD9B4E019)) {}

  std::uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15); }
  /// 0 .. n-1
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>((next() >> 32) * n >> 32); }

  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace drydock::scenario
