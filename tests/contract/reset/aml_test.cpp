// A board whose firmware is a compiled AML table: what its domain is, and what is said about tables that are no good.

#include <cstdio>
#include <fstream>
#include <iterator>

#include "bus/board/board.h"
#include "contract/reset/reset_rig.h"
#include "host/child_process.h"
#include <places.h>
#include <unistd.h>

namespace drydock::test::reset {
namespace {

const std::string kTable = DRYDOCK_BUILD_DIR "/boards/rail.aml";

std::string board_with(const std::string& table) {
  return "name = \"aml\"\nacpi = \"" + table + R"("
[[device]]
slot = "0:3.0"
model = "pvscsi"
[[device]]
slot = "0:4.0"
model = "edu"
)";
}

std::string complaint(const std::string& text) {
  auto board = bus::board::parse_board(text, "rail.toml");
  return board ? "" : board.failure().message;
}

std::vector<char> bytes_of_table() {
  std::ifstream file(kTable, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file that goes with the test.
struct Scratch {
  explicit Scratch(const std::vector<char>& content) {
    path = testing::TempDir() + "drydock_aml_" + std::to_string(getpid()) + ".aml";
    std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  ~Scratch() { std::remove(path.c_str()); }
  std::string path;
};

TEST(Aml, TheDomainFollowsFromWhatTheFirmwareSays) {
  auto board = bus::board::parse_board(board_with(kTable), "rail.toml");
  ASSERT_TRUE(board) << board.failure().message;
  const Firmware& firmware = board->firmware;
  ASSERT_EQ(firmware.devices.size(), 2u);
  EXPECT_TRUE(firmware.acknowledges_pr3);
  const bus::acpi::DeviceObject* edu = firmware.object({0, 4, 0});
  ASSERT_NE(edu, nullptr);
  EXPECT_TRUE(edu->rst.has_value());
  EXPECT_EQ(edu->prr, "\\_SB_.PCI0.PRRA");
  EXPECT_EQ(edu->pr3, std::vector<std::string>{"\\_SB_.PCI0.PRRA"});
  EXPECT_EQ(edu->upc, 0xFF);
  EXPECT_EQ(edu->user_visible, false);
  const auto method = firmware.platform_method({0, 4, 0});
  ASSERT_TRUE(method.has_value());
  EXPECT_FALSE(method->power_cycle);
  EXPECT_EQ(method->domain, (std::vector<Slot>{{0, 3, 0}, {0, 4, 0}}));
}

TEST(DeviceReset, RST_166_RST_175_ARailFromAnAmlTableIsResetLikeOneFromKeys) {
  std::string text = board_with(kTable);
  text = text.substr(0, text.find("[[device]]\nslot = \"0:4.0\""));  // the function is plugged in by the rig
  ResetRig rig({{.behaviour = {}, .at = {0, 4, 0}}}, {}, text.c_str());
  rig.service("puppet");
  rig.service("neighbour", u"PCI\\VEN_15AD&DEV_07C0");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, static_cast<PU32>(STATUS_SUCCESS));
    until_over(manager);
    EXPECT_EQ(rig.story(from).find("neighbour QUERY_REMOVE, puppet QUERY_REMOVE, neighbour REMOVE, puppet REMOVE"), 0u);
    EXPECT_EQ(rig.model({0, 4, 0}).resets[machine::ResetKind::Conventional], 1u);
    EXPECT_EQ(rig.node(manager, "neighbour").state, DevnodeState::Started);
  });
}

/// Source below \\_SB, compiled by iasl into a file that goes with the test.
struct Compiled {
  explicit Compiled(const std::string& body) {
    const std::string base = testing::TempDir() + "drydock_compiled_" + std::to_string(getpid());
    std::ofstream(base + ".asl") << "DefinitionBlock (\"\", \"SSDT\", 2, \"DRYDCK\", \"TEST\", 1)\n{ Scope (\\_SB) {\n"
                                 << body << "\n} }\n";
    path = base + ".aml";
    auto run = host::run_program("iasl", {"-vs", "-p", base, base + ".asl"}, std::chrono::seconds(20));
    EXPECT_TRUE(run && run->exit_code == 0) << (run ? run->text : run.failure().message);
  }
  ~Compiled() {
    std::remove(path.c_str());
    std::remove((path.substr(0, path.size() - 3) + "asl").c_str());
  }
  std::string path;
};

std::string with_resource(const std::string& resource, const std::string& device) {
  return "Device (PCI0) { Name (_HID, EisaId (\"PNP0A08\"))\n PowerResource (PRRA, 0, 0) { " + resource +
         " }\n Device (EDU0) { Name (_ADR, 0x00040000) " + device + " } }";
}
constexpr const char* kWholeResource = "Method (_STA) { Return (1) } Method (_ON) {} Method (_OFF) {} Method (_RST) {}";

TEST(DeviceReset, RST_167_AResourceForResetsMustBeAWholeOne) {
  Compiled half(with_resource("Method (_STA) { Return (1) } Method (_ON) {} Method (_RST) {}",
                              "Name (_PRR, Package (1) { PRRA })"));
  EXPECT_EQ(complaint(board_with(half.path)),
            "rail.toml:2: " + half.path + ": \\_SB_.PCI0.EDU0._PRR names \\_SB_.PCI0.PRRA, which has no _OFF");
  Compiled whole(with_resource(kWholeResource, "Name (_PRR, Package (1) { PRRA })"));
  EXPECT_EQ(complaint(board_with(whole.path)), "");
}

TEST(DeviceReset, RST_172_WithoutOscRailsOfAnAmlTableDoNotCount) {
  Compiled table(with_resource(kWholeResource, "Name (_PR3, Package (1) { PRRA })"));
  auto board = bus::board::parse_board(board_with(table.path), "rail.toml");
  ASSERT_TRUE(board) << board.failure().message;
  EXPECT_FALSE(board->firmware.platform_method({0, 4, 0}).has_value());
  Compiled with_osc("Method (_OSC, 4) { Return (Arg3) }\n" +
                    with_resource(kWholeResource, "Name (_PR3, Package (1) { PRRA })"));
  auto other = bus::board::parse_board(board_with(with_osc.path), "rail.toml");
  ASSERT_TRUE(other) << other.failure().message;
  ASSERT_TRUE(other->firmware.platform_method({0, 4, 0}).has_value());
  EXPECT_TRUE(other->firmware.platform_method({0, 4, 0})->power_cycle);
}

TEST(DeviceReset, RST_165_AMethodThatDoesNotRunToItsEndFails) {
  Compiled table(
      with_resource(kWholeResource, "Method (_RST) { Store (DerefOf (Index (Package (1) {}, 5)), Local0) }"));
  auto board = bus::board::parse_board(board_with(table.path), "rail.toml");
  ASSERT_TRUE(board) << board.failure().message;
  EXPECT_NE(board->firmware.object({0, 4, 0})->rst->fails, 0u);
}

TEST(Aml, ADamagedTableIsOneSentenceWithFileAndLine) {
  const std::vector<char> good = bytes_of_table();
  ASSERT_GT(good.size(), 100u);
  {
    Scratch cut(std::vector<char>(good.begin(), good.begin() + 100));
    EXPECT_EQ(complaint(board_with(cut.path)), "rail.toml:2: " + cut.path +
                                                   ": this AML table is damaged: at offset 4 it says that it has " +
                                                   std::to_string(good.size()) + " bytes, but it has 100");
  }
  {
    std::vector<char> bytes = good;
    bytes[80] ^= 1;
    Scratch flipped(bytes);
    EXPECT_EQ(complaint(board_with(flipped.path)),
              "rail.toml:2: " + flipped.path +
                  ": this AML table is damaged: its bytes do not add up to the checksum at offset 9");
  }
  {
    std::vector<char> bytes = good;
    bytes[60] ^= 0x55;  // damaged, and the checksum made to fit
    int sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (i != 9) sum += static_cast<unsigned char>(bytes[i]);
    bytes[9] = static_cast<char>(-sum);
    Scratch hidden(bytes);
    EXPECT_EQ(complaint(board_with(hidden.path)).find("rail.toml:2: " + hidden.path + ": "), 0u);
  }
  {
    Scratch text({'h', 'e', 'l', 'l', 'o', ' ', 'w', 'o', 'r', 'l', 'd'});
    EXPECT_EQ(complaint(board_with(text.path)),
              "rail.toml:2: " + text.path + ": this is no AML table: it has 11 bytes, and a header alone has 36");
  }
  EXPECT_EQ(complaint(board_with("/nowhere/x.aml")).find("rail.toml:2: /nowhere/x.aml: "), 0u);
}

TEST(Aml, ABoardDescribesItsRailsInOnePlaceOnly) {
  EXPECT_EQ(complaint("acpi = \"x.aml\"\n[[rail]]\nname = \"PRRA\"\n"),
            "rail.toml:2: this board leaves its rails to the table of acpi: remove rail");
  EXPECT_EQ(
      complaint("acpi = \"x.aml\"\n[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\n_RST = true\n"),
      "rail.toml:2: this board leaves its methods to the table of acpi: remove the keys of this device that begin "
      "with _");
}

}  // namespace
}  // namespace drydock::test::reset
