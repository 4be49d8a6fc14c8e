#pragma once
// What the load writes: every sector says which disk, block and version it is, with a checksum over all of it.

#include <cstdint>
#include <span>
#include <string>

namespace drydock::scenario {

/// Where and when a sector was written; version 0 is "never".
struct SectorIdentity {
  std::uint32_t disk = 0;
  std::uint32_t version = 0;
  std::uint64_t block = 0;
  friend bool operator==(const SectorIdentity&, const SectorIdentity&) = default;
};

/// Fills a sector (a multiple of 64 bytes).
void fill_sector(std::span<std::byte> sector, const SectorIdentity& identity);

enum class SectorState : std::uint8_t {
  Written,  ///< by us, whole: `identity` says what it is
  Zero,     ///< never written
  Damaged,  ///< checksum or contents are wrong
};
struct SectorReading {
  SectorState state = SectorState::Damaged;
  SectorIdentity identity;  ///< what it claims to be, if it is ours at all
};
SectorReading read_sector(std::span<const std::byte> sector);

/// "version 7 of block 4096 of disk 0", "zeros", "damaged contents that claim to be ...".
std::string to_text(const SectorReading& reading);

}  // namespace drydock::scenario
