#include "host/record_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "host/whole_file.h"

namespace drydock::host {
namespace {

class RecordFile : public testing::Test {
 protected:
  const std::string path = (std::filesystem::temp_directory_path() / ("record-" + std::to_string(getpid()))).string();
  ~RecordFile() override { std::filesystem::remove(path); }

  /// More than a block of it.
  std::vector<std::byte> entries() {
    std::vector<std::byte> bytes(150'000);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 >> 3);
    return bytes;
  }
  std::vector<std::byte> written() {
    auto writer = std::make_unique<RecordWriter>(std::move(RecordWriter::open(path)).value());
    const std::vector<std::byte> all = entries();
    for (std::size_t at = 0; at < all.size(); at += 1'000) writer->put(std::span(all).subspan(at, 1'000));
    EXPECT_TRUE(writer->finish("driver=a.sys"));
    return std::move(read_whole_file(path, 1 << 20)).value();
  }
};

TEST_F(RecordFile, ReadsWhatWasWritten) {
  const std::vector<std::byte> file = written();
  EXPECT_TRUE(is_record(file));
  auto record = parse_record(file);
  ASSERT_TRUE(record) << record.failure().message;
  EXPECT_EQ(record->entries, entries());
  EXPECT_EQ(record->run, "driver=a.sys");
}

TEST_F(RecordFile, ADamagedByteIsNamedByItsBlock) {
  const std::vector<std::byte> file = written();
  constexpr std::size_t kHead = 17, kBlock = 13 + (64 << 10);
  for (std::size_t at : {kHead, kHead + 7, kHead + kBlock, kHead + kBlock + 200, file.size() - 1}) {
    std::vector<std::byte> damaged = file;
    damaged[at] ^= std::byte{1};
    const auto record = parse_record(damaged);
    ASSERT_FALSE(record) << at;
    const std::size_t block = at < kHead + kBlock ? kHead : at < kHead + 2 * kBlock ? kHead + kBlock : file.size() - 25;
    EXPECT_TRUE(record.failure().message.starts_with("at offset " + std::to_string(block) + ": "))
        << record.failure().message;
  }
}

TEST_F(RecordFile, EveryTruncationIsRefused) {
  const std::vector<std::byte> file = written();
  for (std::size_t length = 0; length < file.size(); length += length < 200 || length > file.size() - 200 ? 1 : 997)
    EXPECT_FALSE(parse_record(std::span(file).first(length))) << length;
}

TEST_F(RecordFile, WhatFollowsTheEndIsRefused) {
  std::vector<std::byte> file = written();
  file.push_back(std::byte{0});
  EXPECT_FALSE(parse_record(file));
}

TEST_F(RecordFile, AnotherVersionIsNamed) {
  const std::string other = "drydock record 9\n";
  const auto record = parse_record(std::as_bytes(std::span(other)));
  ASSERT_FALSE(record);
  EXPECT_NE(record.failure().message.find("another version"), std::string::npos);
}

TEST_F(RecordFile, AFullDiskIsSaid) {
  auto writer = RecordWriter::open("/dev/full");
  ASSERT_TRUE(writer);
  EXPECT_FALSE(writer->finish("driver=a.sys"));
}

}  // namespace
}  // namespace drydock::host
