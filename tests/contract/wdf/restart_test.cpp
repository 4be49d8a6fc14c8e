// How often a device that fails is brought back (docs/contracts/reset.md, docs/contracts/wdf.md section 18).

#include <algorithm>

#include "contract/wdf/wdf_rig.h"
#include "ntos/cm/registry.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

constexpr PU32 kFailure = 0xC0000001;

struct Rig : WdfRig {
  /// The device, whether it has a driver or not.
  static Devnode& node(Manager& manager) {
    Devnode* found = nullptr;
    for (const auto& line : manager.tree())
      if (Devnode* each = manager.find(line.devnode); each && each->device_id.starts_with(kWdfId)) found = each;
    EXPECT_NE(found, nullptr);
    return *found;
  }
  /// A new instance of the device in its old place.
  void replug(Manager& manager) {
    const ntos::pnp::DevnodeId bus = node(manager).parent->id;
    unplug();
    manager.wait_until_settled();
    plug();
    manager.scan(bus);
    manager.wait_until_settled();
  }
  /// The started device calls WdfDeviceSetFailed, as ordered.
  static void fail(Manager& manager) { fail_device(manager, node(manager)); }
  static void fail_device(Manager& manager, const Devnode& device) {
    manager.query_and_cancel_stop(device.id);
    manager.wait_until_settled();
  }
  static ntos::cm::Key& key(Manager& manager) {
    return *ntos::cm::registry().device_hardware_key(node(manager).instance_path).open(u"WDF\\Restart");
  }
};

TEST(WdfRestart, RST_150_RST_152_RST_153_RST_154_WDF_371_AStartedDeviceIsBroughtBackFiveTimesAMinute) {
  Rig rig;
  rig.orders(0).SetFailedIn = 1 + PuppetQueryStop;
  rig.orders(0).SetFailedAction = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    for (unsigned restarts = 1; restarts <= 5; ++restarts) {
      rig.fail(manager);
      EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
      EXPECT_EQ(rig.count(PuppetDeviceAdd), 1 + restarts);
      EXPECT_EQ(rig.key(manager).dword(u"Count"), restarts);
    }
    EXPECT_TRUE(rig.key(manager).is_volatile());
    EXPECT_EQ(rig.key(manager).dword(u"StartAchieved"), 1u);
    const ntos::cm::Value* start = rig.key(manager).value(u"StartTime");
    ASSERT_NE(start, nullptr);
    EXPECT_EQ(start->type, ULONG{REG_BINARY});
    EXPECT_EQ(start->data.size(), 8u);

    rig.fail(manager);  // the state is invalidated instead
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 6u);
    EXPECT_EQ(rig.node(manager).problem, Problem::FailedPostStart);
    EXPECT_EQ(rig.key(manager).dword(u"Count"), 5u);

    rig.sleep(61s);
    rig.replug(manager);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    rig.fail(manager);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 8u);
    EXPECT_EQ(rig.key(manager).dword(u"Count"), 1u);
    EXPECT_EQ(rig.key(manager).dword(u"StartAchieved"), 0u);
  });
}

TEST(WdfRestart, RST_152_RST_153_WDF_371_ADeviceThatNeverStartsGetsOneWindowOnly) {
  Rig rig;
  rig.orders(0).Status[PuppetPrepareHardware] = kFailure;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 6u);
    rig.sleep(61s);
    rig.replug(manager);
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 7u);

    // A window that opened later than now is none.
    const std::uint64_t future = ~0ull >> 1;
    rig.key(manager).set_binary(u"StartTime", std::as_bytes(std::span(&future, 1)));
    rig.replug(manager);
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 7u + 6u);
    // A missing count is one.
    rig.key(manager).delete_value(u"Count");
    rig.replug(manager);
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 13u + 5u);
    // A window that cannot be read is refused.
    rig.key(manager).set_dword(u"StartTime", 1);
    rig.replug(manager);
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 18u + 1u);
  });
}

TEST(WdfRestart, RST_149_ADeviceThatDoesNotEnterD0IsRemovedWithoutD0Exit) {
  for (PU32 successes : {0u, 1u}) {
    Rig rig;
    rig.orders(1).Status[PuppetD0Entry] = kFailure;
    rig.orders(1).FailAfter[PuppetD0Entry] = successes;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      if (successes) {
        ntos::po::sleep(PowerSystemSleeping3);
        manager.wait_until_settled();
        EXPECT_EQ(rig.count(PuppetD0Exit), 1u);  // into D3
        ntos::po::wake();
        rig.sleep(1ms);
        manager.wait_until_settled();
      }
      EXPECT_EQ(rig.count(PuppetD0Exit), successes);
      EXPECT_EQ(rig.count(PuppetSurpriseRemoval), successes);
      EXPECT_EQ(rig.count(PuppetDeviceAdd), 2u);  // the first is gone, the second works
      EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    });
  }
}

TEST(WdfRestart, RST_152_RST_156_WDF_373_AFailingCallbackAsksForARestartUnderTheSameLimit) {
  Rig rig;
  rig.orders(0).Status[PuppetD0Entry] = kFailure;
  rig.orders(0).FailAfter[PuppetD0Entry] = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto state_queries = [&] {
      return std::ranges::count_if(manager.sent_irps(), [&](const ntos::pnp::SentIrp& irp) {
        return irp.major == IRP_MJ_PNP && irp.minor == IRP_MN_QUERY_PNP_DEVICE_STATE;
      });
    };
    for (unsigned failures = 1; failures <= 6; ++failures) {
      const auto before = state_queries();
      ntos::po::sleep(PowerSystemSleeping3);
      ntos::po::wake();
      rig.sleep(1ms);
      manager.wait_until_settled();
      EXPECT_EQ(rig.count(PuppetDeviceAdd), std::min(1 + failures, 6u));
      EXPECT_GT(state_queries(), before);
    }
    EXPECT_EQ(rig.node(manager).problem, Problem::FailedPostStart);
  });

  // A driver that has said itself that it failed is not overruled.
  Rig said;
  said.orders(0).Status[PuppetD0Entry] = kFailure;
  said.orders(0).SetFailedIn = 1 + PuppetD0Entry;
  said.orders(0).SetFailedAction = 2;
  said.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(said.count(PuppetDeviceAdd), 1u);
  });
}

TEST(WdfRestart, RST_151_AFailedDeviceSaysSoUntilItsPdoIsStartedAgain) {
  Rig rig;
  rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
  rig.orders(2).SetFailedIn = 1 + PuppetQueryStop;
  rig.orders(2).SetFailedAction = 2;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    const auto bus = rig.node(manager).id;
    ASSERT_EQ(manager.find(bus)->children.size(), 1u);
    Devnode& child = *manager.find(bus)->children.front();
    const auto says_failed = [&] {
      const auto answer =
          ntos::io::user::send(child.pdo, IRP_MJ_PNP, IRP_MN_QUERY_PNP_DEVICE_STATE,
                               [](IRP* irp, IO_STACK_LOCATION*) { irp->IoStatus.Status = STATUS_NOT_SUPPORTED; });
      EXPECT_EQ(answer.status, STATUS_SUCCESS);
      return (answer.information & PNP_DEVICE_FAILED) != 0;
    };
    EXPECT_FALSE(says_failed());
    rig.fail_device(manager, child);
    EXPECT_EQ(child.problem, Problem::FailedPostStart);
    EXPECT_TRUE(says_failed());
    EXPECT_TRUE(says_failed());
    EXPECT_TRUE(manager.disable(child.id).ok());
    EXPECT_TRUE(manager.enable(child.id).ok());
    manager.wait_until_settled();
    EXPECT_EQ(child.state, DevnodeState::Started);
    EXPECT_FALSE(says_failed());
  });
}

}  // namespace
}  // namespace drydock::test::wdf
