// Power-managed queues: which are, at which level they are stopped, and who waits (docs/contracts/wdf.md, section 13).

#include <algorithm>

#include "../../guest/wdf_queues.h"
#include "contract/wdf/wdf_rig.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

struct Rig : WdfRig {
  explicit Rig(PU32 variant) : WdfRig({}, "wdf_queues") { orders(1).Variant = variant; }
  user::File start(Manager& manager) {
    manager.enumerate_root();
    log();
    return user::open(device(manager));
  }
};

TEST(QueueStop, WDF_283_UsualIsManagedInAFunctionDriverAndNotInAFilter) {
  for (const bool filter : {false, true}) {
    WdfRig rig;  // a filter above, which passes on what it has no queue for
    rig.add_filter(true);
    rig.orders(2).Filter = 1;
    rig.orders(filter ? 2 : 1).Queue = 3;
    rig.orders(filter ? 2 : 1).CompletesReads = 1;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      user::File file = user::open(rig.device(manager));
      ntos::po::sleep(PowerSystemSleeping3);
      rig.log();
      auto read = file.start_read(4);
      EXPECT_EQ(read->done(), filter);
      EXPECT_EQ(rig.log(), filter ? "2:IoRead" : "");
      ntos::po::wake();
      rig.sleep(1ms);
      EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
    });
  }
}

TEST(QueueStop, WDF_283_APdosUsualQueueIsManaged) {
  WdfRig rig;
  rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
  rig.orders(2).Queue = 3;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    user::File file = user::open(manager.find(rig.node(manager).id)->children.at(0)->pdo);
    auto kept = file.start_read(4);
    rig.log();
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_NE(rig.log(2).find("2:IoStop(1)"), std::string::npos);
    ntos::po::wake();
    rig.sleep(1ms);
    rig.unplug();
    EXPECT_EQ(kept->wait().status, STATUS_CANCELLED);
  });
}

TEST(QueueStop, WDF_297_APdoThatIsStartedAgainTakesRequestsInEveryQueue) {
  for (PU32 queue : {1u, 2u}) {
    WdfRig rig;
    rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
    rig.orders(2).Queue = queue;
    rig.orders(2).CompletesReads = 1;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      const auto child = manager.find(rig.node(manager).id)->children.at(0)->id;
      const auto read = [&] { return user::open(manager.find(child)->pdo).start_read(4)->wait().status; };
      EXPECT_EQ(read(), STATUS_SUCCESS);
      EXPECT_TRUE(manager.disable(child).ok());
      EXPECT_TRUE(manager.enable(child).ok());
      EXPECT_EQ(read(), STATUS_SUCCESS);
      EXPECT_EQ(rig.count(PuppetIoRead), 2u);
    });
  }
}

TEST(QueueStop, WDF_299_StopAndResumeAreCalledAtTheQueuesLevel) {
  for (PU32 variant : {kQueueSpins, kQueuePassive}) {
    Rig rig(variant);
    rig.run([&](Manager& manager) {
      user::File file = rig.start(manager);
      auto kept = file.start_read(4);
      ntos::po::sleep(PowerSystemSleeping3);
      ntos::po::wake();
      rig.sleep(1ms);
      EXPECT_EQ(rig.log(), "IoRead; IoStop(1); D0Exit(D3); IoResume");
      EXPECT_EQ(rig.irql_of(PuppetIoStop), variant == kQueueSpins ? 2u : 0u);
      EXPECT_EQ(rig.irql_of(PuppetIoResume), variant == kQueueSpins ? 2u : 0u);
      rig.unplug();
      EXPECT_EQ(kept->wait().status, STATUS_CANCELLED);
    });
  }
}

TEST(QueueStop, WDF_489_ARequestsCleanupRunsAtItsCompletionNotWithItsDevice) {
  Rig rig(kQueueSpins);
  rig.run([&](Manager& manager) {
    user::File file = rig.start(manager);
    auto kept = file.start_read(4);
    rig.unplug();
    EXPECT_EQ(kept->wait().status, STATUS_CANCELLED);
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), "IoRead; IoStop(1); D0Exit(D3Final); IoStop(2); Note(9)");
    kept.reset();
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), "ObjCleanup");
  });
}

TEST(QueueStop, WDF_300_ADriverMayCompleteARequestWhileItIsAskedToStopIt) {
  Rig rig(kQueueRaces);
  rig.run([&](Manager& manager) {
    user::File file = rig.start(manager);
    auto read = file.start_read(4);
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(rig.log(), "IoRead; IoStop(1); Note(1); Note(9); Note(2); D0Exit(D3)");
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
    ntos::po::wake();
    rig.sleep(1ms);
  });
}

TEST(QueueStop, WDF_303_WDF_453_AMinuteOfWaitingNamesQueueAndDeviceAndGoesOn) {
  Rig rig(kQueueNever);
  rig.expect({"WDF-453"});
  rig.run([&](Manager& manager) {
    user::File file = rig.start(manager);
    auto read = file.start_read(4);
    const machine::Time before = rig.machine().now();
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_GE(rig.machine().now() - before, 69s);
    EXPECT_EQ(rig.log(), "IoRead; IoStop(1); Note(1); Note(9); D0Exit(D3)");
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
    ntos::po::wake();
    rig.sleep(1ms);
  });
  const auto& findings = rig.machine().findings();
  const auto said = std::ranges::find(findings, "WDF-453", &machine::Finding::rule);
  ASSERT_NE(said, findings.end());
  EXPECT_NE(said->summary.find("WDFQUEUE#"), std::string::npos) << said->summary;
  EXPECT_NE(said->summary.find("WDFDEVICE#"), std::string::npos) << said->summary;
  EXPECT_NE(said->summary.find("WDFREQUEST#"), std::string::npos) << said->summary;
}

}  // namespace
}  // namespace drydock::test::wdf
