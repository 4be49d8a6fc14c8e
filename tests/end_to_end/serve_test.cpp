// drydock serve, with clients that others wrote.

#include "end_to_end/serving.h"

namespace drydock::end_to_end {
namespace {

void copy_in_and_out(const std::string& options, std::size_t bytes) {
  const TemporaryFile in("in.img", random_bytes(bytes));
  const TemporaryFile out("out.img", std::string(bytes, '\0'));
  Server server(options);
  EXPECT_EQ(shell("timeout 200 nbdcopy " + in.path() + " " + server.uri()), 0);
  EXPECT_EQ(shell("timeout 200 nbdcopy " + server.uri() + " " + out.path()), 0);
  const std::string said = server.finish();
  EXPECT_TRUE(contents_of(in.path()) == contents_of(out.path()));
  EXPECT_NE(said.find("PASS"), std::string::npos) << said;
  EXPECT_NE(said.find(", 0 failed\n"), std::string::npos) << said;
}

TEST(Serve, WhatIsCopiedInComesOut) {
  copy_in_and_out("", 64 << 20);
}

TEST(Serve, NoByteIsLostWhileTheBusIsResetAndTheAdapterPulled) {
  copy_in_and_out("--board qemu-pvscsi --chaos bus-reset=200ms,unplug=1s", 64 << 20);
}

TEST(Serve, TheSocketMustBeFreeAndItsPathShort) {
  const TemporaryFile taken("taken.sock", "");
  Ran ran = drydock("serve " + guest("pvscsi") + " --socket " + taken.path());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("this name is taken")) << ran.output;
  ran = drydock("serve " + guest("pvscsi") + " --socket /tmp/" + std::string(120, 'x'));
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("at most 107 characters")) << ran.output;
  ran = drydock("serve " + guest("pvscsi") + " --socket /nowhere/d.sock");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("there is no directory /nowhere")) << ran.output;
}

TEST(Serve, ResetsThatWouldLetNothingThroughAreRefused) {
  const Ran ran = drydock("serve " + guest("pvscsi") + " --socket /tmp/never.sock --chaos bus-reset=20ms");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("nothing would ever get through")) << ran.output;
}

TEST(Serve, ChaosIsSpeltOut) {
  const Ran ran = drydock("serve " + guest("pvscsi") + " --socket /tmp/never.sock --chaos fire=1s");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("bus-reset=5s, function-reset=10s and unplug=30s")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
