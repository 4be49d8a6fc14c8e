// Wake: wait-wake requests, arming, wake interrupts, and what a bus does for its children (docs/contracts/wdf.md,
// sections 5 and 9.4).

#include "contract/wdf/host_filter.h"
#include "contract/wdf/lifecycle.h"
#include "ntos/po/power.h"

namespace drydock::test::wdf {
namespace {

/// A function device on a bus that can wake it from D3: a filter below plays the bus.
struct WakeLife : Life {
  WakeLife() {
    bus.keeps_wake = true;
    bus.capabilities = [](DEVICE_CAPABILITIES& said) {
      said.WakeFromD3 = TRUE;
      said.DeviceWake = PowerDeviceD3;
      said.SystemWake = PowerSystemSleeping3;
    };
    add_filters({u"waking_bus"}, {u"hints"});
  }
  void idles_armed() {
    orders(1).IdleMilliseconds = 10;
    orders(1).IdleWakes = 1;
    does(0, PuppetSmInit, PuppetAssignIdle);  // the capabilities are known by now
  }
  void arms_for_sx() { does(1, PuppetSmInit, PuppetAssignSx); }
  /// Interrupts 1 and 2 are made in PrepareHardware, passive; the first can wake.
  void wakes_by_interrupt() {
    orders(1).Interrupts = 0;
    orders(1).InterruptsInPrepare = 2;
    orders(1).InterruptPassive = orders(1).InterruptWakes = 1;
    above.start = [](CM_RESOURCE_LIST* raw, CM_RESOURCE_LIST* translated) {
      for (CM_RESOURCE_LIST* list : {raw, translated}) {
        auto& partial = list->List[0].PartialResourceList;
        for (ULONG i = 0; i < partial.Count; ++i)
          if (partial.PartialDescriptors[i].Type == CmResourceTypeInterrupt)
            partial.PartialDescriptors[i].Flags |= 0x20;  // CM_RESOURCE_INTERRUPT_WAKE_HINT
      }
    };
  }
  HostFilter bus{*this, "waking_bus"};
  HostFilter above{*this, "hints"};
};

constexpr const char* kDownArmed = "SmSuspend; ArmS0; PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)";

TEST(WdfWake, WDF_092_WDF_097_WDF_098_S4_IdleAndWakeByTheBus) {
  WakeLife rig;
  rig.idles_armed();
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.result(0), 0u);
    rig.bus.diary.clear();
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), kDownArmed);  // still in D0 at ArmS0
    EXPECT_EQ(rig.bus.seen(), "WAIT_WAKE D3");
    rig.bus.end_wake(STATUS_SUCCESS);
    rig.sleep(5ms);
    EXPECT_EQ(rig.log(), joined({kUpD3, "TriggeredS0; DisarmS0; SmRestart"}));
    EXPECT_EQ(rig.bus.seen(), "WAIT_WAKE D3 D0");
  });
}

TEST(WdfWake, WDF_097_WDF_098_S5_WokenByARequest) {
  WakeLife rig;
  rig.idles_armed();
  rig.orders(1).Queue = rig.orders(1).CompletesReads = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto file = user::open(rig.device(manager));
    rig.sleep(100ms);
    rig.log();
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
    rig.sleep(5ms);
    const std::string log = rig.log();
    EXPECT_EQ(log.rfind(joined({kUpD3, "DisarmS0"}) + "; ", 0), 0u) << log;
    EXPECT_EQ(log.find("Triggered"), std::string::npos);
    EXPECT_LT(log.find("DisarmS0"), log.find("IoRead")) << log;
    EXPECT_NE(log.find("SmRestart"), std::string::npos);
    EXPECT_NE(rig.bus.seen().find("WAKE_CANCELLED"), std::string::npos);
  });
}

TEST(WdfWake, WDF_099_S4_IdleAndWakeByInterrupt) {
  WakeLife rig;
  rig.idles_armed();
  rig.wakes_by_interrupt();
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), "SmSuspend; ArmS0; PreInt(D3); IntDisable(2); D0Exit(D3)");
    rig.model->interrupt(0);
    rig.sleep(2ms);
    const std::string log = rig.log();
    EXPECT_EQ(log, "D0Entry(D3); Isr(1); IntEnable(2); PostInt(D3); TriggeredS0; DisarmS0; SmRestart; WorkItem(1)");
    EXPECT_EQ(rig.irql_of(PuppetIsr), 0u);
    // From here on it is an interrupt like any other.
    rig.model->interrupt(0);
    rig.sleep(2ms);
    EXPECT_EQ(rig.log(), "Isr(1); WorkItem(1)");
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_NE(rig.log().find("IntDisable(2); IntDisable(1)"), std::string::npos);
  });
}

TEST(WdfWake, WDF_192_AWakeInterruptOfADeviceThatDoesNotComeUp) {
  WakeLife rig;
  rig.idles_armed();
  rig.wakes_by_interrupt();
  rig.orders(1).Status[PuppetD0Entry] = kFailed;
  rig.orders(1).FailAfter[PuppetD0Entry] = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    rig.log();
    rig.model->interrupt(0);
    rig.sleep(5ms);
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1).rfind("D0Entry(D3); IntDisable(1); ReleaseHardware; ", 0), 0u);
    EXPECT_EQ(rig.count(PuppetIsr), 0u);
  });
  // One only reported inactive goes without IntDisable; so does one kept on the non-pageable path.
  for (const bool not_pageable : {false, true}) {
    Life other;
    other.orders(1).InterruptReportsInactive = !not_pageable;
    other.orders(1).NotPageable = not_pageable;
    other.orders(1).Status[PuppetD0Entry] = kFailed;
    other.orders(1).FailAfter[PuppetD0Entry] = 1;
    other.run([&](Manager& manager) {
      other.start(manager);
      ntos::po::sleep(PowerSystemSleeping3);
      EXPECT_EQ(other.log(), kDownD3);
      ntos::po::wake();
      other.sleep(1ms);
      manager.wait_until_settled();
      EXPECT_EQ(other.log(1).rfind("D0Entry(D3); ReleaseHardware; ", 0), 0u);
      EXPECT_EQ(other.count(PuppetIntDisable), 2u);
      EXPECT_EQ(other.puppet().Seen[SeenReleaseConnected], 0u);
    });
  }
}

TEST(WdfWake, WDF_148_WDF_149_WDF_098_SurpriseRemovalOfAnArmedDevice) {
  WakeLife rig;
  rig.idles_armed();
  rig.wakes_by_interrupt();
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    rig.log();
    rig.unplug();
    manager.wait_until_settled();
    // The wake interrupt, still connected, gets IntDisable; nobody is disarmed.
    EXPECT_EQ(rig.log(1).rfind("SurpriseRemoval; IntDisable(1); ReleaseHardware; ", 0), 0u);
    EXPECT_EQ(rig.count(PuppetDisarmS0), 0u);
  });
  Life pinned;
  pinned.orders(1).NotPageable = 1;
  pinned.orders(1).IdleMilliseconds = 10;
  pinned.does(0, PuppetSurpriseRemoval, PuppetInterruptObject);
  pinned.run([&](Manager& manager) {
    pinned.start(manager);
    pinned.sleep(100ms);
    EXPECT_EQ(pinned.log(), kDownD3);
    pinned.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(pinned.log(1), joined({"SurpriseRemoval; ReleaseHardware; SmFlush; SmCleanup", kObjects}));
    EXPECT_EQ(pinned.result(0), 1u);  // connected until then
    EXPECT_EQ(pinned.puppet().Seen[SeenReleaseConnected], 0u);
  });
}

TEST(WdfWake, WDF_098_AWakeThatEndsBeforeArming) {
  for (const NTSTATUS status : {STATUS_SUCCESS, STATUS_UNSUCCESSFUL}) {
    WakeLife rig;
    rig.bus.keeps_wake = false;
    rig.bus.ends_wake = status;
    rig.idles_armed();
    rig.run([&](Manager& manager) {
      rig.start(manager);
      while (rig.count(PuppetSmRestart) == 0) rig.sleep(1ms);
      EXPECT_EQ(rig.log(), joined({status == STATUS_SUCCESS ? "SmSuspend; TriggeredS0; DisarmS0" : "SmSuspend; DisarmS0",
                                   "PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)", kUpD3, "SmRestart"}));
    });
  }
}

TEST(WdfWake, WDF_098_NoDisarmAfterAFailedPowerUp) {
  WakeLife rig;
  rig.idles_armed();
  rig.orders(1).Status[PuppetD0Entry] = kFailed;
  rig.orders(1).FailAfter[PuppetD0Entry] = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    rig.bus.end_wake(STATUS_SUCCESS);
    manager.wait_until_settled();
    rig.sleep(5ms);
    EXPECT_EQ(rig.count(PuppetArmS0), 1u);
    EXPECT_EQ(rig.count(PuppetTriggeredS0) + rig.count(PuppetDisarmS0), 0u);
  });
}

TEST(WdfWake, WDF_213_S32_ArmS0Fails) {
  WakeLife rig;
  rig.idles_armed();
  rig.orders(1).Status[PuppetArmS0] = kFailed;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.bus.diary.clear();
    while (rig.count(PuppetSmRestart) == 0) rig.sleep(1ms);
    EXPECT_EQ(rig.log(), joined({kDownArmed, kUpD3, "SmRestart"}));  // no DisarmS0
    EXPECT_EQ(rig.bus.seen(), "WAIT_WAKE WAKE_CANCELLED D3 D0");
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.requests().find("SURPRISE"), std::string::npos);
    while (rig.count(PuppetSmRestart) == 1) rig.sleep(1ms);  // tried again later
    EXPECT_EQ(rig.log(), joined({kDownArmed, kUpD3, "SmRestart"}));
  });
}

TEST(WdfWake, WDF_092_WDF_097_ArmedForSx) {
  for (const bool fires : {false, true}) {
    WakeLife rig;
    rig.arms_for_sx();
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_EQ(rig.result(1), 0u);
      ntos::po::sleep(PowerSystemSleeping3);
      EXPECT_EQ(rig.log(), "SmSuspend; ArmSx; PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)");
      if (fires) rig.bus.end_wake(STATUS_SUCCESS);
      ntos::po::wake();
      rig.sleep(1ms);
      EXPECT_EQ(rig.log(), joined({kUpD3, fires ? "TriggeredSx; DisarmSx; SmRestart" : "DisarmSx; SmRestart"}));
      EXPECT_EQ(rig.bus.seen().find("WAKE_CANCELLED") == std::string::npos, fires);
    });
  }
}

TEST(WdfWake, WDF_214_ArmSxFails) {
  WakeLife rig;
  rig.arms_for_sx();
  rig.orders(1).Status[PuppetArmSx] = kFailed;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(rig.log(), "SmSuspend; ArmSx; DisarmSx; PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)");
    ntos::po::wake();
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), joined({kUpD3, "SmRestart"}));
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(WdfWake, WDF_093_ArmSxWithReason) {
  for (const bool with_child : {false, true}) {
    WakeLife rig;
    rig.orders(1).WithReason = rig.orders(1).ArmForChildren = 1;
    rig.orders(1).Interrupts = 0;
    rig.arms_for_sx();
    if (with_child) {
      rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
      rig.orders(2) = {};
      rig.orders(2).WakeCapable = 1;
      rig.does(0, PuppetSmInit, PuppetAssignSx, 0, 0, 2);
    }
    rig.run([&](Manager& manager) {
      rig.start(manager);
      ntos::po::sleep(PowerSystemSleeping3);
      EXPECT_EQ(rig.log(1), with_child ? "SmSuspend; ArmSxReason(11); PreInt(D3); D0Exit(D3)"
                                       : "SmSuspend; ArmSxReason(10); PreInt(D3); D0Exit(D3)");
    });
  }
  WakeLife both;
  both.orders(1).Registration = PuppetRegistersBothArms;
  both.arms_for_sx();
  both.expect({"WDF-093"});
  both.run([&](Manager& manager) {
    both.start(manager);
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_NE(both.log().find("SmSuspend; ArmSx; "), std::string::npos);  // the first call's
  });
}

TEST(WdfWake, WDF_504_AnIdleDeviceArmedForS0IsBroughtUpBeforeTheSystemSleeps) {
  for (const bool sx : {false, true}) {
    WakeLife rig;
    rig.idles_armed();
    if (sx) rig.arms_for_sx();
    rig.run([&](Manager& manager) {
      rig.start(manager);
      rig.sleep(100ms);
      EXPECT_EQ(rig.log(), kDownArmed);
      ntos::po::sleep(PowerSystemSleeping3);
      EXPECT_EQ(rig.log(),
                joined({kUpD3, "DisarmS0; SmRestart", sx ? "SmSuspend; ArmSx" : "SmSuspend",
                        "PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)"}));
      ntos::po::wake();
      rig.sleep(1ms);
      EXPECT_EQ(rig.log(), joined({kUpD3, sx ? "DisarmSx; SmRestart" : "SmRestart"}));
    });
  }
  // Unarmed in Dx, but to be armed for Sx.
  WakeLife rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.arms_for_sx();
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), kDownD3);
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(rig.log(), joined({kUpD3, "SmRestart; SmSuspend; ArmSx; PreInt(D3); IntDisable(2); IntDisable(1); "
                                        "D0Exit(D3)"}));
  });
}

// ---- A framework bus and its child ----

/// Device 1 is the bus, 2 the child's PDO, 3 the child's function device, which owns the policy and idles armed.
struct BusLife : Life {
  BusLife() {
    orders(1).Interrupts = orders(1).MapsBar = 0;
    orders(1).Children = 1;
    orders(2) = {};
    orders(2).WakeCapable = 1;
    orders(3) = {};
    orders(3).IdleMilliseconds = 10;
    orders(3).IdleWakes = 1;
    does(0, PuppetSmInit, PuppetAssignIdle, 0, 0, 3);
    serve_children();
  }
  Devnode& child(Manager& manager) { return *manager.find_id(kWdfId)->children.at(0); }
  /// Somebody wants the child: it comes up.
  void call_up(Manager& manager) {
    manager.query_and_cancel_stop(child(manager).id);
    manager.wait_until_settled();
  }
};

constexpr const char* kBothDown =
    "3:SmSuspend; 2:EnableWakeAtBus(1); 3:ArmS0; 3:PreInt(D3); 3:D0Exit(D3); 2:SmSuspend; 2:PreInt(D3); 2:D0Exit(D3)";

TEST(WdfWake, WDF_094_WDF_096_S4_S5_TheBusDoesItsPart) {
  BusLife rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), kBothDown);
    for (unsigned times = 1; times <= 2; ++times) {
      rig.call_up(manager);
      EXPECT_EQ(rig.log(),
                "3:QueryStop; 2:DisableWakeAtBus; 2:D0Entry(D3); 2:PostInt(D3); 2:SmRestart; 3:D0Entry(D3); "
                "3:PostInt(D3); 3:DisarmS0; 3:SmRestart; 2:QueryStop");
      EXPECT_EQ(rig.count(PuppetEnableWakeAtBus), times);
      EXPECT_EQ(rig.count(PuppetDisableWakeAtBus), times);
      rig.sleep(100ms);
      EXPECT_EQ(rig.log(), kBothDown);
    }
    // Removed while armed.
    EXPECT_TRUE(manager.disable(rig.child(manager).id).ok());
    EXPECT_EQ(rig.count(PuppetDisableWakeAtBus), rig.count(PuppetEnableWakeAtBus));
  });
}

TEST(WdfWake, WDF_097_WDF_094_S4_TheChildSignalsWake) {
  BusLife rig;
  rig.does(0, PuppetSetLock, PuppetIndicateWake, 0, 0, 2);  // the bus driver learns of it
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    rig.log();
    send_pnp(rig.child(manager).pdo, IRP_MN_SET_LOCK);
    EXPECT_EQ(rig.result(0, 2), 0u);
    rig.sleep(5ms);
    EXPECT_EQ(rig.log(),
              "2:SetLock(0); 2:DisableWakeAtBus; 2:D0Entry(D3); 2:PostInt(D3); 2:SmRestart; 3:D0Entry(D3); "
              "3:PostInt(D3); 3:TriggeredS0; 3:DisarmS0; 3:SmRestart");
  });
}

TEST(WdfWake, WDF_215_WDF_479_S32_ArmingFailsOverAFrameworkBus) {
  BusLife arm;
  arm.orders(3).Status[PuppetArmS0] = kFailed;
  arm.run([&](Manager& manager) {
    arm.start(manager);
    while (arm.count(PuppetD0Entry) < 5) arm.sleep(1ms);  // three first ones, and both of the child again
    arm.sleep(1ms);
    EXPECT_EQ(arm.log(),
              "3:SmSuspend; 2:EnableWakeAtBus(1); 3:ArmS0; 2:DisableWakeAtBus; 3:PreInt(D3); 3:D0Exit(D3); "
              "2:SmSuspend; 2:PreInt(D3); 2:D0Exit(D3); 2:D0Entry(D3); 2:PostInt(D3); 2:SmRestart; 3:D0Entry(D3); "
              "3:PostInt(D3); 3:SmRestart");
  });
  BusLife enable;
  enable.orders(2).Status[PuppetEnableWakeAtBus] = kFailed;
  enable.run([&](Manager& manager) {
    enable.start(manager);
    while (enable.count(PuppetD0Entry) < 5) enable.sleep(1ms);
    enable.sleep(1ms);
    EXPECT_EQ(enable.log(),
              "3:SmSuspend; 2:EnableWakeAtBus(1); 3:DisarmS0; 3:PreInt(D3); 3:D0Exit(D3); 2:SmSuspend; 2:PreInt(D3); "
              "2:D0Exit(D3); 2:D0Entry(D3); 2:PostInt(D3); 2:SmRestart; 3:D0Entry(D3); 3:PostInt(D3); 3:SmRestart");
    EXPECT_EQ(enable.count(PuppetDisableWakeAtBus), 0u);
  });
}

TEST(WdfWake, WDF_215_EnableWakeAtBusFailsForSx) {
  BusLife rig;
  rig.orders(3).IdleMilliseconds = 0;
  rig.does(0, PuppetSmInit, PuppetAssignSx, 0, 0, 3);
  rig.orders(2).Status[PuppetEnableWakeAtBus] = kFailed;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    const std::string log = rig.log();
    EXPECT_NE(log.find("2:EnableWakeAtBus(4)"), std::string::npos) << log;
    EXPECT_NE(log.find("3:D0Exit(D3)"), std::string::npos) << log;  // down, unarmed
  });
}

/// Device 2 is a raw PDO that owns its policy.
struct RawLife : Life {
  RawLife() {
    orders(1).Interrupts = orders(1).MapsBar = 0;
    orders(1).Children = orders(1).ChildrenRaw = 1;
    orders(2) = {};
    orders(2).WakeCapable = 1;
    orders(2).IdleMilliseconds = 10;
    orders(2).IdleWakes = 1;
    does(0, PuppetSmInit, PuppetAssignIdle, 0, 0, 2);
  }
};

TEST(WdfWake, WDF_095_WDF_096_APdoThatIsTheOwnerArmsBeforeItsBus) {
  RawLife rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.result(0, 2), 0u);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), "2:SmSuspend; 2:ArmS0; 2:EnableWakeAtBus(1); 2:PreInt(D3); 2:D0Exit(D3)");
    manager.query_and_cancel_stop(manager.find_id(kWdfId)->children.at(0)->id);
    EXPECT_EQ(rig.log(), "2:QueryStop; 2:D0Entry(D3); 2:PostInt(D3); 2:DisableWakeAtBus; 2:DisarmS0; 2:SmRestart");
  });
  // The case left out: surprise-removed while armed in Dx.
  RawLife pulled;
  pulled.run([&](Manager& manager) {
    pulled.start(manager);
    pulled.sleep(100ms);
    pulled.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(pulled.count(PuppetEnableWakeAtBus), 1u);
    EXPECT_EQ(pulled.count(PuppetDisableWakeAtBus), 0u);
  });
}

TEST(WdfWake, WDF_215_WDF_344_WDF_095_APdoThatIsTheOwnerAndItsBusFails) {
  RawLife rig;
  rig.orders(2).Status[PuppetEnableWakeAtBus] = kFailed;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    while (rig.count(PuppetSmRestart) == 0) rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "2:SmSuspend; 2:ArmS0; 2:EnableWakeAtBus(1); 2:PreInt(D3); 2:D0Exit(D3); 2:D0Entry(D3); "
                         "2:PostInt(D3); 2:SmRestart");
  });
}

NTSTATUS wake_ended;
VOID NTAPI note_wake_ended(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID, IO_STATUS_BLOCK* status) {
  wake_ended = status->Status;
}

TEST(WdfWake, WDF_167_APendingWaitWakeIsCompletedAfterSmFlush) {
  for (const bool pulled : {true, false}) {
    RawLife rig;
    rig.orders(2).Owner = 2;  // the request is somebody else's
    rig.orders(2).IdleMilliseconds = 0;
    rig.orders(2).Deeds[0] = {};
    NTSTATUS in_flush = 0, after = 0;
    rig.on(PuppetSmFlush, [&] { in_flush = wake_ended; }, 2);
    rig.run([&](Manager& manager) {
      rig.start(manager);
      wake_ended = STATUS_PENDING;
      POWER_STATE state{};
      state.SystemState = PowerSystemWorking;
      DEVICE_OBJECT* pdo = manager.find_id(kWdfId)->children.at(0)->pdo;
      EXPECT_EQ(ntos::PoRequestPowerIrp(pdo, IRP_MN_WAIT_WAKE, state, note_wake_ended, nullptr, nullptr),
                STATUS_PENDING);
      EXPECT_EQ(rig.log(), "2:EnableWakeAtBus(1)");
      if (pulled) {
        rig.unplug();
        manager.wait_until_settled();
      } else {
        EXPECT_TRUE(manager.disable(manager.find_id(kWdfId)->children.at(0)->id).ok());
      }
      after = wake_ended;
      EXPECT_EQ(in_flush, STATUS_PENDING);
      EXPECT_EQ(after, STATUS_NO_SUCH_DEVICE);
    });
  }
}

}  // namespace
}  // namespace drydock::test::wdf
