// medic.sys and a platform-level reset: what a driver owes it (docs/contracts/reset.md, sections 2, 3, 7, 8 and 10), on
// the real binary.

#include <chrono>

#include "bus/board/build_board.h"
#include "contract/reset/medic_rig.h"
#include "machine/thread.h"
#include "nt/status.h"
#include "ntos/pnp/platform_reset.h"

namespace drydock::test::reset {
namespace {

using namespace nt;
using namespace std::chrono_literals;
using ntos::pnp::DevnodeState;
using ntos::pnp::manager;
using ntos::pnp::ResetStepKind;

constexpr std::string_view kOnRail = R"(
name = "rail"
[[rail]]
name = "PRRA"
_RST = "10 ms"
[[device]]
slot = "0:4.0"
model = "edu"
latency = "100 us"
_PRR = "PRRA"
)";

constexpr std::string_view kPairOnRail = R"(
name = "rail"
[[rail]]
name = "PRRA"
_RST = "10 ms"
[[device]]
slot = "0:4.0"
model = "edu"
latency = "100 us"
_PRR = "PRRA"
[[device]]
slot = "0:5.0"
model = "edu"
latency = "100 us"
_PRR = "PRRA"
)";
constexpr bus::board::Slot kSibling{0, 5, 0};

void settle() {
  manager().resets().wait_until_over();
  manager().wait_until_settled();
}

bool happened(ResetStepKind kind) {
  for (const auto& step : manager().resets().steps())
    if (step.kind == kind) return true;
  return false;
}

/// PnP minor codes sent to a devnode since there were `from` IRPs, queries of relations apart.
std::vector<UCHAR> removal_irps_to(ntos::pnp::DevnodeId devnode, std::size_t from) {
  std::vector<UCHAR> minors;
  const auto& sent = manager().sent_irps();
  for (std::size_t i = from; i < sent.size(); ++i)
    if (sent[i].devnode == devnode && sent[i].major == IRP_MJ_PNP && sent[i].minor != IRP_MN_QUERY_DEVICE_RELATIONS)
      minors.push_back(sent[i].minor);
  return minors;
}

TEST(MedicOnRail, RST_035_RST_207_TriesTheFunctionFirstAndThenThePlatform) {
  MedicRig rig(kOnRail);
  rig.run([&] {
    user::File file = rig.open();
    rig.strike("hang_for_good");
    const auto began = rig.now();
    auto first = start_factorial(file, 5);
    auto second = start_factorial(file, 4);
    EXPECT_EQ(first->wait().status, STATUS_DEVICE_HUNG);
    EXPECT_EQ(second->wait().status, STATUS_DEVICE_HUNG);
    EXPECT_EQ(rig.model().statistics().function_resets, 2u);
    EXPECT_EQ(rig.model().statistics().bus_resets, 0u);
    first.reset(), second.reset();
    manager().wait_until_settled();
    while (!happened(ResetStepKind::MethodEnded))
      machine::delay_until(machine::Machine::current().now() + 10ms, false, false);
    manager().wait_until_settled();
    EXPECT_GE(rig.now() - began, 2s + 100ms + 3s + 10ms);  // watchdog, function-level reset, interval, method
    // The old handle is the old instance's, whatever stands in its place.
    EXPECT_EQ(start_factorial(file, 5)->wait().status, STATUS_NO_SUCH_DEVICE);
    file.close();
    settle();
    user::File again = rig.open();
    ASSERT_TRUE(again);
    EXPECT_EQ(factorial(again, 5), 120u);
    EXPECT_EQ(rig.model().statistics().bus_resets, 1u);
  });
}

TEST(MedicOnRail, RST_053_AnswersQueryRemoveWithDeviceHungFromItsRequestOn) {
  MedicRig rig(kOnRail);
  rig.run([&] {
    user::File file = rig.open();
    const auto devnode = rig.node().id;
    const std::size_t from = manager().sent_irps().size();
    rig.strike("hang_for_good");
    EXPECT_EQ(start_factorial(file, 5)->wait().status, STATUS_DEVICE_HUNG);
    file.close();
    settle();
    const auto& sent = manager().sent_irps();
    NTSTATUS answer = STATUS_SUCCESS;
    for (std::size_t i = from; i < sent.size(); ++i)
      if (sent[i].devnode == devnode && sent[i].minor == IRP_MN_QUERY_REMOVE_DEVICE) answer = sent[i].status;
    EXPECT_EQ(answer, STATUS_DEVICE_HUNG);
    EXPECT_TRUE(happened(ResetStepKind::Hung));
  });
}

TEST(MedicOnRail, RST_110_RST_196_AHandleToTheHungDeviceDelaysItsRebuildingOnly) {
  MedicRig rig(kOnRail);
  rig.run([&] {
    user::File file = rig.open();
    const auto devnode = rig.node().id;
    rig.strike("hang_for_good");
    EXPECT_EQ(start_factorial(file, 5)->wait().status, STATUS_DEVICE_HUNG);
    machine::delay_until(machine::Machine::current().now() + 30s, false, false);
    EXPECT_TRUE(happened(ResetStepKind::MethodEnded));  // the handle held nothing up
    EXPECT_FALSE(happened(ResetStepKind::Vetoed));
    EXPECT_TRUE(manager().find(devnode)->has_stack());  // and nobody forced the old stack
    EXPECT_FALSE(rig.open());
    file.close();
    settle();
    EXPECT_FALSE(manager().find(devnode)->has_stack());
    user::File again = rig.open();
    ASSERT_TRUE(again);
    EXPECT_EQ(factorial(again, 5), 120u);
  });
}

TEST(MedicOnRail, RST_043_RST_157_RST_159_NothingOfTheOldInstanceIsLeft) {
  MedicRig rig(kOnRail);
  rig.run([&] {
    user::File file = rig.open();
    ASSERT_TRUE(file.write(pattern(64, 1)).ok());
    EXPECT_EQ(rig.loads(), 1u);
    rig.strike("hang_for_good");
    EXPECT_EQ(start_factorial(file, 5)->wait().status, STATUS_DEVICE_HUNG);
    EXPECT_EQ(rig.statistics_of(file).FunctionResets, 2u);
    file.close();
    settle();
    EXPECT_EQ(rig.loads(), 2u);  // DriverUnload and DriverEntry have run
    file = rig.open();
    ASSERT_TRUE(file);
    EXPECT_EQ(rig.statistics_of(file).FunctionResets, 0u);  // so it cannot count its resets
    std::vector<std::byte> back(64, std::byte{1});
    EXPECT_TRUE(file.read(back).ok());
    EXPECT_EQ(back, std::vector<std::byte>(64));
  });
}

TEST(MedicOnRail, RST_115_TheSiblingGetsNothingButTheOrdinaryRemoval) {
  MedicRig rig(kPairOnRail);
  rig.run([&] {
    const auto served = manager().served_by(u"medic");
    ASSERT_EQ(served.size(), 2u);
    const auto sibling = served[1]->id;
    const std::size_t from = manager().sent_irps().size();
    user::File file = rig.open();
    rig.strike("hang_for_good");
    EXPECT_EQ(start_factorial(file, 5)->wait().status, STATUS_DEVICE_HUNG);
    file.close();
    settle();
    const std::vector<UCHAR> minors = removal_irps_to(sibling, from);
    // The second one is to the PDO, with no driver above: its bus has found the device anew. That medic.sys detached
    // at the first one is checked by the PnP manager.
    EXPECT_EQ(minors, (std::vector<UCHAR>{IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE}));
    EXPECT_FALSE(manager().find(sibling)->has_stack());
    EXPECT_EQ(manager().served_by(u"medic").size(), 2u);  // both are back
  });
}

TEST(MedicOnRail, RST_196_AHandleToTheHealthySiblingHoldsTheResetUp) {
  MedicRig rig(kPairOnRail);
  rig.run([&] {
    user::File ill = rig.open(), healthy = rig.open(nullptr, 1);
    ASSERT_TRUE(ill && healthy);
    rig.strike("hang_for_good");
    EXPECT_EQ(start_factorial(ill, 5)->wait().status, STATUS_DEVICE_HUNG);
    ill.close();
    machine::delay_until(machine::Machine::current().now() + 5s, false, false);
    EXPECT_TRUE(happened(ResetStepKind::Vetoed));
    EXPECT_FALSE(happened(ResetStepKind::MethodBegun));
    EXPECT_EQ(factorial(healthy, 4), 24u);  // it was told that the removal is off
    healthy.close();
    settle();
    EXPECT_TRUE(happened(ResetStepKind::MethodEnded));
    EXPECT_EQ(manager().served_by(u"medic").size(), 2u);
  });
}

TEST(MedicOnRail, RST_158_TooManyResetsEndInAFailedDevice) {
  MedicRig rig(kOnRail);
  rig.run([&] {
    unsigned rebuilt = 0;
    for (;; ++rebuilt) {
      ASSERT_LT(rebuilt, 20u);
      user::File file = rig.open();
      if (!file) break;
      rig.strike("hang_for_good");
      EXPECT_EQ(start_factorial(file, 5)->wait().status, STATUS_DEVICE_HUNG);
      file.close();
      settle();
    }
    EXPECT_EQ(rebuilt, 5u + 1u);  // five resets and the sixth request
    EXPECT_EQ(manager().find_id(u"PCI\\VEN_1234")->problem, ntos::pnp::Problem::FailedPostStart);
  });
}

}  // namespace
}  // namespace drydock::test::reset
