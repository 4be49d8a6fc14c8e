// START, step by step (docs/contracts/wdf.md, sections 2 and 4).

#include <map>
#include <set>

#include "contract/wdf/host_filter.h"
#include "contract/wdf/lifecycle.h"
#include "machine/refusal.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/pnp/interface_api.h"
#include "ntos/pnp/pool.h"
#include "ntos/pnp/resource_lists.h"
#include "wdf/device.h"

namespace drydock::test::wdf {
namespace {

constexpr GUID kPuppetInterface = {0x7A1F0A32, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x03}};

/// START once more, with the resources the device has.
NTSTATUS start_again(const Devnode& node, DEVICE_OBJECT* device) {
  using ntos::pnp::ListForm;
  ntos::pnp::PoolPointer<CM_RESOURCE_LIST> raw(
      ntos::pnp::make_resource_list(node.assigned, ListForm::Raw, PCIBus, node.bus_number));
  ntos::pnp::PoolPointer<CM_RESOURCE_LIST> translated(
      ntos::pnp::make_resource_list(node.assigned, ListForm::Translated, PCIBus, node.bus_number));
  return send_pnp(device, IRP_MN_START_DEVICE, [&](IO_STACK_LOCATION& location) {
    location.Parameters.StartDevice.AllocatedResources = raw.get();
    location.Parameters.StartDevice.AllocatedResourcesTranslated = translated.get();
  });
}

TEST(WdfStart, WDF_057_ALowerDriverFailsStart) {
  Life first;
  HostFilter below(first, "below");
  below.refuse[IRP_MN_START_DEVICE] = 0xC0000120;
  first.add_filters({u"below"}, {});
  first.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(first.log(1), joined({"DeviceAdd; RemoveAdded", kObjects}));  // back to never-started
    EXPECT_EQ(first.requests(), "START=C0000120 REMOVE");
  });
}

TEST(WdfStart, WDF_057_ALowerDriverFailsStartAfterAStop) {
  Life rig;
  HostFilter below(rig, "below");
  rig.add_filters({u"below"}, {});
  rig.run([&](Manager& manager) {
    rig.start(manager);
    below.refuse[IRP_MN_START_DEVICE] = 0xC0000120;
    EXPECT_FALSE(manager.rebalance(rig.node(manager).id).ok());
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), joined({"QueryStop", kDownFinal, "ReleaseHardware; RemoveAdded; SmFlush; SurpriseRemoval; "
                                                           "SmCleanup",
                                  kObjects}));
    EXPECT_EQ(rig.requests().rfind("QUERY_STOP STOP START=C0000120 SURPRISE_REMOVAL REMOVE", 0), 0u);
  });
}

TEST(WdfStart, WDF_078_S9_StartWhileStarted) {
  Life rig;
  rig.orders(1).Enablers = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(start_again(rig.node(manager), rig.device(manager)), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(),
              "SmSuspend; DmaStop(1); DmaDisable(1); DmaFlush(1); PreInt(D3Final); IntDisable(2); IntDisable(1); "
              "D0Exit(D3Final); ReleaseHardware; RemoveAdded; PrepareHardware; D0Entry(D3Final); IntEnable(1); "
              "IntEnable(2); PostInt(D3Final); DmaFill(1); DmaEnable(1); DmaStart(1); SmRestart");
  });
  // A policy owner idle in Dx comes up first.
  Life idle;
  idle.orders(1).IdleMilliseconds = 10;
  idle.run([&](Manager& manager) {
    idle.start(manager);
    idle.sleep(100ms);
    EXPECT_EQ(idle.log(), kDownD3);
    EXPECT_EQ(start_again(idle.node(manager), idle.device(manager)), STATUS_SUCCESS);
    EXPECT_EQ(idle.log(), joined({kUpD3, "SmRestart", kDownFinal, "ReleaseHardware; RemoveAdded; PrepareHardware",
                                  kUpFinal, "SmRestart"}));
  });
}

TEST(WdfStart, WDF_057_WDF_218_AStartWhileStartedThatFails) {
  for (const bool release : {false, true}) {
    Life rig;
    HostFilter below(rig, "below");
    rig.add_filters({u"below"}, {});
    rig.run([&](Manager& manager) {
      rig.start(manager);
      if (release)
        rig.orders(1).Status[PuppetReleaseHardware] = 0xC0000121;
      else
        below.refuse[IRP_MN_START_DEVICE] = 0xC0000120;
      EXPECT_EQ(start_again(rig.node(manager), rig.device(manager)), release ? STATUS_CANNOT_DELETE : STATUS_CANCELLED);
      manager.wait_until_settled();
      // Failed: interfaces off, purge, SmFlush; the state says so and the PnP manager removes the device.
      EXPECT_EQ(rig.log(1).rfind(joined({kDownFinal, release ? "ReleaseHardware; SmFlush; SurpriseRemoval; SmCleanup"
                                                             : "ReleaseHardware; RemoveAdded; SmFlush; "
                                                               "SurpriseRemoval; SmCleanup"}),
                                 0),
                0u);
      EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
    });
  }
}

TEST(WdfStart, WDF_059_PrepareHardwareRunsOncePerStart) {
  Life rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep_and_wake(manager);
    rig.sleep(100ms);  // idle
    manager.query_and_cancel_stop(rig.node(manager).id);  // and up again
    EXPECT_GE(rig.count(PuppetD0Entry), 2u);
    EXPECT_EQ(rig.count(PuppetPrepareHardware), 1u);
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(rig.count(PuppetPrepareHardware), 2u);
  });
}

TEST(WdfStart, WDF_060_WDF_061_WDF_062_WhatPrepareHardwareFinds) {
  Life rig;
  rig.does(0, PuppetPrepareHardware, PuppetReadRegister);
  rig.does(1, PuppetPrepareHardware, PuppetReadConfig);
  rig.does(2, PuppetPrepareHardware, PuppetInterruptInfo);
  rig.does(3, PuppetPrepareHardware, PuppetInterruptObject);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.result(0), 0x010000EDu);  // registers answer
    EXPECT_EQ(rig.result(1), 0x57DF1234u);  // the stack below is started
    EXPECT_NE(rig.result(2), 0u);           // interrupts are matched
    EXPECT_EQ(rig.result(3), 0u);           // and not connected
  });
}

TEST(WdfStart, WDF_063_CapabilitiesAreQueriedBetweenPrepareHardwareAndD0Entry) {
  Life rig;
  HostFilter below(rig, "below");
  rig.add_filters({u"below"}, {});
  unsigned queries = 0, at_prepare = 0, at_entry = 0;
  below.capabilities = [&](DEVICE_CAPABILITIES&) { ++queries; };
  rig.on(PuppetPrepareHardware, [&] { at_prepare = queries; });
  rig.on(PuppetD0Entry, [&] { at_entry = queries; });
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(at_entry, at_prepare + 1);
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(at_entry, at_prepare);  // not at the restart after a stop
  });

  // A PDO that was removed, and is started again.
  Life bus;
  bus.orders(1).Interrupts = bus.orders(1).MapsBar = 0;
  bus.orders(1).Children = bus.orders(1).ChildrenRaw = 1;
  bus.orders(2) = {};
  bus.run([&](Manager& manager) {
    bus.start(manager);
    const auto child = manager.find_id(kWdfId)->children.at(0)->id;
    for (const bool refused : {false, true}) {
      EXPECT_TRUE(manager.disable(child).ok());
      bus.log();
      machine::Refusal refusal(1, refused ? "wdf.capabilities" : "nothing");
      EXPECT_EQ(manager.enable(child).ok(), !refused);
      EXPECT_EQ(refusal.made(), refused);  // asked for
      if (refused) {
        EXPECT_EQ(bus.log().rfind("2:PrepareHardware; 2:ReleaseHardware", 0), 0u);
      }
    }
  });
}

TEST(WdfStart, WDF_063_FailingCapabilitiesFailTheStart) {
  Life rig;
  HostFilter below(rig, "below");
  rig.add_filters({u"below"}, {});
  rig.on(PuppetPrepareHardware, [&] { below.refuse[IRP_MN_QUERY_CAPABILITIES] = 0xC0000120; });
  rig.on(PuppetReleaseHardware, [&] { below.refuse.clear(); });
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), joined({kAdded, "RemoveAdded; PrepareHardware; ReleaseHardware", kObjects, kUnloaded}));
    EXPECT_EQ(rig.requests(), "START=C0000120 REMOVE");  // and nobody asks for a new instance
  });
}

TEST(WdfStart, WDF_064_D0EntryRunsWithoutInterruptsAndRequests) {
  Life rig;
  rig.orders(1).Queue = 1;
  rig.orders(1).CompletesReads = 1;
  rig.does(0, PuppetD0Entry, PuppetInterruptObject);
  rig.on(PuppetD0Entry, [&] { rig.model->interrupt(0); });
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.result(0), 0u);
    auto file = user::open(rig.device(manager));
    ASSERT_TRUE(file);
    ntos::po::sleep(PowerSystemSleeping3);
    auto read = file.start_read(4);
    rig.log();
    ntos::po::wake();
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
    const std::string log = rig.log();
    EXPECT_LT(log.find("D0Entry(D3)"), log.find("IoRead")) << log;
    EXPECT_LT(log.find("PostInt"), log.find("IoRead")) << log;
    EXPECT_EQ(rig.result(0), 0u);
    EXPECT_EQ(log.find("Isr(1); IntEnable(1)"), std::string::npos) << log;
  });
}

TEST(WdfStart, WDF_066_TheServiceRoutineMayRunBeforeIntEnable) {
  Life rig;
  rig.use_line();
  rig.orders(1).Interrupts = 1;
  rig.on(PuppetD0Entry, [&] { rig.model->line(true); });
  rig.on(PuppetIsr, [&] { rig.model->line(false); });
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const std::string log = rig.log();
    const auto isr = log.find("Isr(1)"), enable = log.find("IntEnable(1)");
    ASSERT_NE(isr, std::string::npos) << log;
    EXPECT_LT(isr, enable) << log;
  });
}

TEST(WdfStart, WDF_068_WDF_085_EnablersInOrderOfCreation) {
  Life rig;
  rig.orders(1).Enablers = 2;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), joined({kAdded, "RemoveAdded; PrepareHardware", kUpFinal,
                                 "DmaFill(1); DmaEnable(1); DmaStart(1); DmaFill(2); DmaEnable(2); DmaStart(2); "
                                 "SmInit"}));
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(rig.log(), "SmSuspend; DmaStop(1); DmaDisable(1); DmaFlush(1); DmaStop(2); DmaDisable(2); DmaFlush(2); "
                         "PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)");
  });
}

TEST(WdfStart, WDF_070_WDF_076_WhenQueuesDeliver) {
  for (const bool managed : {true, false}) {
    Life rig;
    rig.orders(1).Queue = managed ? 1 : 2;
    rig.orders(1).CompletesReads = 1;
    std::unique_ptr<user::Request> read;
    user::File file;
    unsigned delivered_in_prepare = 0, delivered_in_init = 0;
    rig.on(PuppetPrepareHardware, [&] {
      file = user::open(rig.device(ntos::pnp::manager()));
      ASSERT_TRUE(file);
      read = file.start_read(4);
      delivered_in_prepare = rig.count(PuppetIoRead);
    });
    rig.on(PuppetSmInit, [&] { delivered_in_init = rig.count(PuppetIoRead); });
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      EXPECT_EQ(delivered_in_prepare, managed ? 0u : 1u);
      EXPECT_EQ(delivered_in_init, 1u);  // a power-managed one has opened just before SmInit
      EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
      read.reset();
      file.close();
    });
  }
}

TEST(WdfStart, WDF_071_WDF_133_InterfacesAreOnFromAfterSmInitToAfterReleaseHardware) {
  Life rig;
  rig.orders(1).Interface = 1;
  std::map<PuppetCall, std::size_t> enabled;
  const auto count = [&] {
    PWSTR list = nullptr;
    EXPECT_EQ(ntos::pnp::IoGetDeviceInterfaces(&kPuppetInterface, nullptr, 0, &list), STATUS_SUCCESS);
    const bool one = list && *list;
    ntos::pnp::free_pool(list);
    return one;
  };
  for (PuppetCall call : {PuppetSmInit, PuppetD0Exit, PuppetReleaseHardware, PuppetSmFlush})
    rig.on(call, [&, call] { enabled[call] = count(); });
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_FALSE(enabled[PuppetSmInit]);
    EXPECT_TRUE(count());
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_TRUE(enabled[PuppetD0Exit]);
    EXPECT_TRUE(enabled[PuppetReleaseHardware]);
    EXPECT_FALSE(enabled[PuppetSmFlush]);
  });
}

TEST(WdfStart, WDF_133_InterfacesInSurpriseRemovalAndACreateInBetween) {
  Life rig;
  rig.orders(1).Interface = 1;
  bool opened = false;
  rig.on(PuppetReleaseHardware, [&] {
    user::File file = user::open(rig.device(ntos::pnp::manager()));
    opened = static_cast<bool>(file);
  });
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_TRUE(rig.log().starts_with(joined({"SurpriseRemoval", kDownFinal, "ReleaseHardware; SmFlush"})));
    EXPECT_TRUE(opened);  // what gets through in between is delivered
  });
}

TEST(WdfStart, WDF_073_WDF_106_WDF_140_TwoFrameworkDriversInAStack) {
  Life rig;
  rig.add_filters({u"wdf_puppet"}, {});
  rig.orders(1) = {};
  rig.orders(1).Filter = 1;
  rig.orders(2) = {};
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    // RemoveAdded top down, everything else from below.
    EXPECT_EQ(rig.log(), "DriverEntry; DeviceAdd; 2:DeviceAdd; 2:RemoveAdded; RemoveAdded; PrepareHardware; "
                         "D0Entry(D3Final); PostInt(D3Final); SmInit; 2:PrepareHardware; 2:D0Entry(D3Final); "
                         "2:PostInt(D3Final); 2:SmInit");
    EXPECT_EQ(rig.sleep_and_wake(manager),
              "2:SmSuspend; 2:PreInt(D3); 2:D0Exit(D3); SmSuspend; PreInt(D3); D0Exit(D3); D0Entry(D3); PostInt(D3); "
              "SmRestart; 2:D0Entry(D3); 2:PostInt(D3); 2:SmRestart");
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(),
              joined({"2:QueryRemove; QueryRemove; 2:SmSuspend; 2:PreInt(D3Final); 2:D0Exit(D3Final); "
                      "2:ReleaseHardware; 2:SmFlush; 2:SmCleanup; 2:ObjCleanup; SmSuspend; PreInt(D3Final); "
                      "D0Exit(D3Final); ReleaseHardware; SmFlush; SmCleanup; ObjCleanup; ObjDestroy; 2:ObjDestroy",
                      kUnloaded}));
  });
}

TEST(WdfStart, WDF_105_ADriverThatOwnsNothingFollowsTheRequestsThatPass) {
  Life rig;
  HostFilter below(rig, "below");
  rig.add_filters({u"below", u"wdf_puppet"}, {});
  rig.orders(1) = {};
  rig.orders(1).Filter = 1;
  rig.orders(2) = {};
  rig.orders(2).IdleMilliseconds = 10;  // the owner, above
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(1), "SmSuspend; PreInt(D3); D0Exit(D3)");
    manager.query_and_cancel_stop(rig.node(manager).id);
    EXPECT_EQ(rig.log(1), "D0Entry(D3); PostInt(D3); SmRestart; QueryStop");
    EXPECT_EQ(rig.count(PuppetArmS0) + rig.count(PuppetDisarmS0) + rig.count(PuppetTriggeredS0), 0u);
  });
}

TEST(WdfStart, WDF_037_WDF_077_StartIsPendingWhileACallbackRuns) {
  Life rig;
  rig.orders(1).Children = 1;
  rig.orders(1).ChildrenRaw = 1;
  rig.does(0, PuppetPrepareHardware, PuppetBlock, 50);
  for (PuppetCall call : {PuppetPrepareHardware, PuppetD0Entry, PuppetPostInt, PuppetScan, PuppetSmInit})
    rig.on(call, [&] { EXPECT_EQ(rig.requests(), ""); }, 1);
  rig.run([&](Manager& manager) {
    const auto before = machine::Machine::current().now();
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_GE(machine::Machine::current().now() - before, 50ms);
    EXPECT_EQ(rig.requests(), "START START");
    const std::string log = rig.log();
    EXPECT_LT(log.find("SmInit"), log.find("CreateChild(1)"));  // the tree below waits
    for (const auto& sent : manager.sent_irps())
      if (sent.devnode == rig.node(manager).id && sent.major == IRP_MJ_PNP && sent.minor == IRP_MN_START_DEVICE) {
        EXPECT_GE(sent.completed_at - sent.sent_at, 50ms);
      }
  });
}

TEST(WdfStart, WDF_034_QueueCallbacksRunBesidePowerCallbacks) {
  Life rig;
  rig.orders(1).Queue = 2;
  rig.orders(1).CompletesReads = 1;
  rig.does(0, PuppetD0Entry, PuppetBlock, 20, 2);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto file = user::open(rig.device(manager));
    ntos::po::sleep(PowerSystemSleeping3);
    rig.log();
    rig.beside([] { ntos::po::wake(); },  // the return to D0, stuck in D0Entry
               [&] {
                 while (rig.count(PuppetD0Entry) == 1) rig.sleep(1ms);
                 EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
                 EXPECT_EQ(rig.log(), "D0Entry(D3); IoRead");
               });
    EXPECT_EQ(rig.log(), "IntEnable(1); IntEnable(2); PostInt(D3); SmRestart");
  });
}

TEST(WdfStart, WDF_031_RelationsQueryMayMeetAPowerCallback) {
  Life rig;
  rig.orders(1).Omits[PuppetRelationsQuery] = PUPPET_WANTED;
  rig.orders(1).IdleMilliseconds = 10;
  rig.does(0, PuppetD0Exit, PuppetBlock, 50, 1);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    while (rig.count(PuppetD0Exit) == 0) rig.sleep(1ms);
    rig.log();
    manager.scan(rig.node(manager).id);
    EXPECT_EQ(rig.log(), "RelationsQuery(0)");
    EXPECT_EQ(rig.count(PuppetD0Exit), 1u);
    rig.sleep(100ms);
    // The machines' own callbacks came one at a time all the same.
    EXPECT_EQ(rig.log(), "");
  });
}

TEST(WdfStart, WDF_035_NoParticularThread) {
  Life rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.does(0, PuppetQueryStop, PuppetStaticStopRemove, 1);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    std::set<PU32> threads;
    const PUPPET& puppet = rig.puppet();
    for (unsigned i = 0; i < puppet.Calls; ++i)
      if (puppet.Log[i].Call == PuppetPrepareHardware || puppet.Log[i].Call == PuppetD0Exit)
        threads.insert(puppet.Log[i].Thread);
    EXPECT_EQ(threads.size(), 2u);  // START's, and whoever found the device idle
  });
}

}  // namespace
}  // namespace drydock::test::wdf
