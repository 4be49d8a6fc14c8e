// What holds while EvtDeviceReleaseHardware runs, seen from outside of it (docs/contracts/wdf.md, section 10).

#include <algorithm>

#include "contract/wdf/wdf_rig.h"
#include "ntos/io/user.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

/// EvtDeviceReleaseHardware of device 1 takes 20 ms.
struct SlowRelease : WdfRig {
  SlowRelease() {
    orders(1).WaitsIn = 1 + PuppetReleaseHardware;
    orders(1).WaitMilliseconds = 20;
  }
  user::File open(Manager& manager) {
    NTSTATUS status;
    user::File file = user::open(device(manager), &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
    log();
    return file;
  }
};

TEST(ReleaseState, WDF_233_WDF_234_WDF_293_ManagedQueuesAreStillAndAKeptRequestIsStillTheDrivers) {
  SlowRelease rig;
  rig.orders(1).Queue = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    user::File file = rig.open(manager);
    auto kept = file.start_read(4);
    std::unique_ptr<user::Request> late;
    rig.beside([&] { EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok()); },
               [&] {
                 rig.sleep(10ms);
                 EXPECT_EQ(rig.log(),
                           "IoRead; QueryStop; SmSuspend; IoStop(1); PreInt(D3Final); D0Exit(D3Final); "
                           "ReleaseHardware");
                 EXPECT_FALSE(kept->done());
                 late = file.start_read(4);
                 rig.sleep(5ms);
                 EXPECT_EQ(rig.log(), "");  // nothing is delivered
                 EXPECT_FALSE(late->done());
               });
    // What was kept comes before what is new.
    EXPECT_EQ(rig.log(),
              "RemoveAdded; PrepareHardware; D0Entry(D3Final); PostInt(D3Final); IoResume; IoRead; SmRestart");
    rig.unplug();
    EXPECT_EQ(kept->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(late->wait().status, STATUS_CANCELLED);
  });
}

TEST(ReleaseState, WDF_234_WDF_476_WDF_485_OtherQueuesDeliverEvenBetweenStopAndStart) {
  SlowRelease rig;
  rig.orders(1).Queue = 2;
  rig.orders(1).CompletesReads = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    user::File file = rig.open(manager);
    rig.beside([&] { EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok()); },
               [&] {
                 rig.sleep(10ms);
                 rig.log();
                 EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
                 EXPECT_EQ(rig.log(), "IoRead");
               });
    EXPECT_EQ(rig.log().find("RemoveAdded"), 0u);  // ReleaseHardware was not over
  });
}

TEST(ReleaseState, WDF_238_WDF_318_EnablersHaveBeenThroughTheirDownCallbacks) {
  WdfRig rig;
  rig.orders(1).Interrupts = 1;
  rig.orders(1).Enablers = 2;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(1).find("QueryRemove; SmSuspend; DmaStop(1); DmaDisable(1); DmaFlush(1); DmaStop(2); "
                              "DmaDisable(2); DmaFlush(2); PreInt(D3Final); IntDisable(1); D0Exit(D3Final); "
                              "ReleaseHardware; "),
              0u);
  });
}

TEST(ReleaseState, WDF_242_TheOldResourcesAreStillTheDevicesWhileItRuns) {
  SlowRelease rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const PU32 old = rig.puppet().Seen[SeenPrepareList + 2];
    const auto claimed_by_device = [&](PU32 address) {
      const auto id = rig.node(manager).id;
      return std::ranges::any_of(manager.arbiter().claims(), [&](const ntos::pnp::Arbiter::Claim& claim) {
        return claim.owner == id && static_cast<PU32>(claim.resource.start) == address;
      });
    };
    EXPECT_TRUE(claimed_by_device(old));
    rig.beside([&] { manager.rebalance(rig.node(manager).id, Manager::NewResources::Other); },
               [&] {
                 rig.sleep(10ms);
                 EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
                 EXPECT_TRUE(claimed_by_device(old));
               });
    EXPECT_FALSE(claimed_by_device(old));
    EXPECT_TRUE(claimed_by_device(rig.puppet().Seen[SeenPrepareList + 2]));
  });
}

TEST(ReleaseState, WDF_244_BothListsOfPrepareAreStillGood) {
  WdfRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    const PUPPET& puppet = rig.puppet();
    EXPECT_GT(puppet.Seen[SeenPrepareList + 1], 0u);
    EXPECT_EQ(puppet.Seen[SeenReleaseList + 1], puppet.Seen[SeenPrepareList + 1]);
    EXPECT_EQ(puppet.Seen[SeenRawAgain], puppet.Seen[SeenPrepareList + 1]);
  });
}

TEST(ReleaseState, WDF_248_WDF_446_TheRegistersAreOutOfReach) {
  for (const bool pulled : {false, true}) {
    WdfRig rig;
    rig.orders(1).MapsBar = 1;
    rig.orders(1).ReadsRegisterIn = 1 + PuppetReleaseHardware;
    rig.expect({"WDF-446"});
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      if (pulled) {
        rig.unplug();
        manager.wait_until_settled();
        EXPECT_EQ(rig.puppet().Seen[SeenRegister], ~0u);
      } else {
        EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
      }
    });
  }
}

TEST(ReleaseState, WDF_249_D0ExitIsNoPlaceForReleasing) {
  {
    WdfRig rig;  // not called after a failed D0Entry
    rig.orders(1).Status[PuppetD0Entry] = 0xC0000001;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      const std::string log = rig.log(1);
      EXPECT_NE(log.find("PrepareHardware; D0Entry(D3Final); ReleaseHardware"), std::string::npos) << log;
      EXPECT_EQ(log.find("D0Exit"), std::string::npos) << log;
    });
  }
  {
    WdfRig rig;  // not again for a device in Dx
    rig.orders(1).IdleMilliseconds = 10;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      rig.sleep(100ms);
      EXPECT_EQ(rig.count(PuppetD0Exit), 1u);
      rig.unplug();
      manager.wait_until_settled();
      EXPECT_EQ(rig.count(PuppetD0Exit), 1u);
      EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
    });
  }
  WdfRig rig;  // and D3Final is no sign of removal
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_NE(rig.log().find("D0Exit(D3Final); ReleaseHardware; RemoveAdded; PrepareHardware"), std::string::npos);
    ntos::po::sleep(PowerSystemShutdown);
    EXPECT_EQ(rig.log(), "SmSuspend; PreInt(D3Final); D0Exit(D3Final)");
  });
}

TEST(ReleaseState, WDF_253_WDF_255_OneStackReleasesFromTheTopDown) {
  for (const bool upper : {false, true}) {
    WdfRig rig;
    rig.add_filter(upper);
    // Device 1 sits below device 2.
    rig.orders(upper ? 2 : 1).Filter = 1;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      rig.log();
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
      const std::string log = rig.log();
      const auto upper_release = log.find("2:ReleaseHardware"), lower_suspend = log.find("; SmSuspend"),
                 lower_release = log.find("; ReleaseHardware");
      ASSERT_NE(upper_release, std::string::npos) << log;
      ASSERT_NE(lower_release, std::string::npos) << log;
      EXPECT_LT(upper_release, lower_suspend) << log;  // the lower one is still started meanwhile
      EXPECT_LT(lower_suspend, lower_release);
      // The filter's own, by the same rules: turned off before, context and objects gone after.
      for (const char* each : {"2:", ""}) {
        const std::string number(each);
        const auto release = log.find("; " + number + "ReleaseHardware");
        EXPECT_LT(log.find("; " + number + "D0Exit(D3Final)"), release) << log;
        EXPECT_GT(log.find("; " + number + "SmFlush"), release) << log;
        EXPECT_GT(log.find("; " + number + "ObjCleanup"), release) << log;
      }
    });
  }
}

TEST(ReleaseState, WDF_254_TheLowerDriverStillServesInStopAndRemoval) {
  for (const char* how : {"stop", "remove", "pull"}) {
    WdfRig rig;
    rig.add_filter(false);
    rig.orders(1).Queue = 2;  // the filter below answers reads
    rig.orders(1).Filter = 1;
    rig.orders(1).CompletesReads = 1;
    rig.orders(2).SendsReadIn = 1 + PuppetReleaseHardware;
    if (std::string(how) == "pull")
      rig.orders(1).Status[PuppetIoRead] = 0xC000009D;  // as a driver whose device is gone
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      rig.puppet().Seen[SeenSendStatus] = 7;
      rig.log();
      const auto id = rig.node(manager).id;
      if (std::string(how) == "stop") {
        EXPECT_TRUE(manager.rebalance(id).ok());
      } else if (std::string(how) == "remove") {
        EXPECT_TRUE(manager.remove(id).ok());
      } else {
        rig.unplug();
        manager.wait_until_settled();
      }
      EXPECT_NE(rig.log().find("2:ReleaseHardware; IoRead; "), std::string::npos) << how;
      EXPECT_EQ(rig.puppet().Seen[SeenSendStatus], std::string(how) == "pull" ? 0xC000009Du : 0u) << how;
    });
  }
}

TEST(ReleaseState, WDF_166_AfterAPullTheLowerDriversAnswerIsAFailureAndTheOwnRequestEnds) {
  WdfRig rig;
  rig.add_filter(false);
  rig.orders(1).Filter = 1;
  for (unsigned number : {1u, 2u}) {
    rig.orders(number).Queue = 2;
    rig.orders(number).CompletesReads = 1;
  }
  rig.orders(2).SendsReadIn = 1 + PuppetIoRead;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    NTSTATUS status;
    user::File file = user::open(rig.device(manager), &status);
    ASSERT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.puppet().Seen[SeenSendStatus], 0u);
    rig.orders(1).Status[PuppetIoRead] = 0xC000009D;  // STATUS_DEVICE_NOT_CONNECTED, its choice
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.puppet().Seen[SeenSendStatus], 0xC000009Du);
  });
}

TEST(ReleaseState, WDF_256_WDF_137_HandlesMayBeOpenOnlyInSurpriseRemoval) {
  WdfRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    NTSTATUS status;
    user::File file = user::open(rig.device(manager), &status);
    ASSERT_EQ(status, STATUS_SUCCESS);
    rig.log();
    EXPECT_FALSE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(), "QueryRemove");
    EXPECT_NE(rig.requests().find("QUERY_REMOVE CANCEL_REMOVE"), std::string::npos);
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), "SurpriseRemoval; SmSuspend; PreInt(D3Final); D0Exit(D3Final); ReleaseHardware; SmFlush");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), "SmCleanup; ObjCleanup; ObjDestroy");
  });
}

}  // namespace
}  // namespace drydock::test::wdf
