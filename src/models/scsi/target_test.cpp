#include "models/scsi/target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "models/scsi/big_endian.h"

namespace drydock::models::scsi {
namespace {

struct Buffer final : DataStream {
  explicit Buffer(std::size_t bytes = 65536) : capacity(bytes) {}
  std::size_t to_initiator(std::span<const std::byte> data) override {
    const std::size_t count = std::min(data.size(), capacity - in.size());
    in.insert(in.end(), data.begin(), data.begin() + count);
    return count;
  }
  std::size_t from_initiator(std::span<std::byte> data) override {
    const std::size_t count = std::min(data.size(), out.size() - taken);
    std::memcpy(data.data(), out.data() + taken, count);
    taken += count;
    return count;
  }
  std::uint64_t number(std::size_t at, std::size_t size) const {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(in.at(at + i)));
    return get_big_endian(bytes);
  }
  std::size_t capacity;
  std::vector<std::byte> in;
  std::vector<std::byte> out;
  std::size_t taken = 0;
};

using Cdb = std::vector<std::uint8_t>;

class TargetTest : public ::testing::Test {
 protected:
  TargetTest() {
    target.add(0, LogicalUnit({.serial_number = "S1"}, backing));
    target.add(3, LogicalUnit({}, std::make_shared<disk::MemoryBacking>(1 << 20)));
  }
  Response run(const Cdb& cdb, std::uint8_t lun = 0, InitiatorId initiator = 0) {
    data = Buffer{};
    data.out = out;
    return target.execute(lun, cdb, data, initiator);
  }
  void clear_attention() {
    run({0, 0, 0, 0, 0, 0}, 0);
    run({0, 0, 0, 0, 0, 0}, 3);
  }
  static void expect_sense(const Response& response, Sense sense) {
    EXPECT_EQ(response.status, Status::CheckCondition);
    EXPECT_EQ(response.sense, sense) << int(response.sense.key) << '/' << int(response.sense.code);
  }
  std::shared_ptr<disk::MemoryBacking> backing = std::make_shared<disk::MemoryBacking>(1 << 20);
  Target target;
  Buffer data;
  std::vector<std::byte> out;
};

TEST_F(TargetTest, PowerOnAndResetRaiseUnitAttentionOnce) {
  const Cdb ready(6);
  expect_sense(run(ready), sense::kReset);
  EXPECT_EQ(run(ready).status, Status::Good);
  target.reset();
  EXPECT_EQ(run({0x12, 0, 0, 0, 36, 0}).status, Status::Good);                   // INQUIRY
  EXPECT_EQ(run({0xA0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}).status, Status::Good);  // REPORT LUNS
  expect_sense(run(ready), sense::kReset);
  expect_sense(run(ready, 3), sense::kReset);
  EXPECT_EQ(run(ready).status, Status::Good);
}

TEST_F(TargetTest, RequestSenseTellsAndClearsUnitAttention) {
  EXPECT_EQ(run({0x03, 0, 0, 0, 18, 0}).status, Status::Good);
  EXPECT_EQ(data.in.size(), 18u);
  EXPECT_EQ(data.number(2, 1), 6u);
  EXPECT_EQ(data.number(12, 2), 0x2900u);
  EXPECT_EQ(run(Cdb(6)).status, Status::Good);
  run({0x03, 0, 0, 0, 18, 0});
  EXPECT_EQ(data.number(2, 1), 0u);
}

TEST_F(TargetTest, InquirySaysWhoItIs) {
  run({0x12, 0, 0, 0, 255, 0});
  ASSERT_EQ(data.in.size(), 36u);
  EXPECT_EQ(std::memcmp(data.in.data() + 8, "DRYDOCK VIRTUAL DISK    1.0 ", 28), 0);
  run({0x12, 1, 0x00, 0, 255, 0});
  EXPECT_EQ(data.number(3, 4), 0x05008083u);
  EXPECT_EQ(data.number(7, 2), 0xB0B2u);
  run({0x12, 1, 0x80, 0, 255, 0});
  EXPECT_EQ(data.number(2, 4), 0x00025331u);
  run({0x12, 1, 0x83, 0, 255, 0});
  EXPECT_EQ(data.in.size(), 16u);
  expect_sense(run({0x12, 1, 0x99, 0, 255, 0}), sense::kInvalidFieldInCdb);
  run({0x12, 0, 0, 0, 5, 0});
  EXPECT_EQ(data.in.size(), 5u);
}

TEST_F(TargetTest, AbsentUnits) {
  run({0x12, 0, 0, 0, 36, 0}, 7);
  EXPECT_EQ(data.number(0, 1), 0x7Fu);
  expect_sense(run(Cdb(6), 7), sense::kLunNotSupported);
  EXPECT_EQ(run({0x03, 0, 0, 0, 18, 0}, 7).status, Status::Good);
  EXPECT_EQ(data.number(12, 2), 0x2500u);
  run({0xA0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, 7);
  ASSERT_EQ(data.in.size(), 24u);
  EXPECT_EQ(data.number(0, 4), 16u);
  EXPECT_EQ(data.number(16, 2), 3u);
}

TEST_F(TargetTest, Capacity) {
  clear_attention();
  run({0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(data.number(0, 4), 2047u);
  EXPECT_EQ(data.number(4, 4), 512u);
  run({0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0});
  EXPECT_EQ(data.number(0, 8), 2047u);
  EXPECT_EQ(data.in.size(), 32u);
}

TEST_F(TargetTest, ReadsWhatWasWrittenInAllLengths) {
  clear_attention();
  out.resize(3 * 512);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i * 7);
  const Cdb writes[] = {{0x0A, 0, 0, 9, 3, 0},
                        {0x2A, 0, 0, 0, 0, 9, 0, 0, 3, 0},
                        {0xAA, 0, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0},
                        {0x8A, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0}};
  const Cdb reads[] = {{0x08, 0, 0, 9, 3, 0},
                       {0x28, 0, 0, 0, 0, 9, 0, 0, 3, 0},
                       {0xA8, 0, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0},
                       {0x88, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0}};
  for (unsigned i = 0; i < 4; ++i) {
    out[0] = std::byte(i);
    EXPECT_EQ(run(writes[i]).status, Status::Good);
    EXPECT_EQ(run(reads[3 - i]).status, Status::Good);
    EXPECT_EQ(data.in, out);
  }
  EXPECT_EQ(run({0x2F, 2, 0, 0, 0, 9, 0, 0, 3, 0}).status, Status::Good);  // VERIFY with compare
  out[600] ^= std::byte{1};
  expect_sense(run({0x2F, 2, 0, 0, 0, 9, 0, 0, 3, 0}), sense::kMiscompare);
}

TEST_F(TargetTest, UnmapMakesBlocksReadAsZerosOrRefusesAll) {
  clear_attention();
  run({0x12, 1, 0xB2, 0, 255, 0});
  EXPECT_EQ(data.number(5, 1), 0x84u);
  const auto unmap = [&](std::uint8_t block, std::uint8_t last_block_high) {
    out.assign(8 + 32, std::byte{0});
    out[1] = std::byte{38}, out[3] = std::byte{32};
    out[15] = std::byte{block}, out[19] = std::byte{2};           // two blocks
    out[30] = std::byte{last_block_high}, out[35] = std::byte{1};  // one more
    return run({0x42, 0, 0, 0, 0, 0, 0, 0, 40, 0});
  };
  out.assign(4 * 512, std::byte{0x5A});
  EXPECT_EQ(run({0x2A, 0, 0, 0, 0, 8, 0, 0, 4, 0}).status, Status::Good);
  expect_sense(unmap(9, 0xFF), sense::kLbaOutOfRange);
  run({0x28, 0, 0, 0, 0, 9, 0, 0, 1, 0});
  EXPECT_EQ(data.number(0, 4), 0x5A5A5A5Au);
  EXPECT_EQ(unmap(9, 0).status, Status::Good);
  for (std::uint8_t block = 8; block < 12; ++block) {
    run({0x28, 0, 0, 0, 0, block, 0, 0, 1, 0});
    EXPECT_EQ(data.number(0, 4), block == 9 || block == 10 ? 0u : 0x5A5A5A5Au) << int(block);
  }
  out.assign(8, std::byte{0});
  out[3] = std::byte{16};  // says more than it brings
  expect_sense(run({0x42, 0, 0, 0, 0, 0, 0, 0, 8, 0}), sense::kInvalidFieldInParameters);
}

TEST_F(TargetTest, RefusesWhatItCannotDo) {
  clear_attention();
  expect_sense(run({0x28, 0, 0, 0, 8, 0, 0, 0, 1, 0}), sense::kLbaOutOfRange);
  expect_sense(run({0x28, 0, 0, 0, 7, 0xFF, 0, 0, 2, 0}), sense::kLbaOutOfRange);
  EXPECT_EQ(run({0x28, 0, 0, 0, 7, 0xFF, 0, 0, 1, 0}).status, Status::Good);
  expect_sense(run({0x88, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0}), sense::kLbaOutOfRange);
  expect_sense(run({0xEE, 0, 0, 0, 0, 0}), sense::kInvalidOpcode);
}

TEST_F(TargetTest, StoppedUnitsNeedStarting) {
  clear_attention();
  EXPECT_EQ(run({0x1B, 0, 0, 0, 0, 0}).status, Status::Good);
  expect_sense(run(Cdb(6)), sense::kStopped);
  expect_sense(run({0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}), sense::kStopped);
  EXPECT_EQ(run({0x1B, 0, 0, 0, 1, 0}).status, Status::Good);
  EXPECT_EQ(run(Cdb(6)).status, Status::Good);
}

// SP-203: a bus reset drops all reservations of the devices on it.
TEST_F(TargetTest, SP_203_ReservationsHoldUntilReset) {
  clear_attention();
  EXPECT_EQ(run({0x16, 0, 0, 0, 0, 0}, 0, 1).status, Status::Good);
  EXPECT_EQ(run(Cdb(6), 0, 2).status, Status::ReservationConflict);
  EXPECT_EQ(run({0x17, 0, 0, 0, 0, 0}, 0, 2).status, Status::Good);  // no conflict, no effect
  EXPECT_EQ(run(Cdb(6), 0, 2).status, Status::ReservationConflict);
  target.reset();
  clear_attention();
  EXPECT_EQ(run(Cdb(6), 0, 2).status, Status::Good);
}

TEST_F(TargetTest, ModeSense) {
  clear_attention();
  run({0x1A, 0, 0x3F, 0, 255, 0});
  ASSERT_EQ(data.in.size(), 4 + 8 + 20 + 12u);
  EXPECT_EQ(data.number(0, 1), data.in.size() - 1);
  EXPECT_EQ(data.number(9, 3), 512u);
  run({0x5A, 8, 0x08, 0, 0, 0, 0, 0, 255, 0});
  ASSERT_EQ(data.in.size(), 8 + 20u);
  EXPECT_EQ(data.number(8, 1), 0x08u);
  expect_sense(run({0x1A, 0, 0x1C, 0, 255, 0}), sense::kInvalidFieldInCdb);
}

TEST_F(TargetTest, ShortDataBuffersCutTheTransferToWholeBlocks) {
  clear_attention();
  out.assign(700, std::byte{0x11});
  EXPECT_EQ(run({0x2A, 0, 0, 0, 0, 0, 0, 0, 2, 0}).status, Status::Good);
  run({0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0});
  EXPECT_EQ(data.in[511], std::byte{0x11});
  EXPECT_EQ(data.in[512], std::byte{0});
}

}  // namespace
}  // namespace drydock::models::scsi
