// Power down and up (docs/contracts/wdf.md, section 5), wake left to wake_test.cpp.

#include "contract/wdf/host_filter.h"
#include "contract/wdf/lifecycle.h"
#include "nt/bugcheck.h"
#include "wdf/deferred.h"

namespace drydock::test::wdf {
namespace {

TEST(WdfPowerDown, WDF_086_HoldingWaitsForEveryDeliveredRequest) {
  Life rig;
  rig.orders(1).Queue = 1;
  rig.orders(1).StopUnanswered = 1;
  rig.does(0, PuppetDpc, PuppetFinish, 0);
  machine::Time asked{}, left{};
  rig.on(PuppetIoStop, [&] {
    asked = machine::Machine::current().now();
    rig.model->after(20ms, [&] { rig.model->interrupt(0); });
  });
  rig.on(PuppetD0Exit, [&] { left = machine::Machine::current().now(); });
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto file = user::open(rig.device(manager));
    auto read = file.start_read(4);
    EXPECT_EQ(rig.log(), "IoRead");
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(rig.log(), "SmSuspend; IoStop(1); Isr(1); Dpc(1); PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)");
    EXPECT_GE(left - asked, 20ms);
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
  });
}

TEST(WdfPowerDown, WDF_088_ARequestBringsAnIdleDeviceUp) {
  Life rig;
  rig.orders(1).Queue = 1;
  rig.orders(1).CompletesReads = 1;
  rig.orders(1).IdleMilliseconds = 10;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto file = user::open(rig.device(manager));
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), kDownD3);
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
    rig.sleep(1ms);
    const std::string log = rig.log();
    EXPECT_EQ(log.rfind(std::string(kUpD3) + "; ", 0), 0u) << log;
    EXPECT_LT(log.find("PostInt"), log.find("IoRead")) << log;
    EXPECT_NE(log.find("SmRestart"), std::string::npos) << log;
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), kDownD3);  // and it may idle again
  });
}

TEST(WdfPowerDown, WDF_089_WhatStopIdleAnswers) {
  Life rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.orders(1).Omits[PuppetRelationsQuery] = PUPPET_WANTED;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    const auto ask = [&] {
      EXPECT_EQ(send_pnp(rig.device(manager), IRP_MN_QUERY_DEVICE_RELATIONS,
                         [](IO_STACK_LOCATION& location) {
                           location.Parameters.QueryDeviceRelations.Type = RemovalRelations;
                         }),
                STATUS_NOT_SUPPORTED);
    };
    const PU32 before = rig.count(PuppetRelationsQuery);
    rig.does(0, PuppetRelationsQuery, PuppetStopIdle, 0, before + 1);
    rig.does(1, PuppetRelationsQuery, PuppetStopIdle, 0, before + 2);
    rig.does(2, PuppetRelationsQuery, PuppetResumeIdle, 0, before + 3);
    rig.does(3, PuppetRelationsQuery, PuppetResumeIdle, 0, before + 4);
    rig.sleep(100ms);
    rig.log();
    ask();  // in Dx
    EXPECT_EQ(static_cast<NTSTATUS>(rig.result(0)), STATUS_PENDING);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), joined({"RelationsQuery(3)", kUpD3, "SmRestart"}));  // and held
    ask();
    EXPECT_EQ(static_cast<NTSTATUS>(rig.result(1)), STATUS_SUCCESS);
    ask();
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), "RelationsQuery(3); RelationsQuery(3)");
    ask();
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), joined({"RelationsQuery(3)", kDownD3}));
  });
  // Not the owner.
  Life follower;
  follower.orders(1).Owner = 2;
  follower.does(0, PuppetSmInit, PuppetStopIdle, 0);
  follower.run([&](Manager& manager) {
    follower.start(manager);
    EXPECT_EQ(static_cast<NTSTATUS>(follower.result(0)), STATUS_INVALID_DEVICE_STATE);
  });
}

TEST(WdfPowerDown, WDF_089_StopIdleUnderASystemManagedTimeout) {
  for (const bool old : {false, true}) {
    Life rig;
    if (old) rig.use_image("test/wdf_puppet_1_15");
    rig.orders(1).IdleMilliseconds = 1000;
    rig.orders(1).SystemManaged = 1;
    rig.does(0, PuppetQueryStop, PuppetStopIdle, 0);
    rig.does(1, PuppetQueryStop, PuppetResumeIdle);
    rig.run([&](Manager& manager) {
      rig.start(manager);
      manager.query_and_cancel_stop(rig.node(manager).id);
      EXPECT_EQ(rig.puppet().Seen[SeenIdleStatus], 0u);
      EXPECT_EQ(static_cast<NTSTATUS>(rig.result(0)), old ? STATUS_PENDING : STATUS_SUCCESS);
    });
  }
}

TEST(WdfPowerDown, WDF_089_WDF_196_StopIdleOfADeviceThatDoesNotComeUp) {
  Life rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.orders(1).ReleaseLate = 1;  // failed, and still there
  rig.orders(1).Status[PuppetD0Entry] = kFailed;
  rig.orders(1).FailAfter[PuppetD0Entry] = 1;
  rig.orders(1).Omits[PuppetRelationsQuery] = PUPPET_WANTED;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    rig.does(0, PuppetRelationsQuery, PuppetStopIdle, 1, rig.count(PuppetRelationsQuery) + 1);
    rig.does(1, PuppetRelationsQuery, PuppetStopIdle, 0, rig.count(PuppetRelationsQuery) + 2);
    DEVICE_OBJECT* device = rig.device(manager);
    // Both before the PnP manager hears of the failure.
    manager.run_on_worker([&] {
      for (int i = 0; i < 2; ++i)
        send_pnp(device, IRP_MN_QUERY_DEVICE_RELATIONS, [](IO_STACK_LOCATION& location) {
          location.Parameters.QueryDeviceRelations.Type = RemovalRelations;
        });
    });
    EXPECT_EQ(static_cast<NTSTATUS>(rig.result(0)), STATUS_POWER_STATE_INVALID);  // released, not left waiting
    EXPECT_EQ(static_cast<NTSTATUS>(rig.result(1)), STATUS_POWER_STATE_INVALID);
    manager.wait_until_settled();
  });
}

TEST(WdfPowerDown, WDF_090_APowerReferenceDoesNotHoldOffSystemSleep) {
  Life rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.orders(1).Omits[PuppetRelationsQuery] = PUPPET_WANTED;
  rig.does(0, PuppetSmInit, PuppetStopIdle, 0);
  rig.does(2, PuppetQueryRemove, PuppetResumeIdle, 0, 1);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), "");  // no idling
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(rig.log(), kDownD3);
    rig.does(1, PuppetRelationsQuery, PuppetStopIdle, 1, rig.count(PuppetRelationsQuery) + 1).Result = 0x12345678;
    DEVICE_OBJECT* device = rig.device(manager);
    drydock::wdf::at_passive_level([device] {
      send_pnp(device, IRP_MN_QUERY_DEVICE_RELATIONS, [](IO_STACK_LOCATION& location) {
        location.Parameters.QueryDeviceRelations.Type = RemovalRelations;
      });
    });
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), "RelationsQuery(3)");
    EXPECT_EQ(rig.result(1), 0x12345678u);  // still waits
    ntos::po::wake();
    rig.sleep(1ms);
    EXPECT_EQ(static_cast<NTSTATUS>(rig.result(1)), STATUS_SUCCESS);
    rig.does(3, PuppetQueryRemove, PuppetResumeIdle);
    manager.remove(rig.node(manager).id);
  });
}

TEST(WdfPowerDown, WDF_091_WaitingForD0WhereItMayNot) {
  Life rig;
  rig.orders(1).Queue = 1;
  rig.orders(1).CompletesReads = 1;
  rig.does(0, PuppetIoRead, PuppetStopIdle, 1);
  rig.does(1, PuppetIoRead, PuppetResumeIdle);
  rig.expect({"WDF-091"});
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto file = user::open(rig.device(manager));
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(static_cast<NTSTATUS>(rig.result(0)), STATUS_SUCCESS);  // not leaving D0: it returns
  });
  for (PuppetCall call : {PuppetSmSuspend, PuppetD0Exit}) {
    Life deadlock;
    deadlock.orders(1).IdleMilliseconds = 10;
    deadlock.does(0, call, PuppetStopIdle, 1);
    deadlock.expect_stop(1);
    deadlock.run([&](Manager& manager) {
      deadlock.start(manager);
      deadlock.sleep(100ms);
    });
  }
}

TEST(WdfPowerDown, WDF_039_WhoHoldsANonPageableDeviceBetweenD0AndDxIsStoppedByTheFramework) {
  for (PuppetCall call : {PuppetD0Exit, PuppetD0Entry, PuppetPreInt}) {
    for (const bool pageable : {false, true}) {
      Life rig;
      rig.orders(1).NotPageable = !pageable;
      rig.does(0, call, PuppetBlock, 11 * 60 * 1000, call == PuppetD0Entry ? 2 : 1);
      if (call == PuppetD0Exit) rig.expect({"WDF-482"});  // after a minute
      if (pageable)
        rig.expect_bug_check(DRIVER_POWER_STATE_FAILURE);
      else
        rig.expect_stop(1);
      rig.run([&](Manager& manager) {
        rig.start(manager);
        ntos::po::sleep(PowerSystemSleeping3);
        ntos::po::wake();
        rig.sleep(12min);
      });
    }
  }
  Life rig;  // as long as it may
  rig.orders(1).NotPageable = 1;
  rig.does(0, PuppetD0Entry, PuppetBlock, 9 * 60 * 1000, 2);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep_and_wake(manager);
    rig.sleep(12min);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
  Life starting;  // at a start it is the PnP manager's affair
  starting.orders(1).NotPageable = 1;
  starting.does(0, PuppetD0Entry, PuppetBlock, 11 * 60 * 1000, 1);
  starting.expect_bug_check(DRIVER_PNP_WATCHDOG);
  starting.run([&](Manager& manager) { manager.enumerate_root(); });
}

TEST(WdfPowerDown, WDF_100_OnTheNonPageablePathInterruptsStayConnected) {
  for (const bool pageable : {true, false}) {
    Life rig;
    rig.orders(1).NotPageable = !pageable;
    rig.does(0, PuppetD0Exit, PuppetInterruptObject, 0, 1);
    rig.does(1, PuppetD0Entry, PuppetInterruptObject, 0, 2);
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_EQ(rig.sleep_and_wake(manager), joined({kDownD3, kUpD3, "SmRestart"}));
      EXPECT_EQ(rig.result(0), pageable ? 0u : 1u);
      EXPECT_EQ(rig.result(1), pageable ? 0u : 1u);
      rig.model->interrupt(0);
      rig.sleep(1ms);
      EXPECT_EQ(rig.log(), "Isr(1); Dpc(1)");
      manager.remove(rig.node(manager).id);
      EXPECT_EQ(rig.puppet().Seen[SeenReleaseConnected], 0u);
    });
  }
}

TEST(WdfPowerDown, WDF_101_AnInterruptReportedInactiveKeepsItsConnection) {
  Life rig;
  rig.orders(1).InterruptReportsInactive = 1;
  rig.does(0, PuppetD0Exit, PuppetInterruptObject, 0, 1);
  rig.does(1, PuppetD0Entry, PuppetInterruptObject, 0, 2);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.sleep_and_wake(manager), joined({kDownD3, kUpD3, "SmRestart"}));
    EXPECT_EQ(rig.result(0), 1u);
    EXPECT_EQ(rig.result(1), 1u);
    rig.model->interrupt(0);
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "Isr(1); Dpc(1)");
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());  // a stop disconnects
    EXPECT_EQ(rig.puppet().Seen[SeenReleaseConnected], 0u);
    manager.remove(rig.node(manager).id);  // and so does removal
    EXPECT_EQ(rig.puppet().Seen[SeenReleaseConnected], 0u);
  });
}

TEST(WdfPowerDown, WDF_103_AParentThatSleepsBeforeItsChildIsNamed) {
  Life rig;
  rig.orders(1).Interrupts = rig.orders(1).MapsBar = 0;
  rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
  rig.orders(2) = {};
  rig.orders(2).Owner = 2;  // nobody takes the child down
  rig.expect({"WDF-458"});
  rig.run([&](Manager& manager) {
    rig.start(manager);
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(rig.log(), "SmSuspend; PreInt(D3); D0Exit(D3)");  // the parent goes on down
  });
}

TEST(WdfPowerDown, WDF_504_WDF_107_AnIdleDeviceStaysWhereItIsWhenTheSystemSleepsAndWakes) {
  for (const bool wants_up : {false, true}) {
    Life rig;
    rig.orders(1).IdleMilliseconds = 10;
    rig.orders(1).PowerUpOnSystemWake = wants_up;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      rig.sleep(100ms);
      rig.log();
      ntos::po::sleep(PowerSystemSleeping3);
      EXPECT_EQ(rig.log(), "");
      ntos::po::wake();
      rig.sleep(1ms);
      EXPECT_EQ(rig.log(), wants_up ? joined({kUpD3, "SmRestart"}) : "");
    });
  }
  // A driver in D0 when the system slept comes back with it; so does one that is held.
  Life rig;
  rig.orders(1).IdleMilliseconds = 1000;
  rig.does(0, PuppetSmInit, PuppetStopIdle);
  rig.does(1, PuppetQueryRemove, PuppetResumeIdle);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.sleep_and_wake(manager), joined({kDownD3, kUpD3, "SmRestart"}));
    manager.remove(rig.node(manager).id);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
