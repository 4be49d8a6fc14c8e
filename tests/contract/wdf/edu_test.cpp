// edu.sys: what a framework driver makes of requests, cancellation, idleness and hangs, on the real binary; also with
// edu_filter.sys above and below it.

#include <chrono>

#include "contract/reset/medic_rig.h"
#include "contract/reset/resets_at_the_answer.h"
#include "machine/thread.h"
#include "nt/status.h"
#include "ntos/po/system_power.h"
#include "scenario/reset_client.h"

namespace drydock::test::reset {
namespace {

using namespace nt;
using namespace std::chrono_literals;
using ntos::pnp::DevnodeState;
using ntos::pnp::manager;

constexpr machine::Duration kWatchdog = 2s;
constexpr machine::Duration kIdleTimeout = 5s;

struct EduRig : MedicRig {
  explicit EduRig(Filters filters = {}) : MedicRig(kBoard, {}, "edu", std::move(filters)) {}
};

void pass(machine::Duration duration) {
  machine::delay_until(machine::Machine::current().now() + duration, false, false);
}

TEST(Edu, ComputesAndCopies) {
  EduRig rig;
  rig.run([&] {
    user::File file = rig.open();
    ASSERT_TRUE(file);
    EXPECT_EQ(factorial(file, 5), 120u);
    const auto data = pattern(1000, 1);
    EXPECT_EQ(file.write(data, 96).information, data.size());
    std::vector<std::byte> back(data.size());
    EXPECT_EQ(file.read(back, 96).information, data.size());
    EXPECT_EQ(back, data);
    EXPECT_EQ(file.read(back, 4000).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(file.read(back, 1ull << 40).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(rig.statistics().Completed, 3u);
  });
}

TEST(Edu, CancelsTheRequestOnTheDeviceToo) {
  EduRig rig;
  rig.run([&] {
    user::File file = rig.open();
    auto first = start_factorial(file, 3);
    auto second = start_factorial(file, 4);
    file.cancel_io();
    EXPECT_EQ(first->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(second->wait().status, STATUS_CANCELLED);
    // What the device still does for the first is not taken for the third's.
    EXPECT_EQ(factorial(file, 5), 120u);
  });
}

TEST(Edu, ALostInterruptIsFoundAndNoReasonForAReset) {
  EduRig rig;
  rig.run([&] {
    user::File file = rig.open();
    rig.strike("lose_interrupt");
    EXPECT_EQ(factorial(file, 6), 720u);
    EXPECT_GE(rig.now(), kWatchdog);
    const EDU_STATISTICS statistics = rig.statistics();
    EXPECT_EQ(statistics.LostInterrupts, 1u);
    EXPECT_EQ(statistics.FunctionResets, 0u);
  });
}

TEST(Edu, AHangIsMendedByAFunctionLevelReset) {
  EduRig rig;
  rig.run([&] {
    user::File file = rig.open();
    const auto data = pattern(512, 2);
    EXPECT_TRUE(file.write(data, 0).ok());
    rig.strike("hang");
    EXPECT_EQ(factorial(file, 7), 5040u);
    std::vector<std::byte> back(data.size());
    EXPECT_TRUE(file.read(back, 0).ok());
    EXPECT_EQ(back, data) << "the reset has cleared the device's buffer, and nobody put it back";
    const EDU_STATISTICS statistics = rig.statistics();
    EXPECT_EQ(statistics.Hangs, 1u);
    EXPECT_EQ(statistics.FunctionResets, 1u);
    EXPECT_EQ(statistics.Recoveries, 1u);
    EXPECT_EQ(rig.loads(), 1u);
  });
}

// Without requests the device goes to D3 by itself; a request brings it back, with what it held.
TEST(Edu, WDF_088_SleepsWhenIdleAndIsWokenByARequest) {
  EduRig rig;
  rig.run([&] {
    user::File file = rig.open();
    const auto data = pattern(512, 3);
    EXPECT_TRUE(file.write(data, 1024).ok());
    pass(kIdleTimeout + 1s);
    EXPECT_EQ(rig.node().device_power, PowerDeviceD3);
    // What needs no device does not wake it.
    rig.statistics_of(file);
    EXPECT_EQ(rig.node().device_power, PowerDeviceD3);
    std::vector<std::byte> back(data.size());
    EXPECT_TRUE(file.read(back, 1024).ok());
    EXPECT_EQ(back, data);
    EXPECT_EQ(rig.node().device_power, PowerDeviceD0);
  });
}

// What the driver has on the device when the system goes to sleep is given back to the queue and begun anew.
TEST(Edu, ARequestOnTheDeviceOutlastsTheNight) {
  EduRig rig;
  rig.run([&] {
    user::File file = rig.open();
    auto request = start_factorial(file, 8);
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    pass(1s);
    EXPECT_FALSE(request->done());
    EXPECT_TRUE(ntos::po::wake().ok());
    EXPECT_EQ(answer_of(*request), 40320u);
  });
}

TEST(Edu, NoticesAResetThatSomebodyElseMade) {
  EduRig rig;
  rig.run([&] {
    user::File file = rig.open();
    const auto data = pattern(512, 5);
    ASSERT_TRUE(file.write(data, 0).ok());
    scenario::ResetClient somebody(rig.node().pdo);
    EXPECT_EQ(somebody.reset(FunctionLevelDeviceReset), STATUS_SUCCESS);
    std::vector<std::byte> back(data.size());
    EXPECT_TRUE(file.read(back, 0).ok());
    EXPECT_EQ(back, data);
    EXPECT_EQ(rig.statistics().Hangs, 0u);
    EXPECT_EQ(rig.statistics().Recoveries, 1u);
  });
}

TEST(Edu, AnAnswerThatAResetTookAwayIsComputedAnew) {
  ResetsAtTheAnswer somebody;
  EduRig rig;
  rig.run([&] {
    user::File file = rig.open();
    somebody.model = &rig.model();
    rig.machine().add_witness(somebody);
    EXPECT_EQ(factorial(file, 6), 720u);
    EXPECT_EQ(rig.statistics().Recoveries, 1u);
  });
}

TEST(EduFilter, ForwardsAboveAndBelow) {
  EduRig rig(MedicRig::Filters{.lower = {"edu_filter"}, .upper = {"edu_filter"}});
  rig.run([&] {
    user::File file = rig.open();
    ASSERT_TRUE(file);
    EXPECT_EQ(factorial(file, 9), 362880u);
    const auto data = pattern(700, 4);
    EXPECT_TRUE(file.write(data, 0).ok());
    std::vector<std::byte> back(data.size());
    EXPECT_TRUE(file.read(back, 0).ok());
    EXPECT_EQ(back, data);
    // A request is cancelled through the filter, which has it sent and not in a queue.
    {
      auto request = start_factorial(file, 3);
      file.cancel_io();
      EXPECT_EQ(request->wait().status, STATUS_CANCELLED);
      // Its life with two more devices in the stack.
      auto outlasting = start_factorial(file, 4);
      EXPECT_TRUE(manager().rebalance(rig.node().id).ok());
      EXPECT_EQ(answer_of(*outlasting), 24u);
    }
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_TRUE(ntos::po::wake().ok());
    EXPECT_EQ(factorial(file, 5), 120u);
    file.close();
    EXPECT_TRUE(manager().remove(rig.node().id).ok());
  });
}

}  // namespace
}  // namespace drydock::test::reset
