#include "scenario/sector.h"

#include <cstring>

#include <fmt/format.h>

#include "host/check.h"
#include "scenario/random_stream.h"

namespace drydock::scenario {
namespace {

constexpr std::uint64_t kMagic = 0x6B63'6F64'7972'6421;  // "!drydock" on the disk

struct Header {
  std::uint64_t magic;
  SectorIdentity identity;
  std::uint64_t checksum;  ///< of the header before it and the body behind it
};
static_assert(sizeof(Header) == 32);

constexpr std::uint64_t fold(std::uint64_t sum, std::uint64_t word) {
  const auto product = static_cast<unsigned __int128>(sum ^ word) * 0x9FB21C651E98DF25u;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t sum_of(const Header& header) {
  return fold(fold(header.magic, header.identity.block),
              static_cast<std::uint64_t>(header.identity.disk) << 32 | header.identity.version);
}

std::uint64_t word_at(const std::byte* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

void fill_sector(std::span<std::byte> sector, const SectorIdentity& identity) {
  HOST_CHECK(sector.size() >= 64 && sector.size() % 64 == 0);
  Header header{kMagic, identity, 0};
  std::uint64_t sum = sum_of(header), word = sum;
  for (std::size_t at = sizeof header; at < sector.size(); at += sizeof word) {
    word = word * 0x5851F42D4C957F2D + 0x14057B7EF767814F;
    std::memcpy(sector.data() + at, &word, sizeof word);
    sum = fold(sum, word);
  }
  header.checksum = sum;
  std::memcpy(sector.data(), &header, sizeof header);
}

SectorReading read_sector(std::span<const std::byte> sector) {
  Header header;
  std::memcpy(&header, sector.data(), sizeof header);
  SectorReading reading;
  if (header.magic != kMagic) {
    std::uint64_t any = 0;
    for (std::size_t at = 0; at < sector.size(); at += sizeof any) any |= word_at(sector.data() + at);
    reading.state = any == 0 ? SectorState::Zero : SectorState::Damaged;
    return reading;
  }
  std::uint64_t sum = sum_of(header);
  for (std::size_t at = sizeof header; at < sector.size(); at += sizeof sum)
    sum = fold(sum, word_at(sector.data() + at));
  reading.identity = header.identity;
  reading.state = sum == header.checksum ? SectorState::Written : SectorState::Damaged;
  return reading;
}

std::string to_text(const SectorReading& reading) {
  const SectorIdentity& who = reading.identity;
  const std::string claim = fmt::format("version {} of block {} of disk {}", who.version, who.block, who.disk);
  switch (reading.state) {
    case SectorState::Written:
      return claim;
    case SectorState::Zero:
      return "zeros";
    case SectorState::Damaged:
      break;
  }
  return who == SectorIdentity{} ? "foreign bytes" : "damaged contents that claim to be " + claim;
}

}  // namespace drydock::scenario
