// The miniport without rings: phases of a bus, an interrupt for each, one request at a time, on QEMU's Am53C974.

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

class Am53c974 : public testing::TestWithParam<const char*> {};

TEST_P(Am53c974, LosesNothing) {
  const Ran ran = drydock("run " + guest("am53c974") + " --board qemu-am53c974 --plain --scenario " + GetParam());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("PASS")) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
  EXPECT_TRUE(ran.says("QEMU: ")) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Am53c974,
                         testing::Values("lifecycle", "reset-bus", "remove", "surprise-removal", "rebalance"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Am53c974Driver, ImportsNothingThatWeLack) {
  const Ran ran = drydock("inspect " + guest("am53c974") + " --plain");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("every import is implemented")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
