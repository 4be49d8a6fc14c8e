#include "ntos/pnp/arbiter.h"

#include <gtest/gtest.h>

#include "nt/resource.h"

namespace drydock::ntos::pnp {
namespace {

Alternative memory(std::uint64_t length, std::uint64_t first = 0x1000, std::uint64_t last = 0x4FFF) {
  return {.kind = ResourceKind::Memory, .minimum = first, .maximum = last, .length = length, .alignment = length};
}
Requirements one_list(std::vector<Requirement> list) {
  return {.lists = {std::move(list)}};
}

struct ArbiterTest : testing::Test {
  std::vector<Resource> assign(std::uint32_t owner, const Requirements& requirements,
                               const std::vector<Resource>& avoid = {}) {
    std::vector<Resource> result;
    fits = arbiter.assign(owner, requirements, avoid, result);
    return result;
  }
  Arbiter arbiter;
  bool fits = false;
};

TEST_F(ArbiterTest, GivesTheLowestAlignedAddressThatIsFree) {
  EXPECT_EQ(assign(1, one_list({{{memory(0x100)}}})).at(0).start, 0x1000u);
  EXPECT_EQ(assign(2, one_list({{{memory(0x1000)}}})).at(0).start, 0x2000u);
  EXPECT_EQ(assign(3, one_list({{{memory(0x100)}}})).at(0).start, 0x1100u);
  arbiter.release(1);
  EXPECT_EQ(assign(4, one_list({{{memory(0x100)}}})).at(0).start, 0x1000u);
}

TEST_F(ArbiterTest, TakesNothingIfOneRequirementCannotBeMet) {
  assign(1, one_list({{{memory(0x1000)}}, {{memory(0x8000)}}}));
  EXPECT_FALSE(fits);
  EXPECT_TRUE(arbiter.claims().empty());
}

TEST_F(ArbiterTest, ARangeAtTheEndOfTheWindowStillFits) {
  EXPECT_EQ(assign(1, one_list({{{memory(0x1000, 0x4000, 0x4FFF)}}})).at(0).start, 0x4000u);
  assign(2, one_list({{{memory(0x1000, 0x4001, 0x4FFF)}}}));
  EXPECT_FALSE(fits);
}

TEST_F(ArbiterTest, FallsBackToAlternativesAndToLaterLists) {
  assign(1, one_list({{{memory(0x4000, 0x0, 0x3FFF)}}}));
  auto second = assign(2, one_list({{{memory(0x1000, 0x0, 0x3FFF), memory(0x1000, 0x8000, 0x8FFF)}}}));
  EXPECT_EQ(second.at(0).start, 0x8000u);
  Requirements two_lists{.lists = {{{{memory(0x1000, 0x0, 0x3FFF)}}}, {{{memory(0x1000, 0xA000, 0xAFFF)}}}}};
  EXPECT_EQ(assign(3, two_lists).at(0).start, 0xA000u);
}

TEST_F(ArbiterTest, GoesBackOnAnEarlierChoiceIfALaterRequirementNeedsIt) {
  // The first could sit at 0x1000 or 0x2000, the second only at 0x1000.
  auto placed = assign(1, one_list({{{memory(0x1000, 0x1000, 0x1FFF), memory(0x1000, 0x2000, 0x2FFF)}},
                                    {{memory(0x1000, 0x1000, 0x1FFF)}}}));
  ASSERT_TRUE(fits);
  EXPECT_EQ(placed.at(0).start, 0x2000u);
  EXPECT_EQ(placed.at(1).start, 0x1000u);
}

TEST_F(ArbiterTest, PreferredAlternativesComeFirst) {
  Alternative preferred = memory(0x1000, 0x3000, 0x3FFF);
  preferred.preferred = true;
  EXPECT_EQ(assign(1, one_list({{{memory(0x1000), preferred}}})).at(0).start, 0x3000u);
}

TEST_F(ArbiterTest, AvoidsTheOldAddressesUnlessNothingElseIsFree) {
  const std::vector<Resource> old{{.kind = ResourceKind::Memory, .start = 0x1000, .length = 0x1000}};
  EXPECT_EQ(assign(1, one_list({{{memory(0x1000)}}}), old).at(0).start, 0x2000u);
  arbiter.release(1);
  EXPECT_EQ(assign(1, one_list({{{memory(0x1000, 0x1000, 0x1FFF)}}}), old).at(0).start, 0x1000u);
}

TEST_F(ArbiterTest, AWindowIsNoObstacle) {
  arbiter.reserve(1, {{.kind = ResourceKind::Memory,
                       .flags = nt::CM_RESOURCE_MEMORY_WINDOW_DECODE,
                       .start = 0x1000,
                       .length = 0x4000}});
  EXPECT_EQ(assign(2, one_list({{{memory(0x1000)}}})).at(0).start, 0x1000u);
}

TEST_F(ArbiterTest, PortsAndMemoryDoNotMeet) {
  assign(1, one_list({{{memory(0x100)}}}));
  Alternative ports = memory(0x100);
  ports.kind = ResourceKind::Port;
  EXPECT_EQ(assign(2, one_list({{{ports}}})).at(0).start, 0x1000u);
}

}  // namespace
}  // namespace drydock::ntos::pnp
