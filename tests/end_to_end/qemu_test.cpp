// Boards with QEMU's devices: the same drivers, hardware that others wrote. Live, so no digests here.

#include "end_to_end/mortal_qemu.h"

namespace drydock::end_to_end {
namespace {

std::string board_with(const std::string& device) {
  return "name = \"q\"\n[[device]]\nslot = \"0:3.0\"\nmodel = \"qemu\"\n" + device;
}

TEST(Qemu, ItsPvscsiGoesThroughTheWholeLifecycle) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --board qemu-pvscsi --plain");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("PASS")) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
  EXPECT_TRUE(ran.says("cannot be replayed")) << ran.output;
}

TEST(Qemu, SeveralRunsStartFromPowerOn) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --board qemu-pvscsi --runs 3");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("3 of 3 runs")) << ran.output;
}

TEST(Qemu, ADeviceThatItDoesNotKnowIsNamedWithItsLine) {
  const TemporaryFile board("q.toml", board_with("device = \"frobnicator\"\n"));
  const Ran ran = drydock("run " + guest("pvscsi") + " --board " + board.path());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("q.toml:2: ")) << ran.output;
  EXPECT_TRUE(ran.says("'frobnicator' is not a valid device model name")) << ran.output;
}

TEST(Qemu, AMissingImageIsNamed) {
  const TemporaryFile board("q.toml", board_with("device = \"pvscsi\"\ndisk = [{ file = \"/nowhere/d.img\" }]\n"));
  const Ran ran = drydock("run " + guest("pvscsi") + " --board " + board.path());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("/nowhere/d.img: this disk cannot be opened")) << ran.output;
}

TEST(Qemu, WhatTheBoardSetsItselfIsRefused) {
  const TemporaryFile board("q.toml", board_with("device = \"pvscsi,id=mine\"\n"));
  const Ran ran = drydock("run " + guest("pvscsi") + " --board " + board.path());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("id= is set by the board itself")) << ran.output;
}

/// QEMU ends when its computer is to be reset, which each run but the first begins with.
TEST(Qemu, OneThatEndsBetweenTwoRunsIsStartedAnew) {
  const TemporaryFile board("q.toml", "memory = \"64 MiB\"\n" + board_with("device = \"edu\"\narguments = [\"-no-reboot\"]\n"));
  const Ran ran = drydock("run " + guest("edu") + " --board " + board.path() + " --scenario start --runs 3 --plain");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("3 of 3 runs")) << ran.output;
}

TEST(Qemu, OneThatEndsDuringAProbeIsSaid) {
  const TemporaryFile board("q.toml", "memory = \"64 MiB\"\n" + board_with("device = \"edu\"\narguments = [\"-no-reboot\"]\n"));
  const Ran ran = drydock("probe --board " + board.path());
  EXPECT_EQ(ran.exit_code, 7) << ran.output;
  EXPECT_TRUE(ran.says("\nQEMU ENDED\n")) << ran.output;
}

TEST(Qemu, ARunWhoseQemuIsKilledSaysNothingOfTheDriverAndTheNextOneHasAnother) {
  const MortalQemu qemu;
  const Ran ran = drydock("run " + guest("edu") + " --board qemu-edu --scenario io --requests 40 --runs 2 --plain", qemu.path());
  EXPECT_EQ(ran.exit_code, 7) << ran.output;
  EXPECT_TRUE(ran.says("2 of 2 runs")) << ran.output;
  EXPECT_TRUE(ran.says("QEMU ENDED  in 1 of 2 runs, which say nothing of the driver; seeds 1\nPASS  the other 1\n")) << ran.output;
}

TEST(Qemu, ACampaignWithoutAnotherQemuTellsWhatItHas) {
  const MortalQemu qemu(false);
  const Ran ran = drydock("run " + guest("edu") + " --board qemu-edu --scenario io --requests 40 --runs 2 --plain", qemu.path());
  EXPECT_EQ(ran.exit_code, 2) << ran.output;
  EXPECT_TRUE(ran.says("1 of 2 runs")) << ran.output;
  EXPECT_TRUE(ran.says("QEMU ENDED  in 1 of 1 runs")) << ran.output;
  EXPECT_TRUE(ran.says("\ndrydock: qemu-edu:5: qemu-system-x86_64 does not start this board's devices: ")) << ran.output;
}

TEST(Qemu, SaysWhichPackageItIsIn) {
  const std::string command = "PATH=/nowhere '" DRYDOCK_BUILD_DIR "/drydock' run " + guest("pvscsi") +
                              " --board qemu-pvscsi 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said(1000, '\0');
  said.resize(std::fread(said.data(), 1, said.size(), pipe));
  EXPECT_EQ(WEXITSTATUS(pclose(pipe)), 2);
  EXPECT_NE(said.find("apt-get install qemu-system-x86"), std::string::npos) << said;
}

}  // namespace
}  // namespace drydock::end_to_end
