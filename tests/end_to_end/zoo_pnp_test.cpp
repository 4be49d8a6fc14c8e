// Mistakes in the protocol of PnP and power: each is named in the plain scenario that has the step, and the repaired
// twin passes it. The letters are those of the mistake's family: removal by surprise (B), power (D), removal in order
// (G).

#include <ostream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

struct Animal {
  const char* row;
  const char* name;
  const char* scenario;
  const char* finding;  ///< as the report heads it
  const char* says;     ///< somewhere in it
  bool hangs = false;   ///< the device may hang once; the mistake shows in one of a few runs
};

void PrintTo(const Animal& animal, std::ostream* to) {
  *to << animal.row << " " << animal.name;
}

constexpr Animal kZoo[] = {
    {"B08", "pnp_touches_asleep", "sleep-with-io", "touch-before-power", "which is not in D0"},
    {"B10", "pnp_deletes_in_surprise", "surprise-removal", "DRIVER_VERIFIER_IOMANAGER_VIOLATION (0xC9)",
     "Arg1: 0000000000000241"},
    {"B11", "pnp_fails_surprise", "surprise-removal", "DRIVER_VERIFIER_IOMANAGER_VIOLATION (0xC9)  PNP-054",
     "Arg1: 0000000000000247"},
    {"B14", "pnp_keeps_queued", "surprise-removal", "lost-request", "never ended"},
    {"B17", "pnp_touches_in_close", "surprise-removal", "RST-200", "pnp_touches_in_close.sys"},
    {"G02", "pnp_lock_missed", "surprise-removal", "DRIVER_PNP_WATCHDOG (0x1D5)", "IRP_MN_REMOVE_DEVICE"},
    {"G03", "pnp_lock_unset", "remove", "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4)", "remove lock"},
    {"G06", "bus_reports_duplicate", "start", "PNP_DETECTED_FATAL_ERROR (0xCA)", "Arg1: 0000000000000001"},
    {"G12", "pnp_waits_for_itself", "start", "DRIVER_PNP_WATCHDOG (0x1D5)", "IRP_MN_START_DEVICE"},
    {"21D", "pnp_stays_attached", "remove", "DRIVER_VERIFIER_IOMANAGER_VIOLATION (0xC9)  PNP-053",
     "Arg1: 000000000000021d"},
    {"PNP_067_G05", "bus_reports_deleted", "wait, scan", "PNP_DETECTED_FATAL_ERROR (0xCA)", "Arg1: 0000000000000004"},
    {"B20", "bus_ejects_unplugged", "io", "lost-request", "never ended", true},
    {"D02", "bus_children_power_up", "sleep idle, wake, sleep idle, wake", "DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1)",
     "bus_children_power_up.sys", true},
    {"D06", "pnp_keeps_power_irp", "sleep-wake", "DRIVER_POWER_STATE_FAILURE (0x9F)", "Arg1: 0000000000000003"},
};

class PnpZoo : public testing::TestWithParam<Animal> {};

constexpr const char* kHangs = R"(name = "hangs"
[[device]]
slot = "0:4.0"
model = "edu"
latency = "100 us"
faults = { hang = 1 }
)";

Ran run(const Animal& animal, const std::string& name, const std::string& options = {}) {
  const TemporaryFile hangs(name + ".toml", kHangs);
  return drydock("run " + guest("zoo/" + name) + " --board " + (animal.hangs ? hangs.path() : "edu") + " --scenario " +
                 quoted(animal.scenario) + options);
}

// PNP-066, PO-008: the watchdogs are those of G02, G12 and D06.
TEST_P(PnpZoo, IsNamed) {
  const Animal& animal = GetParam();
  const Ran ran = run(animal, animal.name, animal.hangs ? " --runs 20" : "");
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says(std::string("finding 1: ") + animal.finding)) << ran.output;
  EXPECT_TRUE(ran.says(animal.says)) << ran.output;
  EXPECT_NE(ran.last_line().find("drydock replay "), std::string::npos) << ran.output;
}

TEST_P(PnpZoo, TheRepairedTwinPasses) {
  for (const char* options : {"", " --runs 20"}) {
    const Ran ran = run(GetParam(), std::string(GetParam().name) + "_fixed", options);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
  }
}

TEST(PnpZooTwin, GoesThroughTheWholeLifeOfADevice) {
  const Ran ran = drydock("run " + guest("zoo/pnp_fails_surprise_fixed") + " --board edu --scenario lifecycle");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, PnpZoo, testing::ValuesIn(kZoo),
                         [](const auto& info) { return std::string(info.param.row) + "_" + info.param.name; });

}  // namespace
}  // namespace drydock::end_to_end
