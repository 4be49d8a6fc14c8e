// Each request of a load in turn.

#include <nlohmann/json.hpp>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

class PvscsiSweep : public testing::TestWithParam<const char*> {};
TEST_P(PvscsiSweep, EndsWithEveryRequestEndedOnce) {
  const Ran ran = drydock("sweep " + guest("pvscsi") + " --requests 20 --json " + GetParam());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  const auto result = nlohmann::json::parse(ran.output, nullptr, false);
  ASSERT_FALSE(result.is_discarded()) << ran.output;
  EXPECT_EQ(result["runs"], 100);
  ASSERT_EQ(result["faults"].size(), 5u);
  for (const auto& row : result["faults"]) {
    EXPECT_EQ(row["runs"], 20) << row;
    EXPECT_EQ(row["requests"]["lost"], 0) << row;
    const auto& counts = row["requests"];
    EXPECT_EQ(counts["sent"].get<int>(), counts["completed"].get<int>() + counts["failed"].get<int>()) << row;
  }
  // What the faults do is seen: whoever waits for a reset sends again, whoever is pulled fails.
  EXPECT_GT(result["faults"][0]["requests"]["retried"].get<int>(), 0);
  EXPECT_EQ(result["faults"][0]["requests"]["failed"], 0);
  EXPECT_GT(result["faults"][3]["requests"]["failed"].get<int>(), 0);
}
INSTANTIATE_TEST_SUITE_P(All, PvscsiSweep,
                         testing::Values("--processors 1", "--processors 2 --seed 3", "--processors 4 --seed 11"));

TEST(Sweep, IsATable) {
  const Ran ran = drydock("sweep " + guest("pvscsi") + " --requests 3 --faults hang,reset");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  for (const char* words : {"hang", "it never ends by itself", "reset", "6 of 6 runs", "PASS"})
    EXPECT_TRUE(ran.says(words)) << words << "\n" << ran.output;
  EXPECT_FALSE(ran.says("unplug")) << ran.output;
}

TEST(Sweep, AFailureEndsItWithTheCommandThatRepeatsIt) {
  const Ran ran = drydock("sweep " + guest("zoo/null_write") + " --requests 2");
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("FAIL  1 of 1 runs")) << ran.output;
  const std::string command = ran.last_line();
  const auto at = command.find("drydock replay ");
  ASSERT_NE(at, std::string::npos) << ran.output;
  EXPECT_EQ(drydock(command.substr(at + 8)).exit_code, 1);
}

TEST(Sweep, AFaultThatDoesNotExistIsBadInput) {
  EXPECT_EQ(drydock("sweep " + guest("pvscsi") + " --faults melt").exit_code, 2);
}

TEST(Sweep, ItsStepsAreWordsOfScenarios) {
  const Ran ran =
      drydock("run " + guest("pvscsi") + " --requests 30 --board pvscsi --scenario 'hang request 7, verify'");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("request 7 hung")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
