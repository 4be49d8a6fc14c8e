#include "bus/board/board.h"

#include <gtest/gtest.h>

#include "bus/board/quantity.h"

namespace drydock::bus::board {
namespace {

std::string complaint(std::string_view text) {
  auto board = parse_board(text, "rail.toml");
  return board ? "(no complaint)" : board.failure().message;
}

TEST(Board, EveryBuiltInBoardIsGood) {
  for (const BuiltInBoard& built_in : built_in_boards()) {
    auto board = load_board(std::string(built_in.name));
    ASSERT_TRUE(board) << board.failure().message;
    EXPECT_EQ(board->name, built_in.name);
    EXPECT_FALSE(board->description.empty());
  }
}

TEST(Board, ReadsEveryKey) {
  auto board = parse_board(R"(
name = "rail"
description = "all keys"
processors = 4
memory = "128 MiB"
ram_above_4gb = "64 MiB"
[settings]
scsiport.reset_holdoff = "2.5 s"
"scsiport.initiator_bus_id" = 6
[[device]]
slot = "0:3.1"
model = "pvscsi"
latency = "250 us"
faults = { hang = 2 }
message_interrupts = false
[[device.disk]]
size = "1 MiB"
[[device.disk]]
target = 4
lun = 1
file = "a.img"
block = 4096
read_only = true
)",
                           "rail.toml", "/boards");
  ASSERT_TRUE(board) << board.failure().message;
  EXPECT_EQ(board->processors, 4u);
  EXPECT_EQ(board->memory_bytes, 128u << 20);
  EXPECT_EQ(board->ram_above_4gb_bytes, 64u << 20);
  EXPECT_EQ(board->duration("scsiport.reset_holdoff"), std::chrono::milliseconds(2500));
  EXPECT_EQ(board->setting("scsiport.initiator_bus_id"), 6);
  EXPECT_EQ(board->duration("scsiport.request_timeout"), std::chrono::seconds(10));
  ASSERT_EQ(board->devices.size(), 1u);
  const Device& device = board->devices[0];
  EXPECT_EQ(to_text(device.slot), "0:3.1");
  EXPECT_EQ(device.latency, std::chrono::microseconds(250));
  EXPECT_EQ(device.faults.at("hang"), 2u);
  EXPECT_FALSE(device.message_interrupts);
  ASSERT_EQ(device.disks.size(), 2u);
  EXPECT_EQ(device.disks[0].target, 0u);
  EXPECT_EQ(device.disks[0].size_bytes, 1u << 20);
  EXPECT_EQ(device.disks[1].target, 4u);
  EXPECT_EQ(device.disks[1].file, "/boards/a.img");
  EXPECT_TRUE(device.disks[1].read_only);
}

TEST(Board, ComplainsWithFileLineAndRemedy) {
  EXPECT_EQ(complaint("\nprocesors = 2\n"), "rail.toml:2: a board has no key procesors (did you mean processors?)");
  EXPECT_EQ(complaint("processors = 99\n"), "rail.toml:1: processors must be a whole number from 1 to 8");
  EXPECT_EQ(complaint("name = 3\n"), "rail.toml:1: name must be a text in quotes");
  EXPECT_EQ(complaint("memory = \"64 MB\"\n"), "rail.toml:1: memory must be a size such as \"64 MiB\"");
  EXPECT_EQ(complaint("memory = \"1 MiB\"\n"), "rail.toml:1: memory must be whole pages between 16 MiB and 64 GiB");
  EXPECT_EQ(complaint("[settings]\nscsiport.reset_holdof = \"1 s\"\n"),
            "rail.toml:2: there is no setting scsiport.reset_holdof (did you mean scsiport.reset_holdoff?)");
  EXPECT_EQ(complaint("[settings]\nscsiport.reset_holdoff = 4\n"),
            "rail.toml:2: scsiport.reset_holdoff must be a duration such as \"250 ms\"");
  EXPECT_EQ(complaint("[device]\nslot = \"0:3.0\"\n"),
            "rail.toml:1: device must be written as [[device]], with double brackets");
}

TEST(Board, ComplainsAboutDevices) {
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:3.0\"\n"),
            "rail.toml:1: this device names no model: add model = \"pvscsi\"");
  EXPECT_EQ(complaint("[[device]]\nmodel = \"pvscsi\"\n"),
            "rail.toml:1: this device names no slot: add slot = \"0:3.0\"");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscs\"\n"),
            "rail.toml:3: there is no model pvscs (did you mean pvscsi?)");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:32.0\"\nmodel = \"pvscsi\"\n"),
            "rail.toml:2: slot \"0:32.0\" is not bus:device.function, such as \"0:3.0\"");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0.3.0\"\nmodel = \"pvscsi\"\n"),
            "rail.toml:2: slot \"0.3.0\" is not bus:device.function, such as \"0:3.0\"");
  EXPECT_EQ(
      complaint("[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\n[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\n"),
      "rail.toml:5: slot 0:3.0 is taken by the pvscsi of line 1: give one of them another slot");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\nfaults = { hung = 1 }\n"),
            "rail.toml:4: pvscsi has no fault hung (did you mean hang?)");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:3.0\"\nmodel = \"edu\"\nfaults = { hung = 1 }\n"),
            "rail.toml:4: edu has no fault hung (did you mean hang?)");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\nfunction_level_reset = false\n"),
            "rail.toml:4: a pvscsi has no function-level reset: remove this key");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\n[[device.disk]]\ntarget = 1\n"),
            "rail.toml:4: a disk needs either size = \"64 MiB\" (in memory) or file = \"disk.img\"");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\n[[device.disk]]\nsize = \"1000 B\"\n"),
            "rail.toml:5: size must be whole blocks of 512 bytes");
}

TEST(Board, ComplainsAboutWhatIsNoToml) {
  EXPECT_EQ(complaint("name = \"x\nprocessors = 1").rfind("rail.toml:1: ", 0), 0u);
  EXPECT_EQ(load_board("pvscs").failure().message.rfind("there is no board pvscs (did you mean pvscsi?)", 0), 0u);
  EXPECT_EQ(load_board("/nowhere/x.toml").failure().message,
            "/nowhere/x.toml: this board cannot be read: does the file exist?");
}

TEST(Board, NamesADiskFileThatIsMissing) {
  auto board =
      parse_board("[[device]]\nslot=\"0:3.0\"\nmodel=\"pvscsi\"\ndisk=[{file=\"/nowhere/d.img\"}]\n", "b.toml");
  ASSERT_TRUE(board);
  auto opened = open_disk_files(*board);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.failure().message, "/nowhere/d.img: this disk cannot be opened: No such file or directory");
}

TEST(Quantity, ReadsSizesAndDurations) {
  EXPECT_EQ(size_of_text("512"), 512u);
  EXPECT_EQ(size_of_text("1.5 KiB"), 1536u);
  EXPECT_EQ(size_of_text("64MiB"), 64u << 20);
  EXPECT_EQ(size_of_text("0.3 B"), std::nullopt);
  EXPECT_EQ(size_of_text("64 MB"), std::nullopt);
  EXPECT_EQ(size_of_text("99999999999 TiB"), std::nullopt);
  EXPECT_EQ(nanoseconds_of_text("2.5 ms"), 2'500'000);
  EXPECT_EQ(nanoseconds_of_text("4 s"), 4'000'000'000);
  EXPECT_EQ(nanoseconds_of_text("4"), std::nullopt);
}

}  // namespace
}  // namespace drydock::bus::board
