// Surprise removal (docs/contracts/wdf.md, section 8).

#include "contract/wdf/host_filter.h"
#include "contract/wdf/lifecycle.h"
#include "machine/refusal.h"
#include "ntos/cm/registry.h"

namespace drydock::test::wdf {
namespace {

TEST(WdfSurprise, WDF_153_BetweenSurpriseRemovalAndRemove) {
  Life rig;
  rig.orders(1).Queue = 2;  // not power-managed
  rig.orders(1).CompletesReads = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto file = user::open(rig.device(manager));
    auto second = user::open(rig.device(manager));
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), joined({"SurpriseRemoval", kDownFinal, "ReleaseHardware; SmFlush"}));
    EXPECT_EQ(rig.requests(), "SURPRISE_REMOVAL");
    rig.sleep(3600s);  // as long as it takes
    EXPECT_EQ(rig.log(), "");
    EXPECT_EQ(rig.count(PuppetObjCleanup), 0u);
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);  // its queue lives on
    EXPECT_EQ(rig.log(), "IoRead");
    second.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), "");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), joined({"SmCleanup", kObjects, kUnloaded}));
    EXPECT_EQ(rig.requests(), "REMOVE");
  });
}

TEST(WdfSurprise, WDF_154_WDF_211_FailuresChangeNeitherOrderNorStatus) {
  for (PuppetCall call : {PuppetSmSuspend, PuppetPreInt, PuppetIntDisable, PuppetD0Exit, PuppetReleaseHardware}) {
    Life rig;
    rig.orders(1).Status[call] = kFailed;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      const std::u16string path = rig.node(manager).instance_path;
      rig.unplug();
      manager.wait_until_settled();
      EXPECT_EQ(rig.log(1), joined({"SurpriseRemoval", kDownFinal, "ReleaseHardware; SmFlush; SmCleanup", kObjects}));
      EXPECT_EQ(rig.requests(), "SURPRISE_REMOVAL REMOVE");
      // A failure the framework found itself is worth a new instance; ReleaseHardware's is none.
      auto* key = ntos::cm::registry().device_hardware_key(path).open(u"WDF\\Restart");
      EXPECT_EQ(key && key->dword(u"Count").value_or(0) == 1, call != PuppetReleaseHardware) << call;
    });
  }
}

TEST(WdfSurprise, WDF_033_WDF_155_WDF_170_WDF_488_SurpriseRemovalBesideAPowerCallback) {
  Life up;  // the device is pulled while D0Entry of an idle transition runs
  up.orders(1).IdleMilliseconds = 10;
  up.orders(1).Queue = up.orders(1).CompletesReads = 1;
  up.does(0, PuppetD0Entry, PuppetBlock, 50, 2);
  up.run([&](Manager& manager) {
    up.start(manager);
    auto file = user::open(up.device(manager));
    up.sleep(100ms);
    auto read = file.start_read(4);
    while (up.count(PuppetD0Entry) == 1) up.sleep(1ms);
    up.log();
    up.unplug();
    manager.wait_until_settled();
    const std::string log = up.log();
    EXPECT_EQ(log.rfind("SurpriseRemoval; IntEnable(1); IntEnable(2); PostInt(D3); ", 0), 0u) << log;
    EXPECT_NE(log.find("SmSuspend; PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final); ReleaseHardware; "
                       "SmFlush"),
              std::string::npos)
        << log;
    read->wait();
    read.reset();
    file.close();
  });
  Life down;  // or D0Exit
  down.orders(1).IdleMilliseconds = 10;
  down.does(0, PuppetD0Exit, PuppetBlock, 50, 1);
  down.run([&](Manager& manager) {
    down.start(manager);
    while (down.count(PuppetD0Exit) == 0) down.sleep(1ms);
    down.log();
    const auto before = machine::Machine::current().now();
    down.unplug();
    manager.wait_until_settled();
    EXPECT_GE(machine::Machine::current().now() - before, 40ms);
    EXPECT_EQ(down.log(1), joined({"SurpriseRemoval; ReleaseHardware; SmFlush; SmCleanup", kObjects}));
    EXPECT_EQ(down.count(PuppetD0Exit), 1u);
  });
}

TEST(WdfSurprise, WDF_488_OrAfterItIfAScheduleSaysSo) {
  struct After final : machine::Strategy {
    std::uint32_t answer(const char* site, std::uint32_t) override { return std::string_view(site) == "wdf.surprise"; }
  };
  for (const PU32 blocked : {50u, 500u}) {  // that one may be waiting for it: it comes in the end
    WdfRig rig([] { return std::make_unique<After>(); });
    rig.orders(1).IdleMilliseconds = 10;
    rig.orders(1).Deeds[0] = {1u + PuppetD0Exit, PuppetBlock, blocked, 1, 0, 0};
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      while (rig.count(PuppetD0Exit) == 0) rig.sleep(1ms);
      rig.log();
      const auto before = machine::Machine::current().now();
      rig.unplug();
      while (rig.count(PuppetSurpriseRemoval) == 0) rig.sleep(1ms);
      const auto waited = machine::Machine::current().now() - before;
      EXPECT_GE(waited, 40ms);
      EXPECT_LE(waited, 150ms);
      manager.wait_until_settled();
      EXPECT_EQ(rig.log(1).rfind("SurpriseRemoval; ReleaseHardware; SmFlush", 0), 0u);
    });
  }
}

TEST(WdfSurprise, WDF_155_WDF_170_SurpriseRemovalAfterReleaseHardwareOfAFailedTransition) {
  Life rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.orders(1).Status[PuppetD0Exit] = kFailed;
  rig.does(0, PuppetReleaseHardware, PuppetBlock, 50, 1);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    while (rig.count(PuppetReleaseHardware) == 0) rig.sleep(1ms);  // the clean-up is running
    rig.log();
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), joined({"SmFlush; SurpriseRemoval; SmCleanup", kObjects}));
  });
}

TEST(WdfSurprise, WDF_032_SurpriseRemovalWaitsForPrepareHardware) {
  Life rig;
  rig.does(0, PuppetPrepareHardware, PuppetBlock, 50);
  bool pulled = false;
  rig.on(PuppetPrepareHardware, [&] {
    if (!pulled) rig.unplug();
    pulled = true;
  });
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    const std::string log = rig.log(1);
    // START goes on to its end (or fails on the way); SurpriseRemoval comes after PrepareHardware's 50 ms.
    const auto prepare = log.find("PrepareHardware"), next = log.find("D0Entry"), surprise = log.find("SurpriseRemoval");
    ASSERT_NE(surprise, std::string::npos) << log;
    EXPECT_LT(prepare, next);
    EXPECT_LT(next, surprise) << log;
    EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
  });
  // The questions, too, run one after the other: all in the PnP machine.
  Life asked;
  asked.does(0, PuppetQueryStop, PuppetBlock, 50);
  asked.run([&](Manager& manager) {
    asked.start(manager);
    asked.on(PuppetQueryStop, [&] { asked.unplug(); });
    manager.rebalance(asked.node(manager).id);
    manager.wait_until_settled();
    const std::string log = asked.log(1);
    EXPECT_EQ(log.rfind("QueryStop; SmSuspend", 0), 0u) << log;
    EXPECT_EQ(asked.count(PuppetSurpriseRemoval), 1u);
    EXPECT_EQ(asked.count(PuppetReleaseHardware), 1u);
  });
}

TEST(WdfSurprise, WDF_157_S38_PulledBeforeItStarted) {
  Life rig;
  rig.orders(1).Interrupts = rig.orders(1).MapsBar = 0;
  rig.orders(1).Children = 1;  // a child without a driver: its PDO is never started
  rig.orders(2) = {};
  rig.run([&](Manager& manager) {
    rig.start(manager);
    DEVICE_OBJECT* pdo = manager.find_id(kWdfId)->children.at(0)->pdo;
    EXPECT_EQ(send_pnp(pdo, IRP_MN_SURPRISE_REMOVAL), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "");
  });
  // A function device, between EvtDriverDeviceAdd and START.
  Life pulled;
  pulled.orders(1).Omits[PuppetFilterRemove] = PUPPET_WANTED;  // runs before START
  bool gone = false;
  pulled.on(PuppetFilterRemove, [&] {
    if (!gone) pulled.unplug();
    gone = true;
  });
  pulled.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    const std::string log = pulled.log(1);
    EXPECT_EQ(pulled.count(PuppetSurpriseRemoval), 0u);
    EXPECT_EQ(pulled.count(PuppetPrepareHardware), 0u);
    EXPECT_TRUE(log.ends_with(kObjects)) << log;
  });
}

TEST(WdfSurprise, WDF_158_SurpriseRemovalOfADeviceThatHasAgreed) {
  for (const bool stop : {true, false}) {
    Life rig;
    rig.orders(1).IdleMilliseconds = 10;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      DEVICE_OBJECT* device = rig.device(manager);
      EXPECT_EQ(send_pnp(device, stop ? IRP_MN_QUERY_STOP_DEVICE : IRP_MN_QUERY_REMOVE_DEVICE), STATUS_SUCCESS);
      rig.sleep(100ms);
      EXPECT_EQ(rig.log(), stop ? "QueryStop" : "QueryRemove");  // held in D0
      EXPECT_EQ(send_pnp(device, IRP_MN_SURPRISE_REMOVAL), STATUS_SUCCESS);
      EXPECT_EQ(rig.log(), joined({"SurpriseRemoval", kDownFinal, "ReleaseHardware; SmFlush"}));
      EXPECT_EQ(send_pnp(device, IRP_MN_REMOVE_DEVICE), STATUS_SUCCESS);
      EXPECT_EQ(rig.log(), joined({"SmCleanup", kObjects}));
    });
  }
}

struct BusLife : Life {
  BusLife() {
    orders(1).Interrupts = orders(1).MapsBar = 0;
    orders(1).Children = orders(1).ChildrenRaw = 1;
    orders(2) = {};
  }
  Devnode& child(Manager& manager) { return *manager.find_id(kWdfId)->children.at(0); }
};

TEST(WdfSurprise, WDF_160_ARemovedPdoThatIsStillReported) {
  BusLife rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    DEVICE_OBJECT* pdo = rig.child(manager).pdo;
    EXPECT_TRUE(manager.disable(rig.child(manager).id).ok());
    rig.log();
    EXPECT_EQ(send_pnp(pdo, IRP_MN_SURPRISE_REMOVAL), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "2:SurpriseRemoval");  // and waits for REMOVE
    rig.orders(1).Children = 0;
    rig.sleep_and_wake(manager);
    EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
  });
}

TEST(WdfSurprise, WDF_162_AChildWithOpenHandlesIsNotWaitedFor) {
  BusLife rig;
  rig.orders(2).Queue = 2;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto* file = new user::File(user::open(rig.child(manager).pdo));  // stays open to the end of the machine
    ASSERT_TRUE(*file);
    DEVICE_OBJECT* bus = rig.device(manager);
    DEVICE_OBJECT* pdo = rig.child(manager).pdo;
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(),
              "2:SurpriseRemoval; 2:SmSuspend; 2:PreInt(D3Final); 2:D0Exit(D3Final); 2:ReleaseHardware; 2:SmFlush; "
              "SurpriseRemoval; SmSuspend; PreInt(D3Final); D0Exit(D3Final); ReleaseHardware; SmFlush");
    // The framework's part: the bus's REMOVE goes through while the child is kept.
    EXPECT_EQ(send_pnp(bus, IRP_MN_REMOVE_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "SmCleanup; ObjCleanup");  // its memory goes with the child's, which names it as its parent
    // The child's REMOVE comes later, on its own.
    EXPECT_EQ(send_pnp(pdo, IRP_MN_REMOVE_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "2:SmCleanup; 2:ObjCleanup; 2:ObjDestroy; ObjDestroy");
  });
}

TEST(WdfSurprise, WDF_163_WDF_169_WhetherTheHardwareAnswers) {
  Life pulled;
  pulled.does(0, PuppetD0Exit, PuppetReadRegister);
  pulled.does(1, PuppetIntDisable, PuppetWriteRegister, 0x55);  // vanishes
  pulled.does(2, PuppetReleaseHardware, PuppetReadConfig);
  pulled.run([&](Manager& manager) {
    pulled.start(manager);
    pulled.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(pulled.result(0), ~0u);
    EXPECT_EQ(pulled.result(2), ~0u);
  });
  // Present, and surprise-removed because its driver said that it failed.
  Life failed;
  failed.does(0, PuppetQueryStop, PuppetSetFailed, 2);
  failed.does(1, PuppetD0Exit, PuppetReadRegister);
  failed.does(2, PuppetReleaseHardware, PuppetReadConfig);
  failed.run([&](Manager& manager) {
    failed.start(manager);
    manager.query_and_cancel_stop(failed.node(manager).id);
    manager.wait_until_settled();
    EXPECT_EQ(failed.count(PuppetSurpriseRemoval), 1u);
    EXPECT_EQ(failed.result(1), 0x010000EDu);
    EXPECT_EQ(failed.result(2), 0x57DF1234u);
  });
}

TEST(WdfSurprise, WDF_171_ANewInstanceBesideTheOldOne) {
  Life rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const auto bus = rig.node(manager).parent->id;
    auto file = user::open(rig.device(manager));
    rig.unplug();
    manager.wait_until_settled();
    rig.log();
    rig.plug();
    manager.scan(bus);
    manager.wait_until_settled();
    unsigned there = 0;
    for (const auto& line : manager.tree())
      if (const Devnode* node = manager.find(line.devnode); node && node->device_id.starts_with(kWdfId)) ++there;
    EXPECT_EQ(there, 2u);  // both devnodes, one slot
    EXPECT_EQ(rig.count(PuppetObjCleanup), 0u);
    file.close();
    manager.wait_until_settled();
    const std::string log = rig.log();
    EXPECT_NE(log.find("2:SmInit"), std::string::npos) << log;
  });
}

}  // namespace
}  // namespace drydock::test::wdf
