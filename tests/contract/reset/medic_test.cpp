// medic.sys: what a driver owes a function-level reset (docs/contracts/reset.md, sections 2 and 10), on the real
// binary.

#include <chrono>

#include "bus/board/build_board.h"
#include "contract/reset/medic_rig.h"
#include "contract/reset/resets_at_the_answer.h"
#include "machine/thread.h"
#include "nt/status.h"
#include "ntos/ke/irql.h"
#include "ntos/pnp/device_api.h"
#include "ntos/po/system_power.h"
#include "ntos/ps/thread.h"
#include "scenario/reset_client.h"

namespace drydock::test::reset {
namespace {

using namespace nt;
using namespace std::chrono_literals;
using ntos::pnp::DevnodeState;
using ntos::pnp::manager;

constexpr std::string_view kWithoutReset = R"(
name = "medic"
[[device]]
slot = "0:4.0"
model = "edu"
latency = "100 us"
function_level_reset = false
)";

void pass(machine::Duration duration) {
  machine::delay_until(machine::Machine::current().now() + duration, false, false);
}

TEST(Medic, ComputesAndCopies) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    ASSERT_TRUE(file);
    EXPECT_EQ(factorial(file, 5), 120u);
    EXPECT_EQ(factorial(file, 12), 479001600u);
    const auto data = pattern(1000, 1);
    EXPECT_EQ(file.write(data, 96).information, data.size());
    std::vector<std::byte> back(data.size());
    EXPECT_EQ(file.read(back, 96).information, data.size());
    EXPECT_EQ(back, data);
    EXPECT_EQ(file.read(back, 4000).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(file.read(back, 1ull << 40).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(rig.statistics().Completed, 4u);
  });
}

TEST(Medic, ManyRequestsFromOneHandleEndInOrder) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    std::vector<std::unique_ptr<user::Request>> requests;
    for (std::uint32_t n = 0; n < 13; ++n) requests.push_back(start_factorial(file, n));
    std::uint32_t expected = 1;
    for (std::uint32_t n = 0; n < 13; ++n) {
      expected *= n == 0 ? 1 : n;
      EXPECT_EQ(answer_of(*requests[n]), expected);
    }
  });
}

TEST(Medic, CancelsWhatWaitsAndEndsTheRest) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    auto first = start_factorial(file, 3);
    auto second = start_factorial(file, 4);
    file.cancel_io();
    EXPECT_EQ(second->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(answer_of(*first), 6u);
  });
}

TEST(Medic, ALostInterruptIsFoundAndNoReasonForAReset) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    rig.strike("lose_interrupt");
    const auto before = rig.now();
    EXPECT_EQ(factorial(file, 6), 720u);
    EXPECT_GE(rig.now() - before, 2s);
    EXPECT_EQ(rig.statistics().LostInterrupts, 1u);
    EXPECT_EQ(rig.statistics().FunctionResets, 0u);
  });
}

TEST(Medic, RST_030_AfterTheResetTheDeviceIsProgrammedAgain) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    const auto data = pattern(4096, 2);
    ASSERT_TRUE(file.write(data).ok());
    rig.strike("hang");
    EXPECT_EQ(factorial(file, 5), 120u);  // its interrupt is enabled again
    EXPECT_EQ(rig.model().statistics().function_resets, 1u);
    std::vector<std::byte> back(4096);
    EXPECT_TRUE(file.read(back).ok());
    EXPECT_EQ(back, data);  // and its buffer is as it was
    EXPECT_EQ(rig.statistics().Recoveries, 1u);
  });
}

TEST(Medic, NoticesAResetThatSomebodyElseMade) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    const auto data = pattern(512, 3);
    ASSERT_TRUE(file.write(data).ok());
    scenario::ResetClient somebody(rig.node().pdo);
    EXPECT_EQ(somebody.reset(FunctionLevelDeviceReset), STATUS_SUCCESS);
    std::vector<std::byte> back(512);
    EXPECT_TRUE(file.read(back).ok());
    EXPECT_EQ(back, data);
    EXPECT_EQ(rig.statistics().Hangs, 0u);
    EXPECT_EQ(rig.statistics().Recoveries, 1u);
  });
}

TEST(Medic, WaitsForAResetOfSomebodyElses) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    const auto data = pattern(512, 4);
    ASSERT_TRUE(file.write(data).ok());
    ntos::ps::create_system_thread("somebody else", [pdo = rig.node().pdo] {
      scenario::ResetClient somebody(pdo);
      EXPECT_EQ(somebody.reset(FunctionLevelDeviceReset), STATUS_SUCCESS);
    });
    pass(10ms);  // of the 100 that a reset takes
    std::vector<std::byte> back(512);
    EXPECT_TRUE(file.read(back).ok());
    EXPECT_EQ(back, data);
    EXPECT_EQ(rig.statistics().PlatformRequests, 0u);
  });
}

TEST(Medic, AnAnswerThatAResetTookAwayIsComputedAnew) {
  ResetsAtTheAnswer somebody;
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    somebody.model = &rig.model();
    rig.machine().add_witness(somebody);
    EXPECT_EQ(factorial(file, 6), 720u);
    EXPECT_EQ(rig.statistics().Recoveries, 1u);
  });
}

TEST(Medic, RST_029_RST_031_RST_032_NoPnpAndNoPowerIrpGoesWithAFunctionLevelReset) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    const std::size_t irps = manager().sent_irps().size();
    const auto devnode = rig.node().id;
    rig.strike("hang");
    EXPECT_EQ(factorial(file, 5), 120u);
    manager().wait_until_settled();
    EXPECT_EQ(manager().sent_irps().size(), irps);
    EXPECT_EQ(rig.node().id, devnode);
    EXPECT_EQ(rig.node().state, DevnodeState::Started);
  });
}

TEST(Medic, RST_193_RST_195_RequestsAndHandlesSurviveAFunctionLevelReset) {
  MedicRig rig;
  rig.run([&] {
    user::File one = rig.open(), other = rig.open();
    rig.strike("hang");
    std::vector<std::unique_ptr<user::Request>> requests;
    for (unsigned n = 0; n < 4; ++n) requests.push_back(start_factorial(n % 2 ? other : one, 5));
    auto cancelled = start_factorial(other, 7);
    pass(2050ms);  // in the midst of the reset: nobody has ended anything
    EXPECT_EQ(rig.model().statistics().function_resets, 1u);
    for (auto& request : requests) EXPECT_FALSE(request->done());
    EXPECT_TRUE(cancelled->cancel());  // what waits can be cancelled all the while
    EXPECT_EQ(cancelled->wait().status, STATUS_CANCELLED);
    for (auto& request : requests) EXPECT_EQ(answer_of(*request), 120u);
    EXPECT_EQ(rig.model().statistics().factorials, 4u);
  });
}

TEST(Medic, ASlowResetIsWaitedFor) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    rig.strike("slow_reset");
    rig.strike("hang");
    const auto before = rig.now();
    EXPECT_EQ(factorial(file, 5), 120u);
    EXPECT_GE(rig.now() - before, 7s);
    EXPECT_EQ(rig.statistics().Recoveries, 1u);
  });
}

TEST(Medic, ADeviceThatHangsAgainAndAgainWithoutAnAnswerIsGivenUp) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    for (int i = 0; i < 3; ++i) rig.strike("hang");
    auto request = start_factorial(file, 5);
    EXPECT_EQ(request->wait().status, STATUS_DEVICE_HUNG);
  });
}

/// No reset helps, and the bus has no platform-level one: the device is reported as failed and removed.
void expect_given_up(MedicRig& rig, std::string_view fault) {
  rig.run([&] {
    NTSTATUS status = 0;
    user::File file = rig.open();
    ASSERT_TRUE(file);
    rig.strike(fault);
    rig.strike("hang");
    std::vector<std::unique_ptr<user::Request>> requests;
    for (unsigned n = 0; n < 4; ++n) requests.push_back(start_factorial(file, 5));
    for (auto& request : requests) EXPECT_EQ(request->wait().status, STATUS_DEVICE_HUNG);
    manager().wait_until_settled();
    EXPECT_EQ(start_factorial(file, 5)->wait().status, STATUS_NO_SUCH_DEVICE);
    EXPECT_FALSE(rig.open(&status));
    requests.clear();  // each keeps its file object
    file.close();
    manager().wait_until_settled();
    EXPECT_EQ(rig.node().problem, ntos::pnp::Problem::FailedPostStart);
    EXPECT_FALSE(rig.node().has_stack());
  });
}

TEST(Medic, RST_025_RST_106_WithoutTheInterfaceItWorksAndThenReportsItselfFailed) {
  MedicRig rig(kWithoutReset);
  expect_given_up(rig, "hang");
}

TEST(Medic, RST_106_AResetThatFailsEndsInAFailedDevice) {
  MedicRig rig;
  expect_given_up(rig, "stuck_in_reset");
}

TEST(Medic, AResetThatDoesNotHelpIsNoticed) {
  MedicRig rig;
  expect_given_up(rig, "hang_for_good");
}

TEST(Medic, RST_127_RST_198_RST_199_RST_200_SurpriseRemovalEndsWhatHungAndTouchesNothing) {
  for (const auto delay : {1ms, 2050ms, 2500ms}) {  // hung, in the midst of the reset, long recovered
    MedicRig rig;
    rig.run([&] {
      user::File file = rig.open();
      const auto devnode = rig.node().id;
      rig.strike("hang");
      std::vector<std::unique_ptr<user::Request>> requests;
      for (unsigned n = 0; n < 4; ++n) requests.push_back(start_factorial(file, 5));
      pass(delay);
      ASSERT_TRUE(bus::board::unplug(rig.machine(), MedicRig::kSlot));
      manager().wait_until_settled();
      const std::uint64_t touches = rig.touches_after_unplug();
      for (auto& request : requests) EXPECT_TRUE(request->done());
      EXPECT_FALSE(rig.open());  // no interface any more
      EXPECT_EQ(start_factorial(file, 5)->wait().status, STATUS_NO_SUCH_DEVICE);
      std::byte back[8];
      EXPECT_EQ(file.read(back).status, STATUS_NO_SUCH_DEVICE);
      pass(10s);
      EXPECT_EQ(rig.touches_after_unplug(), touches);
      EXPECT_TRUE(manager().find(devnode)->has_stack());  // attached until the last handle is closed
      requests.clear();                                   // each keeps its file object
      file.close();
      manager().wait_until_settled();
      EXPECT_FALSE(manager().find(devnode)->has_stack());
      ASSERT_TRUE(bus::board::plug(rig.machine(), MedicRig::kSlot));
      manager().wait_until_settled();
      user::File again = rig.open();
      ASSERT_TRUE(again);
      EXPECT_EQ(factorial(again, 5), 120u);
    });
  }
}

TEST(Medic, RST_201_GoesToSleepWithoutWaitingForAHungDeviceForEver) {
  for (const std::string_view fault : {"hang", "stuck_in_reset"}) {
    MedicRig rig;
    rig.run([&] {
      user::File file = rig.open();
      const auto data = pattern(64, 3);
      ASSERT_TRUE(file.write(data).ok());
      rig.strike("hang");
      if (fault != "hang") rig.strike(fault);
      auto hung = start_factorial(file, 5);
      auto waiting = start_factorial(file, 4);
      EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
      EXPECT_TRUE(hung->done());
      EXPECT_EQ(rig.node().device_power, PowerDeviceD3);
      EXPECT_TRUE(ntos::po::wake().ok());
      if (fault != "hang") {
        EXPECT_EQ(waiting->wait().status, STATUS_DEVICE_HUNG);
        return;
      }
      EXPECT_EQ(answer_of(*hung), 120u);
      EXPECT_EQ(answer_of(*waiting), 24u);
      std::vector<std::byte> back(data.size());
      EXPECT_TRUE(file.read(back).ok());
      EXPECT_EQ(back, data);
    });
  }
}

TEST(Medic, StopsAndStartsWithItsRequestsWaiting) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    const auto data = pattern(64, 4);
    ASSERT_TRUE(file.write(data).ok());
    auto first = start_factorial(file, 5);
    auto second = start_factorial(file, 4);
    EXPECT_TRUE(manager().rebalance(rig.node().id).ok());
    EXPECT_EQ(answer_of(*first), 120u);
    EXPECT_EQ(answer_of(*second), 24u);
    std::vector<std::byte> back(data.size());
    EXPECT_TRUE(file.read(back).ok());
    EXPECT_EQ(back, data);
    EXPECT_TRUE(manager().query_and_cancel_stop(rig.node().id).ok());
    EXPECT_EQ(factorial(file, 3), 6u);
  });
}

TEST(Medic, RefusesOpensWhileItsRemovalIsDecided) {
  MedicRig rig;
  rig.run([&] {
    EXPECT_TRUE(manager().query_and_cancel_remove(rig.node().id).ok());
    user::File file = rig.open();
    EXPECT_EQ(factorial(file, 3), 6u);
    file.close();
    EXPECT_TRUE(manager().remove(rig.node().id).ok());
    EXPECT_FALSE(rig.open());
    EXPECT_TRUE(manager().start(rig.node().id).ok());
    file = rig.open();
    EXPECT_EQ(factorial(file, 4), 24u);
  });
}

TEST(Medic, RST_132_BetweenQueryRemoveAndItsOutcomeOpensAloneAreRefused) {
  MedicRig rig;
  rig.run([&] {
    user::File file = rig.open();
    DEVICE_OBJECT* pdo = rig.node().pdo;
    const auto tell = [pdo](UCHAR minor) {
      return user::send(pdo, IRP_MJ_PNP, minor,
                        [](IRP* irp, IO_STACK_LOCATION*) { irp->IoStatus.Status = STATUS_NOT_SUPPORTED; });
    };
    ASSERT_TRUE(tell(IRP_MN_QUERY_REMOVE_DEVICE).ok());
    NTSTATUS status = 0;
    EXPECT_FALSE(rig.open(&status));
    EXPECT_EQ(status, STATUS_DELETE_PENDING);
    EXPECT_EQ(factorial(file, 5), 120u);
    std::byte back[8];
    EXPECT_TRUE(file.read(back).ok());
    ASSERT_TRUE(tell(IRP_MN_CANCEL_REMOVE_DEVICE).ok());
    EXPECT_TRUE(rig.open());
  });
}

TEST(Medic, RST_095_WhatIsInvalidatedAtDispatchLevelIsAskedForAfterwards) {
  MedicRig rig;
  rig.run([&] {
    const auto minors_since = [&](std::size_t from) {
      std::vector<UCHAR> minors;
      const auto& sent = manager().sent_irps();
      for (std::size_t i = from; i < sent.size(); ++i)
        if (sent[i].devnode == rig.node().id) minors.push_back(sent[i].minor);
      return minors;
    };
    const std::size_t from = manager().sent_irps().size();
    const KIRQL before = ntos::KfRaiseIrql(DISPATCH_LEVEL);
    ntos::pnp::IoInvalidateDeviceState(rig.node().pdo);
    ntos::pnp::IoInvalidateDeviceRelations(rig.node().pdo, BusRelations);
    EXPECT_TRUE(minors_since(from).empty());
    ntos::KeLowerIrql(before);
    manager().wait_until_settled();
    EXPECT_EQ(minors_since(from), (std::vector<UCHAR>{IRP_MN_QUERY_PNP_DEVICE_STATE, IRP_MN_QUERY_DEVICE_RELATIONS}));
  });
}

}  // namespace
}  // namespace drydock::test::reset
