#include "scenario/ledger.h"

#include <algorithm>

#include <fmt/format.h>

namespace drydock::scenario {

std::uint32_t Ledger::begin_write(std::uint64_t first, std::uint32_t count) {
  const std::uint32_t version = ++last_version_;
  // Until it ends it may be there or not.
  for (std::uint64_t block = first; block < first + count; ++block) blocks_[block].maybe.push_back(version);
  return version;
}

void Ledger::acknowledged(std::uint64_t first, std::uint32_t count, std::uint32_t version) {
  for (std::uint64_t block = first; block < first + count; ++block) {
    Block& known = blocks_[block];
    known.sure = version;
    known.maybe.clear();
  }
}

void Ledger::failed(std::uint64_t first, std::uint32_t count, std::uint32_t version) {
  for (std::uint64_t block = first; block < first + count; ++block) {
    auto& maybe = blocks_[block].maybe;
    if (std::find(maybe.begin(), maybe.end(), version) == maybe.end()) maybe.push_back(version);
  }
}

std::string Ledger::check(std::uint64_t block, std::span<const std::byte> sector) {
  const auto found = blocks_.find(block);
  Block never;
  Block& known = found == blocks_.end() ? never : found->second;
  if (known.sure == 0 && !blank_) return {};  // whatever was there before us

  const SectorReading reading = read_sector(sector);
  const bool ours =
      reading.state == SectorState::Written && reading.identity.disk == disk_ && reading.identity.block == block;
  const std::uint32_t version = ours ? reading.identity.version : 0;
  const bool plausible = ours || reading.state == SectorState::Zero;
  if (plausible &&
      (version == known.sure || std::find(known.maybe.begin(), known.maybe.end(), version) != known.maybe.end())) {
    known.sure = version;
    known.maybe.clear();
    return {};
  }
  std::string expected = known.sure == 0 ? "zeros" : fmt::format("version {}", known.sure);
  for (std::uint32_t possible : known.maybe) expected += fmt::format(" or version {}", possible);
  return fmt::format("disk {} block {}: expected {}, found {}", disk_, block, expected, to_text(reading));
}

std::vector<std::pair<std::uint64_t, std::uint32_t>> Ledger::runs_written(std::uint32_t length_max) const {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> runs;
  for (const auto& [block, known] : blocks_) {
    const bool goes_on =
        !runs.empty() && runs.back().first + runs.back().second == block && runs.back().second < length_max;
    if (goes_on)
      ++runs.back().second;
    else
      runs.emplace_back(block, 1);
  }
  return runs;
}

}  // namespace drydock::scenario
