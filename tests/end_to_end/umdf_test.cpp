// User-mode drivers from the command line: edu_um.dll, edu.sys' sources as a UMDF 2 driver.

#include <algorithm>
#include <fstream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

std::string dll(const std::string& name) {
  std::string path = guest(name);
  return path.replace(path.size() - 3, 3, "dll");
}

TEST(Umdf, EduLivesItsLifeInAProcessOfItsOwn) {
  const Ran ran = drydock("run " + dll("edu_um") + " --board edu --scenario lifecycle");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("edu_um.dll")) << ran.output;
}

TEST(Umdf, WithoutAScenarioItGetsALifeToo) {
  const Ran ran = drydock("run " + dll("edu_um"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("scenario lifecycle")) << ran.output;
}

TEST(Umdf, BesideADriverOfTheKernelNothingOfThatOnesIsHeldAgainstIt) {
  const Ran ran = drydock("run " + dll("edu_um") + " --board rail");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

class UmdfScenario : public testing::TestWithParam<const char*> {};

TEST_P(UmdfScenario, PassesWithRandomSeeds) {
  const Ran ran = drydock("run " + dll("edu_um") + " --board edu --runs 5 --scenario " + GetParam());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, UmdfScenario,
                         testing::Values("lifecycle", "surprise-removal", "disable-enable", "rebalance-new-resources",
                                         "sleep-wake"));

TEST(Umdf, ARunIsTheSameTwice) {
  const Ran ran = drydock("run " + dll("edu_um") + " --board edu --scenario lifecycle --seed 7 --check-determinism");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

TEST(Umdf, WDF_501_ADllThatIsNoDriverOrHasAnotherStubIsRefusedInASentence) {
  for (const auto& [name, about] :
       {std::pair{"test/umdf_no_entry", "is a DLL without FxDriverEntryUm"}, {"test/umdf_other_stub", "kit's UMDF stub"}}) {
    const Ran ran = drydock("run " + dll(name) + " --board edu --scenario lifecycle");
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_TRUE(ran.says(about)) << ran.output;
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
  }
}

}  // namespace
}  // namespace drydock::end_to_end
