// The power manager as real drivers see it.

#include "contract/pnp/stack_rig.h"

#include "bus/board/build_board.h"
#include "machine/thread.h"
#include "nt/irql.h"
#include "nt/power.h"
#include "ntos/pnp/device_api.h"
#include "ntos/po/power.h"
#include "ntos/po/system_power.h"
#include "ntos/ps/thread.h"

namespace drydock::test::pnp {
namespace {

using namespace std::chrono_literals;
namespace po = ntos::po;
constexpr const char16_t* kChildId = u"PUPPET\\CHILD";

struct Tree : StackRig {
  Tree() { driver("bus", "bus_puppet").driver("child").package(kRootId, "bus").package(kChildId, "child"); }
  void run_tree(const std::function<void(Manager&)>& body) {
    run([this] { puppet("bus").Children = 1; }, [&](Manager& manager) { forget(), body(manager); });
  }
};

TEST(Power, PO_001_PO_002_EverybodyIsAskedThenToldChildrenFirst) {
  Tree rig;
  rig.run_tree([&](Manager&) {
    EXPECT_TRUE(po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(rig.seen_by_all(),
              "child QUERY_S3, bus/0 QUERY_S3, bus QUERY_S3, child SET_S3, bus/0 SET_S3, bus SET_S3");
    EXPECT_TRUE(po::wake().ok());
    EXPECT_EQ(rig.seen_by_all(), "bus SET_S0, child SET_S0, bus/0 SET_S0");
  });
}

TEST(Power, PO_003_ARefusalTellsAllThatWereAskedThatTheSystemStaysAwake) {
  Tree rig;
  rig.run_tree([&](Manager&) {
    rig.puppet("bus").RefusePower[IRP_MN_QUERY_POWER] = static_cast<PU32>(STATUS_DEVICE_BUSY);
    const Change change = po::sleep(PowerSystemSleeping1);
    EXPECT_EQ(change.status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(change.devnode, rig.node(kRootId).id);
    EXPECT_EQ(rig.seen_by_all(),
              "child QUERY_S1, bus/0 QUERY_S1, bus QUERY_S1, bus SET_S0, child SET_S0, bus/0 SET_S0");
    EXPECT_EQ(po::wake().status, STATUS_INVALID_DEVICE_STATE);
  });
}

TEST(Power, PO_004_ThePolicyOwnersDeviceIrpGoesToTheTopOfItsStack) {
  StackRig rig;
  rig.driver("function").driver("upper").package(kEduId, "function", {}, {"upper"});
  rig.run([&] { rig.puppet("function").OwnsPowerPolicy = 1; },
          [&](Manager& manager) {
            rig.forget();
            EXPECT_TRUE(po::sleep(PowerSystemHibernate).ok());
            manager.wait_until_settled();
            EXPECT_EQ(
                rig.seen_by_all(),
                "upper QUERY_S4, function QUERY_S4, upper SET_S4, function SET_S4, upper SET_D3, function SET_D3");
            EXPECT_EQ(rig.node(kEduId).device_power, PowerDeviceD3);
            EXPECT_TRUE(po::wake().ok());
            EXPECT_EQ(rig.seen_by_all(), "upper SET_S0, function SET_S0, upper SET_D0, function SET_D0");
            EXPECT_EQ(rig.node(kEduId).device_power, PowerDeviceD0);
          });
}

TEST(Power, PO_005_AStackThatMayBePagedGetsItsPowerIrpsAtPassiveLevel) {
  StackRig rig;
  rig.driver("function").package(kEduId, "function");
  rig.run({}, [&](Manager&) {
    rig.forget();
    auto* device = reinterpret_cast<DEVICE_OBJECT*>(rig.puppet("function").Device);
    struct Ended {
      bool done = false;
      NTSTATUS status = 0;
      static VOID NTAPI call(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID context, IO_STATUS_BLOCK* block) {
        static_cast<Ended*>(context)->done = true;
        static_cast<Ended*>(context)->status = block->Status;
      }
    };
    auto* ended = new Ended;
    machine::queue_dpc(0, [&] {
      POWER_STATE wanted{};
      wanted.DeviceState = PowerDeviceD3;
      EXPECT_EQ(ntos::PoRequestPowerIrp(device, IRP_MN_SET_POWER, wanted, Ended::call, ended, nullptr), STATUS_PENDING);
    });
    machine::delay_until(rig.machine().now() + 1s, false, false);
    ASSERT_EQ(rig.puppet("function").LineCount, 1u);
    EXPECT_EQ(rig.puppet("function").Lines[0].Irql, PASSIVE_LEVEL);
    EXPECT_TRUE(ended->done);
    EXPECT_EQ(ended->status, STATUS_SUCCESS);
  });
}

TEST(Power, PO_006_OnlyPowerIrpsOfThreeKindsCanBeAskedFor) {
  StackRig rig;
  rig.driver("function").package(kEduId, "function");
  rig.run({}, [&](Manager&) {
    POWER_STATE state{};
    auto* device = reinterpret_cast<DEVICE_OBJECT*>(rig.puppet("function").Device);
    EXPECT_EQ(ntos::PoRequestPowerIrp(device, IRP_MN_POWER_SEQUENCE, state, nullptr, nullptr, nullptr),
              STATUS_INVALID_PARAMETER_2);
  });
}

TEST(Power, PO_007_AnIdleDeviceIsPutToSleepOnceUntilItIsBusyAgain) {
  StackRig rig;
  rig.driver("function").package(kEduId, "function");
  rig.run({}, [&](Manager& manager) {
    rig.forget();
    auto* device = reinterpret_cast<DEVICE_OBJECT*>(rig.puppet("function").Device);
    ULONG* busy = ntos::PoRegisterDeviceForIdleDetection(device, 5, 5, PowerDeviceD3);
    ASSERT_NE(busy, nullptr);
    for (int second = 0; second < 8; ++second) {
      machine::delay_until(rig.machine().now() + 1s, false, false);
      *busy = 0;
    }
    EXPECT_EQ(rig.seen("function"), "");
    machine::delay_until(rig.machine().now() + 20s, false, false);
    EXPECT_EQ(rig.seen("function"), "SET_D3");
    *busy = 0;
    machine::delay_until(rig.machine().now() + 10s, false, false);
    EXPECT_EQ(rig.seen("function"), "SET_D3");
    EXPECT_EQ(ntos::PoRegisterDeviceForIdleDetection(device, 0, 0, PowerDeviceD3), nullptr);
    machine::delay_until(rig.machine().now() + 60s, false, false);
    EXPECT_EQ(rig.seen("function"), "");
    (void)manager;
  });
}

TEST(Power, PO_008_APowerIrpKeptForTenMinutesStopsTheSystem) {
  StackRig rig;
  rig.driver("function").package(kEduId, "function");
  rig.expect_findings();
  rig.run({}, [&](Manager&) {
    rig.puppet("function").HoldsSetPower = 1;
    po::sleep(PowerSystemSleeping3);
  });
  ASSERT_FALSE(rig.findings().empty());
  const machine::Finding& stop = rig.findings().back();
  ASSERT_TRUE(stop.bug_check);
  EXPECT_EQ(stop.bug_check->code, 0x9Fu);
  EXPECT_EQ(stop.bug_check->parameters[0], 3u);
  EXPECT_EQ(stop.bug_check->parameters[3], rig.puppet("function").HeldPower);
  EXPECT_GE(stop.at, machine::Time{10min});
  EXPECT_LT(stop.at, machine::Time{11min});
}

TEST(DeviceReset, RST_091_RST_201_AHeldPowerIrpKeepsTheSurpriseRemovalBack) {
  StackRig rig;
  rig.driver("function").package(kEduId, "function");
  rig.run({}, [&](Manager& manager) {
    rig.forget();
    rig.puppet("function").HoldsSetPower = 1;
    ntos::ps::create_system_thread("sleep", [] { po::sleep(PowerSystemSleeping3); });
    machine::delay_until(rig.machine().now() + 1s, false, false);
    EXPECT_NE(rig.puppet("function").HeldPower, 0u);
    bus::board::unplug(rig.machine(), kEduSlot);
    machine::delay_until(rig.machine().now() + 1s, false, false);
    EXPECT_EQ(rig.seen("function"), "QUERY_S3 SET_S3");
    rig.call("function", "PnpPuppetRelease");
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("function"), "SURPRISE_REMOVAL REMOVE");
  });
}

}  // namespace
}  // namespace drydock::test::pnp
