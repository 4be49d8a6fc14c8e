// drydock probe: boards without drivers, and their devices after every reset.

#include <sstream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

/// The names of the built-in boards that begin with `head`.
std::vector<std::string> boards_named(const std::string& head) {
  std::istringstream lines(drydock("list boards").output);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(head)) names.push_back(line.substr(0, line.find(' ')));
  return names;
}

std::size_t times_said(const Ran& ran, const std::string& text) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = ran.output.find(text, at)) != std::string::npos; at += text.size()) ++times;
  return times;
}

TEST(Probe, EveryQemuBoardIsUsableAfterEveryResetItOffers) {
  const std::vector<std::string> boards = boards_named("qemu-");
  EXPECT_GE(boards.size(), 17u);
  for (const std::string& board : boards) {
    const Ran ran = drydock("probe --plain --board " + board);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_TRUE(ran.says("ok bus reset: usable")) << ran.output;
    EXPECT_TRUE(ran.says("ok system reset: usable")) << ran.output;
    EXPECT_TRUE(ran.says("QEMU: ")) << ran.output;
  }
}

TEST(Probe, FunctionLevelResetIsTriedWhereItIsOffered) {
  for (const char* board : {"qemu-nvme", "qemu-virtio-blk", "edu"}) {
    const Ran ran = drydock(std::string("probe --plain --board ") + board);
    EXPECT_TRUE(ran.says("ok function-level reset: usable")) << ran.output;
  }
  const Ran ran = drydock("probe --plain --board qemu-pvscsi");
  EXPECT_TRUE(ran.says("function-level reset: not offered")) << ran.output;
}

TEST(Probe, SaysWhatADeviceManagerWould) {
  const Ran ran = drydock("probe --plain --board rail");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("PCI\\VEN_15AD&DEV_07C0&SUBSYS_")) << ran.output;
  EXPECT_TRUE(ran.says("PCI\\VEN_1234&DEV_11E8&CC_00FF")) << ran.output;
  EXPECT_TRUE(ran.says("MSI: ")) << ran.output;
  EXPECT_TRUE(ran.says("memory E")) << ran.output;
  EXPECT_EQ(times_said(ran, "_PRR PRRA"), 2u) << ran.output;
  EXPECT_EQ(times_said(ran, "ok system reset: usable"), 2u) << ran.output;
}

TEST(Probe, ResetsTheBusThroughTheBridgeAboveTheDevice) {
  const TemporaryFile board("bridge.toml", R"(
[[device]]
slot = "0:1.0"
model = "root-port"
secondary = 1

[[device]]
slot = "1:0.0"
model = "edu"
)");
  const Ran ran = drydock("probe --plain --board " + board.path());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("PCI Express Root Port")) << ran.output;
  EXPECT_EQ(times_said(ran, "ok bus reset: usable"), 1u) << ran.output;
}

TEST(Probe, ADeviceThatGoesWrongFails) {
  const TemporaryFile board("wrong.toml", R"(
[[device]]
slot = "0:1.0"
model = "edu"
faults = { wrong_answer = 1000 }
)");
  bool wrong = false, right = false;
  for (int seed = 1; seed <= 30 && !(wrong && right); ++seed) {
    const Ran ran = drydock("probe --plain --seed " + std::to_string(seed) + " --board " + board.path());
    const bool failed = ran.says("XX ");
    EXPECT_EQ(ran.exit_code, failed ? 1 : 0) << ran.output;
    EXPECT_EQ(ran.says("FAIL"), failed) << ran.output;
    (failed ? wrong : right) = true;
  }
  EXPECT_TRUE(wrong);
  EXPECT_TRUE(right);
}

TEST(Probe, PrintsJson) {
  const Ran ran = drydock("probe --json --board qemu-edu");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("\"way\": \"bus reset\"")) << ran.output;
  EXPECT_TRUE(ran.says("\"round_trips\": ")) << ran.output;
}

TEST(Probe, ABoardThatDoesNotExistIsBadInput) {
  const Ran ran = drydock("probe --board qemu-nmve");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("did you mean qemu-nvme?")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
