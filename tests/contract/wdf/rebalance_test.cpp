// Stop and restart for a rebalance (docs/contracts/wdf.md, section 6).

#include "contract/wdf/host_filter.h"
#include "contract/wdf/lifecycle.h"
#include "wdf/device.h"

namespace drydock::test::wdf {
namespace {

TEST(WdfRebalance, WDF_108_WDF_223_FixedChecksComeBeforeQueryStop) {
  Life rig;
  rig.does(0, PuppetSmInit, PuppetStaticStopRemove, 0);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_FALSE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(rig.requests().rfind("QUERY_STOP=C0000184", 0), 0u);
    EXPECT_FALSE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.requests().rfind("QUERY_REMOVE=C0000184", 0), 0u);
    EXPECT_EQ(rig.log(), "");  // nobody asked the driver
  });

  Life special;
  special.run([&](Manager& manager) {
    special.start(manager);
    send_usage(special.device(manager), DeviceUsageTypePaging, true);
    special.log();
    EXPECT_FALSE(manager.rebalance(special.node(manager).id).ok());
    EXPECT_EQ(special.requests().rfind("QUERY_STOP=C00000A3", 0), 0u);
    EXPECT_EQ(special.log(), "");
    send_usage(special.device(manager), DeviceUsageTypePaging, false);
    EXPECT_TRUE(manager.rebalance(special.node(manager).id).ok());
  });

  // Any failure status of the driver's is the request's.
  Life asked;
  asked.orders(1).Status[PuppetQueryStop] = 0xC0000120;
  asked.run([&](Manager& manager) {
    asked.start(manager);
    EXPECT_FALSE(manager.rebalance(asked.node(manager).id).ok());
    EXPECT_EQ(asked.log(), "QueryStop");
    EXPECT_EQ(asked.requests().rfind("QUERY_STOP=C0000120", 0), 0u);
    EXPECT_EQ(asked.node(manager).state, DevnodeState::Started);
  });
}

TEST(WdfRebalance, WDF_118_EveryResourceMayDifferAfterARestart) {
  Life rig;
  HostFilter above(rig, "above");
  rig.add_filters({}, {u"above"});
  bool fewer = false;
  above.start = [&](CM_RESOURCE_LIST* raw, CM_RESOURCE_LIST* translated) {
    for (CM_RESOURCE_LIST* list : {raw, translated}) {
      auto& partial = list->List[0].PartialResourceList;
      if (fewer && partial.PartialDescriptors[partial.Count - 1].Type == CmResourceTypeInterrupt) --partial.Count;
    }
  };
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const PU32 range = rig.puppet().Seen[SeenPrepareList + 2];
    fewer = true;
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id, Manager::NewResources::Other).ok());
    EXPECT_NE(rig.puppet().Seen[SeenPrepareList + 2], range);
    EXPECT_EQ(rig.log(), joined({"QueryStop", kDownFinal, "ReleaseHardware; RemoveAdded; PrepareHardware; "
                                                          "D0Entry(D3Final); IntEnable(1); PostInt(D3Final); "
                                                          "SmRestart"}));
    // What it has now works, and the second object, without a message, is silent.
    rig.model->interrupt(0);
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "Isr(1); Dpc(1)");
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.count(PuppetIntDisable), 3u);
  });
}

TEST(WdfRebalance, WDF_119_InterruptObjectsOverAStop) {
  Life added;  // made in EvtDriverDeviceAdd: they stay, and are matched in the same order
  added.run([&](Manager& manager) {
    added.start(manager);
    EXPECT_TRUE(manager.rebalance(added.node(manager).id, Manager::NewResources::Other).ok());
    EXPECT_EQ(added.log(), joined({"QueryStop", kDownFinal, "ReleaseHardware; RemoveAdded; PrepareHardware", kUpFinal,
                                   "SmRestart"}));
    for (unsigned message : {0u, 1u}) {
      added.model->interrupt(message);
      added.sleep(1ms);
    }
    EXPECT_EQ(added.log(), "Isr(1); Dpc(1); Isr(2); Dpc(2)");
  });
  Life prepared;  // made in PrepareHardware: deleted, and made again
  prepared.orders(1).Interrupts = 0;
  prepared.orders(1).InterruptsInPrepare = 2;
  prepared.run([&](Manager& manager) {
    prepared.start(manager);
    EXPECT_TRUE(manager.rebalance(prepared.node(manager).id).ok());
    EXPECT_EQ(prepared.log(),
              joined({"QueryStop", kDownFinal, "ReleaseHardware; ChildObjCleanup(2); ChildObjDestroy(2); "
                                               "ChildObjCleanup(1); ChildObjDestroy(1); RemoveAdded; PrepareHardware",
                      kUpFinal, "SmRestart"}));
  });
}

TEST(WdfRebalance, WDF_120_WDF_065_MoreObjectsThanResourcesAndFewer) {
  Life more;  // the model has two messages
  more.orders(1).Interrupts = 4;
  more.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(more.log(), joined({kAdded, "RemoveAdded; PrepareHardware; D0Entry(D3Final); IntEnable(1); "
                                          "IntEnable(2); PostInt(D3Final); SmInit"}));
    EXPECT_TRUE(manager.remove(more.node(manager).id).ok());
    EXPECT_EQ(more.count(PuppetIntDisable), 2u);
  });
  Life fewer;
  fewer.orders(1).Interrupts = 1;
  fewer.run([&](Manager& manager) {
    fewer.start(manager);
    fewer.model->interrupt(0);
    fewer.sleep(1ms);
    EXPECT_EQ(fewer.log(), "Isr(1); Dpc(1)");
    EXPECT_EQ(fewer.node(manager).state, DevnodeState::Started);
  });
}

TEST(WdfRebalance, WDF_121_CancelStopGoesToTheStackOfTheVeto) {
  Life rig;
  rig.add_filters({u"wdf_puppet"}, {});
  rig.orders(1) = {};
  rig.orders(1).Filter = 1;  // below, and against it
  rig.orders(1).Status[PuppetQueryStop] = kFailed;
  rig.orders(2) = {};
  rig.orders(2).IdleMilliseconds = 10;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_FALSE(manager.rebalance(rig.node(manager).id).ok());
    const std::string log = rig.log();
    EXPECT_NE(log.find("2:QueryStop"), std::string::npos);
    EXPECT_NE(log.find("; QueryStop"), std::string::npos) << log;
    EXPECT_EQ(rig.requests(), "QUERY_STOP=C0000001 CANCEL_STOP");
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    rig.sleep(100ms);  // the upper driver's hold on D0 is gone
    EXPECT_NE(rig.log().find("2:D0Exit(D3)"), std::string::npos);
  });
}

TEST(WdfRebalance, WDF_125_WDF_121_ABusTakesItsChildrenAlong) {
  Life rig;
  rig.orders(1).Interrupts = rig.orders(1).MapsBar = 0;
  rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
  rig.orders(2) = {};
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const auto bus = manager.find_id(kWdfId)->id;
    EXPECT_TRUE(manager.rebalance(bus).ok());
    EXPECT_EQ(rig.log(),
              "2:QueryStop; QueryStop; 2:SmSuspend; 2:PreInt(D3Final); 2:D0Exit(D3Final); 2:ReleaseHardware; "
              "SmSuspend; PreInt(D3Final); D0Exit(D3Final); ReleaseHardware; RemoveAdded; PrepareHardware; "
              "D0Entry(D3Final); PostInt(D3Final); Scan; SmRestart; 2:PrepareHardware; 2:D0Entry(D3Final); "
              "2:PostInt(D3Final); 2:SmRestart");
    EXPECT_EQ(rig.requests(), "QUERY_STOP QUERY_STOP STOP STOP START START");
    EXPECT_EQ(manager.find(bus)->children.at(0)->state, DevnodeState::Started);  // the same child

    rig.orders(2).Status[PuppetQueryStop] = kFailed;
    EXPECT_FALSE(manager.rebalance(bus).ok());
    EXPECT_EQ(rig.log(), "2:QueryStop");
    EXPECT_EQ(rig.requests(), "QUERY_STOP=C0000001 CANCEL_STOP");

    // The bus refuses after the child agreed: both are told.
    rig.orders(2).Status[PuppetQueryStop] = 0;
    rig.orders(1).Status[PuppetQueryStop] = kFailed;
    EXPECT_FALSE(manager.rebalance(bus).ok());
    EXPECT_EQ(rig.log(), "2:QueryStop; QueryStop");
    EXPECT_EQ(rig.requests(), "QUERY_STOP QUERY_STOP=C0000001 CANCEL_STOP CANCEL_STOP");
  });
}

TEST(WdfRebalance, WDF_122_WDF_159_S16_SurpriseRemovalWhileStopped) {
  Life rig;
  rig.orders(1).Queue = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    DEVICE_OBJECT* device = rig.device(manager);
    EXPECT_EQ(send_pnp(device, IRP_MN_QUERY_STOP_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(send_pnp(device, IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    rig.log();
    EXPECT_EQ(send_pnp(device, IRP_MN_SURPRISE_REMOVAL), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "SurpriseRemoval; SmFlush");  // no second ReleaseHardware
    EXPECT_EQ(send_pnp(device, IRP_MN_REMOVE_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), joined({"SmCleanup", kObjects}));
  });
}

TEST(WdfRebalance, WDF_123_AStoppedDeviceIsNotSentRemove) {
  // Taken away while it is stopped: START fails, and SURPRISE_REMOVAL comes before REMOVE.
  Life rig;
  rig.on(PuppetReleaseHardware, [&] {
    if (rig.count(PuppetReleaseHardware) == 1) rig.unplug();
  });
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_FALSE(manager.rebalance(rig.node(manager).id).ok());
    manager.wait_until_settled();
    const std::string requests = rig.requests();
    EXPECT_NE(requests.find("STOP"), std::string::npos);
    const auto surprise = requests.find("SURPRISE_REMOVAL"), remove = requests.find(" REMOVE");
    ASSERT_NE(surprise, std::string::npos) << requests;
    EXPECT_LT(surprise, remove) << requests;
    EXPECT_EQ(rig.count(PuppetSurpriseRemoval), 1u);
    EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
