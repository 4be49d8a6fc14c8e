#pragma once
// Memory that a device may not write to any more: its requests have been given back. Asked at each transfer of the
// device, so a table of counts by page answers most questions.

#include <array>
#include <cstdint>
#include <vector>

#include "machine/wires.h"
#include "port/scsiport/request.h"

namespace drydock::port::scsiport {

struct RetiredRun {
  machine::PhysicalAddress start = 0;
  std::uint64_t bytes = 0;  ///< 0: taken back
  RequestHistory request;
};

/// The last 256 of them.
class RetiredRuns {
 public:
  void add(const RetiredRun& run);
  /// One that overlaps; null if none does.
  const RetiredRun* find(machine::PhysicalAddress start, std::uint64_t bytes) const;
  /// The memory has another use now.
  void take_back(machine::PhysicalAddress start, std::uint64_t bytes);
  void clear() { *this = {}; }

 private:
  static constexpr std::size_t kRunsMax = 256;
  static constexpr std::size_t kCounts = 1024;
  static constexpr unsigned kPageShift = 12;

  bool may_overlap(machine::PhysicalAddress start, std::uint64_t bytes) const;
  void count(const RetiredRun& run, int change);

  std::vector<RetiredRun> runs_;
  std::size_t next_ = 0;  ///< the oldest is replaced
  std::array<std::uint16_t, kCounts> counts_{};  ///< of runs, by page number modulo kCounts
};

}  // namespace drydock::port::scsiport
