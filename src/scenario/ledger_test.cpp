// What the ledger accepts and what it does not.

#include "scenario/ledger.h"

#include <gtest/gtest.h>

namespace drydock::scenario {
namespace {

constexpr std::size_t kSector = 512;

std::vector<std::byte> sector_of(std::uint32_t disk, std::uint64_t block, std::uint32_t version) {
  std::vector<std::byte> sector(kSector);
  if (version != 0) fill_sector(sector, {disk, version, block});
  return sector;
}

TEST(Sector, SaysWhatItIs) {
  const SectorReading reading = read_sector(sector_of(3, 77, 5));
  EXPECT_EQ(reading.state, SectorState::Written);
  EXPECT_EQ(reading.identity, (SectorIdentity{3, 5, 77}));
  EXPECT_EQ(read_sector(sector_of(3, 77, 0)).state, SectorState::Zero);
}

TEST(Sector, EveryByteCounts) {
  for (std::size_t at = 0; at < kSector; ++at) {
    auto sector = sector_of(1, 2, 3);
    sector[at] ^= std::byte{0x10};
    EXPECT_EQ(read_sector(sector).state, SectorState::Damaged) << at;
  }
}

TEST(Ledger, AnAcknowledgedWriteMustBeFound) {
  Ledger ledger(0, true);
  const auto first = ledger.begin_write(10, 2);
  ledger.acknowledged(10, 2, first);
  EXPECT_EQ(ledger.check(10, sector_of(0, 10, first)), "");
  EXPECT_NE(ledger.check(10, sector_of(0, 10, 0)), "");
  const auto second = ledger.begin_write(10, 1);
  ledger.acknowledged(10, 1, second);
  EXPECT_NE(ledger.check(10, sector_of(0, 10, first)), "") << "an old version";
  EXPECT_EQ(ledger.check(11, sector_of(0, 11, first)), "");
}

TEST(Ledger, AFailedWriteMayHaveHappenedOrNot) {
  Ledger ledger(0, true);
  const auto old = ledger.begin_write(5, 1);
  ledger.acknowledged(5, 1, old);
  const auto failed = ledger.begin_write(5, 1);
  ledger.failed(5, 1, failed);
  Ledger other = ledger;
  EXPECT_EQ(ledger.check(5, sector_of(0, 5, old)), "");
  EXPECT_NE(ledger.check(5, sector_of(0, 5, failed)), "") << "it was seen not to have happened";
  EXPECT_EQ(other.check(5, sector_of(0, 5, failed)), "");
  EXPECT_NE(other.check(5, sector_of(0, 5, old)), "") << "it was seen to have happened";
}

TEST(Ledger, AMisplacedSectorIsNamed) {
  Ledger ledger(0, true);
  const auto version = ledger.begin_write(5, 2);
  ledger.acknowledged(5, 2, version);
  EXPECT_EQ(ledger.check(5, sector_of(0, 6, version)),
            "disk 0 block 5: expected version 1, found version 1 of block 6 of disk 0");
  EXPECT_NE(ledger.check(5, sector_of(1, 5, version)), "");
}

TEST(Ledger, WhatWasThereBeforeDoesNotMatterOnAUsedDisk) {
  Ledger ledger(0, false);
  EXPECT_EQ(ledger.check(5, sector_of(0, 5, 9)), "");
  const auto version = ledger.begin_write(5, 1);
  ledger.acknowledged(5, 1, version);
  EXPECT_NE(ledger.check(5, sector_of(0, 5, 9)), "");
}

TEST(Ledger, ListsWhatWasWrittenAsRuns) {
  Ledger ledger(0, true);
  ledger.begin_write(5, 3);
  ledger.begin_write(20, 1);
  EXPECT_EQ(ledger.runs_written(2), (std::vector<std::pair<std::uint64_t, std::uint32_t>>{{5, 2}, {7, 1}, {20, 1}}));
}

}  // namespace
}  // namespace drydock::scenario
