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

TEST(Board, DevicesOfAModelHaveTheSameFilters) {
  const std::string edu = "[[device]]\nmodel = \"edu\"\nslot = ";
  EXPECT_EQ(complaint(edu + "\"0:3.0\"\nupper_filters = [\"f.sys\"]\n" + edu + "\"0:4.0\"\n"),
            "rail.toml:5: the edu of line 1 has other filters: they belong to the package of its driver, which is one for "
            "all devices of a kind");
  EXPECT_NE(complaint(edu + "\"0:3.0\"\nlower_filters = \"f.sys\"\n").find("a list of texts such as"),
            std::string::npos);
}

TEST(Board, ReadsWhatAnInfWrites) {
  auto board = parse_board(R"(
[[device]]
slot = "0:3.0"
model = "edu"
hardware_key = { PortName = "COM1", Size = 0xFFFFFFFF }
[[package]]
ids = ['BUS\Thing', 'BUS\Other']
driver = "thing.sys"
hardware_key = { Size = 3 }
)",
                           "inf.toml");
  ASSERT_TRUE(board) << board.failure().message;
  const std::vector<RegistryValue> wanted{{.name = "PortName", .text = "COM1", .number = {}},
                                          {.name = "Size", .text = {}, .number = 0xFFFFFFFF}};
  EXPECT_EQ(board->devices[0].hardware_key, wanted);
  ASSERT_EQ(board->packages.size(), 1u);
  EXPECT_EQ(board->packages[0].ids, (std::vector<std::string>{"BUS\\Thing", "BUS\\Other"}));
  EXPECT_EQ(board->packages[0].driver, "thing.sys");
  EXPECT_EQ(board->packages[0].hardware_key[0].number, 3u);
}

TEST(Board, ComplainsAboutWhatNoInfWrites) {
  const std::string edu = "[[device]]\nmodel = \"edu\"\nslot = ";
  EXPECT_EQ(complaint(edu + "\"0:3.0\"\nhardware_key = { Size = -1 }\n"),
            "rail.toml:4: Size must be a text, or a number from 0 to 0xFFFFFFFF");
  EXPECT_NE(complaint(edu + "\"0:3.0\"\nhardware_key = 3\n").find("values such as"), std::string::npos);
  EXPECT_NE(complaint(edu + "\"0:3.0\"\nhardware_key = { A = 1 }\n" + edu + "\"0:4.0\"\n").find("another hardware_key"),
            std::string::npos);
  EXPECT_EQ(complaint("[[package]]\ndriver = \"f.sys\"\n"),
            "rail.toml:1: this package is for no device: add ids = ['BUS\\Thing']");
  EXPECT_EQ(complaint("[[package]]\nids = ['A']\n"),
            "rail.toml:1: this package names no driver: add driver = \"thing.sys\"");
}

TEST(Board, ReadsRailsResetLinesAndBridges) {
  auto board = parse_board(R"(
[[rail]]
name = "PRRA"
_RST = "10 ms"
[[rail]]
name = "PWRA"
_OFF = { takes = "2 ms", fails = 1 }
[firmware]
_OSC_PR3 = false
[[device]]
slot = "0:1.0"
model = "root-port"
secondary = 1
[[device]]
slot = "1:0.0"
model = "edu"
_RST = true
_PRR = "PRRA"
_UPC = 255
_PLD = { user_visible = false }
[[device]]
slot = "1:0.1"
model = "edu"
[[device]]
slot = "1:0.2"
model = "edu"
separate_power = true
[[device]]
slot = "0:3.0"
model = "pvscsi"
_PR3 = ["PWRA"]
)",
                           "rail.toml");
  ASSERT_TRUE(board) << board.failure().message;
  const acpi::Firmware& firmware = board->firmware;
  EXPECT_FALSE(firmware.acknowledges_pr3);
  EXPECT_EQ(firmware.resource("PRRA")->rst->takes, std::chrono::milliseconds(10));
  EXPECT_EQ(firmware.resource("PWRA")->off.fails, 1u);
  EXPECT_FALSE(firmware.resource("PWRA")->rst.has_value());
  EXPECT_TRUE(firmware.object({1, 0, 0})->rst.has_value());
  EXPECT_EQ(firmware.object({1, 0, 0})->upc, 255);
  EXPECT_EQ(firmware.object({1, 0, 0})->user_visible, false);
  EXPECT_EQ(firmware.object({0, 3, 0})->pr3, std::vector<std::string>{"PWRA"});
  EXPECT_EQ(board->devices[0].secondary, 1u);
}

TEST(DeviceReset, RST_122_TheFunctionsOfOneDeviceAreOneDomainUnlessTheBoardSaysOtherwise) {
  auto board = parse_board(R"(
[[rail]]
name = "PRRA"
_RST = true
[[device]]
slot = "0:5.0"
model = "edu"
_PRR = "PRRA"
[[device]]
slot = "0:5.1"
model = "edu"
[[device]]
slot = "0:5.2"
model = "edu"
separate_power = true
[[device]]
slot = "0:6.0"
model = "edu"
)",
                           "rail.toml");
  ASSERT_TRUE(board) << board.failure().message;
  EXPECT_EQ(board->firmware.platform_method({0, 5, 1})->domain, (std::vector<Slot>{{0, 5, 0}, {0, 5, 1}}));
  EXPECT_FALSE(board->firmware.platform_method({0, 5, 2}).has_value());
  EXPECT_FALSE(board->firmware.platform_method({0, 6, 0}).has_value());
}

TEST(Board, ComplainsAboutRailsAndBridges) {
  const std::string edu = "[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\n";
  EXPECT_EQ(complaint("[[rail]]\nname = \"PRRA\"\n_RST = true\n" + edu),
            "rail.toml:1: rail PRRA names no device: give one of them _PRR or _PR3, or remove the rail");
  EXPECT_EQ(complaint("[[rail]]\nname = \"PRRA\"\n_RST = true\n" + edu + "_PRR = \"PRRB\"\n"),
            "rail.toml:7: there is no rail PRRB (did you mean PRRA?)");
  EXPECT_EQ(complaint(edu + "_PRR = \"PRRB\"\n"), "rail.toml:4: there is no rail PRRB: describe it under [[rail]]");
  EXPECT_EQ(complaint("[[rail]]\nname = \"PRRA\"\n" + edu + "_PRR = \"PRRA\"\n"),
            "rail.toml:6: _PRR names rail PRRA, which has no _RST: add _RST = true in line 1");
  EXPECT_EQ(complaint("[[rail]]\n_RST = true\n"), "rail.toml:1: this rail has no name: add name = \"PRRA\"");
  EXPECT_EQ(complaint("[[rail]]\nname = \"A\"\n[[rail]]\nname = \"A\"\n"),
            "rail.toml:4: rail A is there already, in line 1");
  EXPECT_EQ(complaint(edu + "_RST = 5\n"),
            "rail.toml:4: _RST must be true, a duration such as \"5 ms\", or { takes = \"5 ms\", fails = 1 }");
  EXPECT_EQ(complaint(edu + "_PR3 = \"PRRA\"\n"), "rail.toml:4: _PR3 must be a list of rails such as [\"PRRA\"]");
  EXPECT_EQ(complaint(edu + "_UPC = 256\n"), "rail.toml:4: _UPC must be a whole number from 0 to 255");
  EXPECT_EQ(complaint("[firmware]\n_OSC = true\n"), "rail.toml:2: firmware has no key _OSC (one of _OSC_PR3)");
  EXPECT_EQ(
      complaint("[[device]]\nslot = \"1:0.0\"\nmodel = \"edu\"\n"),
      "rail.toml:1: no bridge has bus 1 behind it: give a root-port secondary = 1, or the device a slot on another "
      "bus");
  EXPECT_EQ(complaint("[[device]]\nslot = \"0:1.0\"\nmodel = \"root-port\"\n"),
            "rail.toml:1: this root-port does not say which bus is behind it: add secondary = 1");
  EXPECT_EQ(complaint(edu + "secondary = 1\n"), "rail.toml:4: a edu has no bus behind it: remove this key");
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
  EXPECT_EQ(nanoseconds_of_text("1.5 h"), 5'400'000'000'000);
  EXPECT_EQ(nanoseconds_of_text("4"), std::nullopt);
}

}  // namespace
}  // namespace drydock::bus::board
