#include "machine/tape.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "host/descriptor.h"
#include "host/file_io.h"
#include "host/whole_file.h"

namespace drydock::machine {
namespace {

constexpr std::size_t kBytes = 1 << 16;

/// Memory that a device is thought to share.
struct Ram {
  host::Descriptor file = std::move(host::make_shared_memory("test", kBytes)).value();

  void write(std::uint64_t at, std::string_view text) { host::write_at(file.get(), at, std::as_bytes(std::span(text))); }
  std::string read(std::uint64_t at, std::size_t length) {
    std::string text(length, '?');
    host::read_at(file.get(), at, std::as_writable_bytes(std::span(text)));
    return text;
  }
};

class TapeTest : public testing::Test {
 protected:
  const std::string path =
      testing::TempDir() + "tape-" + testing::UnitTest::GetInstance()->current_test_info()->name();
  host::HelperProcess outside = std::move(host::HelperProcess::start({"sleep", "60"}, {})).value();
  ~TapeTest() override { std::filesystem::remove(path); }

  /// What `act` puts on a tape.
  std::vector<std::byte> recorded(const std::function<void(Tape&, Ram&)>& act) {
    Ram ram;
    auto writer = std::make_unique<host::RecordWriter>(std::move(host::RecordWriter::open(path)).value());
    Tape tape = Tape::recording(*writer);
    EXPECT_TRUE(tape.share(ram.file.get(), kBytes));
    tape.control(std::move(host::Brake::of(outside)).value());
    act(tape, ram);
    EXPECT_TRUE(writer->finish(""));
    const std::vector<std::byte> file = std::move(host::read_whole_file(path, 1 << 20)).value();
    return std::move(host::parse_record(file)).value().entries;
  }
};

TEST_F(TapeTest, GivesBackAnswersInOrderAndEventsBeforeThem) {
  Tape tape = Tape::replaying(recorded([](Tape& to, Ram&) {
    to.put(TapeEntry::Clock, 1'000'000'007);
    to.put(TapeEntry::Line, 21 << 1 | 1);
    to.put(TapeEntry::Message, 0x103);
    to.put(TapeEntry::Reply, ~0ull);
    to.put(TapeEntry::Command, "QEMU refuses: no");
    to.put(TapeEntry::Command, "");
    to.put(TapeEntry::Look);
  }));
  std::vector<std::pair<TapeEntry, std::uint64_t>> events;
  tape.on_event([&](TapeEntry event, std::uint64_t value) { events.emplace_back(event, value); });
  EXPECT_EQ(tape.take(TapeEntry::Clock), 1'000'000'007u);
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(tape.take(TapeEntry::Reply), ~0ull);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0], (std::pair{TapeEntry::Line, std::uint64_t{21 << 1 | 1}}));
  EXPECT_EQ(events[1], (std::pair{TapeEntry::Message, std::uint64_t{0x103}}));
  EXPECT_EQ(tape.take_text(TapeEntry::Command), "QEMU refuses: no");
  EXPECT_EQ(tape.take_text(TapeEntry::Command), "");
  EXPECT_EQ(tape.take(TapeEntry::Look), 0u);
}

TEST_F(TapeTest, WhatTheOutsideWroteInItsTurnIsThereAgainAtTheAnswerAfterIt) {
  Tape tape = Tape::replaying(recorded([](Tape& to, Ram& ram) {
    ram.write(100, "the driver's");
    to.release();
    ram.write(5000, "the device's");
    to.hold();
    to.put(TapeEntry::Reply, 1);
    ram.write(200, "the driver's");
    to.release();
    to.hold();
    to.put(TapeEntry::Reply, 2);
  }));
  Ram ram;
  ASSERT_TRUE(tape.share(ram.file.get(), kBytes));
  EXPECT_EQ(tape.take(TapeEntry::Reply), 1u);
  EXPECT_EQ(ram.read(5000, 12), "the device's");
  EXPECT_EQ(ram.read(100, 12), std::string(12, '\0'));
  EXPECT_EQ(tape.take(TapeEntry::Reply), 2u);
  EXPECT_EQ(ram.read(200, 12), std::string(12, '\0'));
}

TEST_F(TapeTest, AnotherRunThanTheRecordedOneGetsAllOnes) {
  Tape tape = Tape::replaying(recorded([](Tape& to, Ram&) {
    to.put(TapeEntry::Reply, 5);
    to.put(TapeEntry::Clock, 5);
  }));
  EXPECT_EQ(tape.take(TapeEntry::Reply), 5u);
  EXPECT_EQ(tape.take(TapeEntry::Reply), ~0ull);
  EXPECT_EQ(tape.take(TapeEntry::Clock), ~0ull);
}

/// Whatever the bytes are, nothing outside the memory is touched and every call comes back.
TEST_F(TapeTest, EntriesThatCannotBeReadEndIt) {
  constexpr std::uint8_t kMemory = static_cast<std::uint8_t>(TapeEntry::Memory);
  const std::vector<std::vector<std::uint8_t>> all = {
      {},
      {0},
      {0xFF},
      {0x80},
      {kMemory},
      {kMemory, 1},
      {kMemory, 1, 200},                                                       // more bytes than there are
      {kMemory, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0},  // far away
      {kMemory, 0x80, 0x80, 4, 1, 0},                                          // one byte behind the memory
  };
  for (const std::vector<std::uint8_t>& bytes : all) {
    std::vector<std::byte> entries;
    for (std::uint8_t byte : bytes) entries.push_back(std::byte{byte});
    Tape tape = Tape::replaying(entries);
    Ram ram;
    ASSERT_TRUE(tape.share(ram.file.get(), kBytes));
    EXPECT_EQ(tape.take(TapeEntry::Reply), ~0ull) << testing::PrintToString(bytes);
    EXPECT_FALSE(tape.take_text(TapeEntry::Command).empty());
  }
}

}  // namespace
}  // namespace drydock::machine
