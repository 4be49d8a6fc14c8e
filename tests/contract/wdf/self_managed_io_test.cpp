// Self-managed I/O (docs/contracts/wdf.md, section 14).

#include "contract/wdf/wdf_rig.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;
constexpr PU32 kFailure = 0xC0000001;

/// The self-managed callbacks of device `number`, in order.
std::string self_managed(WdfRig& rig, const std::string& number = "") {
  const std::string log = "; " + rig.log() + ";";
  std::string kept;
  for (std::size_t at = 0; (at = log.find("; " + number + "Sm", at)) != std::string::npos; ++at) {
    const auto from = at + 2 + number.size();
    kept += (kept.empty() ? "" : " ") + log.substr(from, log.find(';', from) - from);
  }
  return kept;
}

TEST(SelfManagedIo, WDF_305_WDF_306_WDF_313_OnceInitThenSuspendAndRestartThenFlushThenCleanup) {
  WdfRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const std::string start = rig.log(1);
    EXPECT_TRUE(start.ends_with("PostInt(D3Final); SmInit")) << start;
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(rig.log(), "SmSuspend; PreInt(D3); D0Exit(D3)");
    ntos::po::wake();
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "D0Entry(D3); PostInt(D3); SmRestart");
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(self_managed(rig), "SmSuspend SmRestart");
    rig.unplug();
    manager.wait_until_settled();
    const std::string end = rig.log(1);
    EXPECT_EQ(end.find("SurpriseRemoval; SmSuspend; "), 0u) << end;
    EXPECT_NE(end.find("ReleaseHardware; SmFlush; SmCleanup; ObjCleanup"), std::string::npos) << end;
    EXPECT_EQ(rig.count(PuppetSmInit), 1u);
    EXPECT_EQ(rig.count(PuppetSmSuspend), rig.count(PuppetSmInit) + rig.count(PuppetSmRestart));
  });
}

TEST(SelfManagedIo, WDF_307_AtSuspendTheQueuesStillDeliver) {
  WdfRig rig;
  rig.orders(1).Queue = 1;
  rig.orders(1).CompletesReads = 1;
  rig.orders(1).WaitsIn = 1 + PuppetSmSuspend;
  rig.orders(1).WaitMilliseconds = 10;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    user::File file = user::open(rig.device(manager));
    rig.log();
    rig.beside([] { ntos::po::sleep(PowerSystemSleeping3); },
               [&] {
                 rig.sleep(5ms);
                 EXPECT_EQ(rig.log(), "SmSuspend");
                 EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
                 EXPECT_EQ(rig.log(), "IoRead");
               });
    EXPECT_EQ(rig.log(), "PreInt(D3); D0Exit(D3)");
    ntos::po::wake();
    rig.sleep(1ms);
  });
}

TEST(SelfManagedIo, WDF_308_WDF_309_FlushFollowsThePurgeOfManagedQueuesCleanupThatOfTheOthers) {
  for (PU32 queue : {1u, 2u}) {
    WdfRig rig;
    rig.orders(1).Queue = queue;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      DEVICE_OBJECT* device = rig.device(manager);
      user::IoResult kept;
      rig.beside(
          [&] {  // without a file, so that the removal is in order
            kept = user::send(device, IRP_MJ_READ, 0,
                              [](IRP*, IO_STACK_LOCATION* location) { location->Parameters.Read.Length = 4; });
          },
          [&] {
            rig.sleep(1ms);
            rig.log();
            EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
          });
      EXPECT_EQ(kept.status, STATUS_CANCELLED);
      const std::string log = rig.log(1);
      EXPECT_NE(log.find(queue == 1 ? "ReleaseHardware; IoStop(2); SmFlush; SmCleanup; ObjCleanup"
                                    : "ReleaseHardware; SmFlush; IoStop(2); SmCleanup; ObjCleanup"),
                std::string::npos)
          << log;
    });
  }
}

TEST(SelfManagedIo, WDF_310_WhatNeverBeganIsNeverEnded) {
  for (PuppetCall call : {PuppetPrepareHardware, PuppetD0Entry, PuppetPostInt}) {
    WdfRig rig;
    rig.orders(1).Status[call] = kFailure;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      const std::string log = rig.log(1);  // of the first instance
      EXPECT_NE(log.find("ObjDestroy"), std::string::npos) << log;
      EXPECT_EQ(log.find("Sm"), std::string::npos) << log;
    });
  }
}

TEST(SelfManagedIo, WDF_311_WDF_316_AFailedInitIsFlushedAndCleanedUp) {
  WdfRig rig;
  rig.orders(1).Status[PuppetSmInit] = kFailure;  // and what SmFlush and SmCleanup return is nothing
  rig.orders(1).Status[PuppetSmFlush] = rig.orders(1).Status[PuppetSmCleanup] = kFailure;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    const std::string log = rig.log(1);
    EXPECT_NE(log.find("SmInit; PreInt(D3Final); D0Exit(D3Final); ReleaseHardware; SmFlush; SmCleanup; ObjCleanup"),
              std::string::npos)
        << log;
    EXPECT_NE(rig.requests().find("START=C000009E"), std::string::npos);
  });
}

TEST(SelfManagedIo, WDF_314_WDF_315_AfterAFlushOnlyRestartOrCleanupCanCome) {
  WdfRig rig;
  rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    rig.log();
    const auto child = manager.find(rig.node(manager).id)->children.at(0)->id;
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(manager.disable(child).ok());
      EXPECT_EQ(self_managed(rig, "2:"), "SmSuspend SmFlush");
      EXPECT_TRUE(manager.enable(child).ok());
      EXPECT_EQ(self_managed(rig, "2:"), "SmRestart");
    }
    EXPECT_TRUE(manager.disable(child).ok());
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(self_managed(rig, "2:"), "SmSuspend SmFlush SmCleanup");
  });
}

}  // namespace
}  // namespace drydock::test::wdf
