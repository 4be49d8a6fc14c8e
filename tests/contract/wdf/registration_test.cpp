// What a driver registers, and when it counts (docs/contracts/wdf.md, section 1).

#include <cstring>

#include "contract/ntos/kernel_rig.h"
#include "contract/wdf/lifecycle.h"
#include "guest/wdf_driver_create.h"
#include "image/loader.h"
#include "ntos/io/driver.h"
#include "wdf/framework.h"
#include "wdf/function_table.h"

namespace drydock::test::wdf {
namespace {

constexpr PU32 kPaging = 11;  // WdfSpecialFilePaging, in the path

TEST(WdfRegistration, WDF_002_AbsentCallbacksCountAsSuccess) {
  Life rig;
  for (PuppetCall call : {PuppetPrepareHardware, PuppetPostInt, PuppetPreInt, PuppetD0Exit, PuppetSmInit,
                          PuppetSmRestart, PuppetQueryRemove, PuppetQueryStop, PuppetSurpriseRemoval})
    rig.orders(1).Omits[call] = 1;
  rig.orders(1).MapsBar = 0;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), joined({kAdded, "RemoveAdded; D0Entry(D3Final); IntEnable(1); IntEnable(2)"}));
    EXPECT_EQ(rig.sleep_and_wake(manager),
              "SmSuspend; IntDisable(2); IntDisable(1); D0Entry(D3); IntEnable(1); IntEnable(2)");
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(),
              "SmSuspend; IntDisable(2); IntDisable(1); ReleaseHardware; RemoveAdded; D0Entry(D3Final); IntEnable(1); "
              "IntEnable(2)");
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(), joined({"SmSuspend; IntDisable(2); IntDisable(1); ReleaseHardware; SmFlush; SmCleanup",
                                 kObjects, kUnloaded}));
  });
}

TEST(WdfRegistration, WDF_003_ASizeOfNoVersionLeavesTheEarlierCallInForce) {
  Life rig;
  rig.orders(1).Registration = PuppetRegistersWrongSize;
  rig.expect({"WDF-003"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), joined({kAdded, started()}));
  });
}

TEST(WdfRegistration, WDF_004_ExactlySizeBytesAreCopied) {
  Life rig;
  rig.orders(1).Registration = PuppetRegistersOldSize;
  rig.orders(1).Omits[PuppetUsageEx] = PUPPET_WANTED;  // beyond the 0x88 bytes
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), joined({kAdded, started()}));  // although the driver has cleared its structure since
    EXPECT_EQ(send_usage(rig.device(manager), DeviceUsageTypePaging, true), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "");
  });
}

TEST(WdfRegistration, WDF_005_BothUsageCallbacksMakeTheCallIgnored) {
  Life rig;
  rig.orders(1).Registration = PuppetRegistersBothUsages;
  rig.expect({"WDF-005"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), joined({kAdded, started()}));
    EXPECT_EQ(send_usage(rig.device(manager), DeviceUsageTypePaging, true), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "");
  });
}

TEST(WdfRegistration, WDF_006_ASecondCallReplacesTheFirst) {
  for (const bool old_size : {false, true}) {
    Life rig;
    rig.orders(1).Registration = old_size ? PuppetRegistersAgainOld : PuppetRegistersAgain;
    rig.orders(1).Omits[PuppetUsageEx] = PUPPET_WANTED;
    rig.orders(1).MapsBar = 0;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      EXPECT_EQ(rig.log(), joined({kAdded, "RemoveAdded; D0Entry(D3Final); IntEnable(1); IntEnable(2)"}));
      send_usage(rig.device(manager), DeviceUsageTypePaging, true);
      EXPECT_EQ(rig.log(), old_size ? "UsageEx(11)" : "");  // the first call's stays where the second does not reach
    });
  }
}

TEST(WdfRegistration, WDF_007_OneSelfManagedCallbackIsEnough) {
  for (const bool one : {false, true}) {
    Life rig;
    for (PuppetCall call : {PuppetSmInit, PuppetSmSuspend, PuppetSmRestart, PuppetSmFlush}) rig.orders(1).Omits[call] = 1;
    rig.orders(1).Omits[PuppetSmCleanup] = !one;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
      EXPECT_EQ(rig.log(1), joined({"QueryRemove; PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final); "
                                    "ReleaseHardware",
                                    one ? "SmCleanup; " + std::string(kObjects) : kObjects}));
    });
  }
}

TEST(WdfRegistration, WDF_009_AddingRequirementsWithoutRemovingThemIsIgnored) {
  Life rig;
  rig.orders(1).Omits[PuppetRemoveAdded] = 1;
  rig.orders(1).Omits[PuppetFilterAdd] = rig.orders(1).Omits[PuppetFilterRemove] = PUPPET_WANTED;
  rig.expect({"WDF-009"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), joined({kAdded, "PrepareHardware", kUpFinal, "SmInit"}));
  });
}

TEST(WdfRegistration, WDF_010_WDF_011_TheOwnerOfThePowerPolicy) {
  struct Case {
    bool filter;
    PU32 said;  // 0: nothing, 1: owner, 2: not
    bool owner;
  };
  for (const Case& each : {Case{false, 0, true}, Case{false, 2, false}, Case{true, 0, false}}) {
    Life rig;
    rig.orders(1).Filter = each.filter;
    rig.orders(1).Owner = each.said;
    rig.does(0, PuppetD0Entry, PuppetAssignIdle);
    rig.orders(1).IdleMilliseconds = 1000;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_EQ(static_cast<NTSTATUS>(rig.result(0)), each.owner ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST)
          << each.filter << each.said;
    });
  }
}

TEST(WdfRegistration, WDF_010_WDF_011_TheOwnerOfThePowerPolicyOfAPdoAndOfAFilterThatSaysSo) {
  for (const bool raw : {true, false}) {
    Life rig;
    rig.orders(1).Interrupts = rig.orders(1).MapsBar = 0;
    rig.orders(1).Children = 1;
    rig.orders(1).ChildrenRaw = raw;
    rig.does(0, PuppetD0Entry, PuppetAssignIdle, 0, 0, 2).Argument = 0;
    rig.orders(2).IdleMilliseconds = 1000;
    if (!raw) rig.serve_children();
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_EQ(static_cast<NTSTATUS>(rig.result(0, 2)), raw ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
    });
  }
  // A filter below that owns, and a function driver above that does not.
  Life rig;
  rig.add_filters({u"wdf_puppet"}, {});
  rig.orders(1).Filter = 1;
  rig.orders(1).Owner = 1;
  rig.orders(1).IdleMilliseconds = 10;
  rig.orders(2) = {};
  rig.orders(2).Owner = 2;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), "2:SmSuspend; 2:PreInt(D3); 2:D0Exit(D3); " + std::string(kDownD3));
  });
}

TEST(WdfRegistration, WDF_013_WDF_014_TheReleaseOrderIsEarlyUnlessAnotherIsNamed) {
  // Since 1.11: beyond the table of 1.9, within that of 1.11.
  ULONG index = 0;
  while (std::strcmp(drydock::wdf::function_name(index), "WdfDeviceInitSetReleaseHardwareOrderOnFailure") != 0) ++index;
  EXPECT_GE(index, drydock::wdf::function_count_of(9));
  EXPECT_LT(index, drydock::wdf::function_count_of(11));

  for (const bool wrong : {false, true}) {
    Life rig;
    if (wrong) {
      rig.orders(1).Registration = PuppetRegistersBadOrder;
      rig.expect({"WDF-013"});
    }
    rig.orders(1).Status[PuppetD0Entry] = kFailed;
    rig.orders(1).FailAfter[PuppetD0Entry] = 1;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      const std::string log = rig.sleep_and_wake(manager);
      EXPECT_NE(log.find("D0Entry(D3); ReleaseHardware; SmFlush; SurpriseRemoval; SmCleanup"), std::string::npos) << log;
    });
  }
}

/// wdf_driver_create.sys, loaded as "create_<way>" and unloaded.
struct CreateRun {
  explicit CreateRun(char way) {
    const image::PeImage& file = tests::guest("test/wdf_driver_create");
    tests::KernelRig rig({.keep_records = true});
    EXPECT_EQ(rig.run([&] {
      const auto loaded = ntos::io::load_driver(file, std::string("create_") + way);
      EXPECT_EQ(loaded.status, STATUS_SUCCESS) << loaded.failure;
      if (!loaded.driver) return;
      seen = *static_cast<DRIVER_CREATE*>(ntos::io::record_of(loaded.driver).image->find_symbol("Created"));
      unload = ntos::io::unload_driver(loaded.driver).status;
    }),
              machine::OutcomeKind::Completed)
        << rig.what_happened();
    for (const auto& note : rig.machine().trace().notes())
      if (note.text.rfind("DbgPrint: ", 0) == 0) said += (said.empty() ? "" : "; ") + note.text.substr(10);
  }
  NTSTATUS status(unsigned attempt) const { return static_cast<NTSTATUS>(seen.Status[attempt]); }
  DRIVER_CREATE seen{};
  NTSTATUS unload = 0;
  std::string said;
};

TEST(WdfRegistration, WDF_015_WDF_016_DriverCreateRefusesWhatIsWrong) {
  const CreateRun plain(kCreatePlain);
  EXPECT_EQ(plain.status(kCreateWrongSize), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(plain.status(kCreateUnknownFlag), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(plain.status(kCreateNonPnpWithAdd), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(plain.status(kCreateLegal), STATUS_SUCCESS);
  EXPECT_TRUE(plain.seen.DriverIsSet);
  EXPECT_EQ(plain.status(kCreateAgain), STATUS_DRIVER_INTERNAL_ERROR);
  // NonPnpDriver with EvtDriverDeviceAdd is legal together with NoDispatchOverride.
  EXPECT_EQ(CreateRun(kCreateNoOverride).status(kCreateLegal), STATUS_SUCCESS);
}

TEST(WdfRegistration, WDF_017_WDF_019_WhoseUnloadRoutineItIs) {
  const CreateRun plain(kCreatePlain);
  EXPECT_TRUE(plain.seen.HasUnload);
  EXPECT_TRUE(plain.seen.Displaces);
  EXPECT_EQ(plain.said, "EvtDriverUnload at 0");  // PASSIVE_LEVEL

  const CreateRun never(kCreateNonPnp);  // no way to unload it
  EXPECT_FALSE(never.seen.HasUnload);
  EXPECT_FALSE(never.seen.Displaces);
  EXPECT_EQ(never.unload, STATUS_INVALID_DEVICE_REQUEST);

  const CreateRun control(kCreateNonPnpUnload);  // with its control device still there
  EXPECT_TRUE(control.seen.HasUnload);
  EXPECT_TRUE(control.seen.Displaces);
  EXPECT_EQ(control.said, "EvtDriverUnload at 0");
  EXPECT_EQ(control.unload, STATUS_SUCCESS);

  const CreateRun own(kCreateNoOverride);
  EXPECT_FALSE(own.seen.HasUnload);  // the framework's, that is
  EXPECT_TRUE(own.seen.Displaces);
  EXPECT_EQ(own.said, "DriverUnload");
}

TEST(WdfRegistration, WDF_403_S43_ADriverNewerThanTheLibrary) {
  const image::PeImage& file = tests::guest("test/wdf_first_form");
  tests::KernelRig rig({.keep_records = true});
  EXPECT_EQ(rig.run([&] {
    const auto loaded = ntos::io::load_driver(file, "wdf_first_form");
    EXPECT_EQ(loaded.status, STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(loaded.driver, nullptr);
  }),
            machine::OutcomeKind::Completed);
  for (const auto& note : rig.machine().trace().notes())
    EXPECT_EQ(note.text.find("the driver's entry runs"), std::string::npos);
}

TEST(WdfRegistration, WDF_019_WDF_021_AddOncePerDeviceAndUnloadAfterTheLast) {
  Life rig;
  rig.orders(1).Children = 2;
  rig.serve_children();
  rig.on(PuppetDeviceAdd, [&] {
    if (rig.puppet().Devices != 1) return;
    const Devnode* node = ntos::pnp::manager().find_id(kWdfId);
    ASSERT_NE(node, nullptr);
    EXPECT_TRUE(node->assigned.empty());  // no resources yet, and no START
    EXPECT_EQ(rig.requests(), "");
  });
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 3u);  // the device and its two children
    EXPECT_EQ(rig.irql_of(PuppetDeviceAdd), 0u);
    rig.log();
    const auto bus = manager.find_id(kWdfId)->id;
    EXPECT_TRUE(manager.disable(manager.find(bus)->children.at(0)->id).ok());
    EXPECT_EQ(rig.count(PuppetUnload), 0u);
    EXPECT_TRUE(manager.remove(bus).ok());
    EXPECT_EQ(rig.count(PuppetUnload), 1u);
    EXPECT_EQ(rig.irql_of(PuppetUnload), 0u);
    EXPECT_TRUE(rig.log().ends_with(joined({"ObjDestroy", kUnloaded})));
  });
}

TEST(WdfRegistration, WDF_025_AFiltersFailingDeviceAddLeavesTheStackWithoutIt) {
  for (const bool created : {false, true})
    for (const bool says_filter : {true, false}) {
      Life rig;
      rig.add_filters({u"wdf_puppet"}, {});
      rig.orders(1) = {};
      rig.orders(1).Filter = says_filter;
      rig.orders(1).Status[PuppetDeviceAdd] = kFailed;
      rig.orders(1).FailsAfterCreate = created;
      rig.run([&](Manager& manager) {
        manager.enumerate_root();
        manager.wait_until_settled();
        const std::string first =
            created ? "DriverEntry; DeviceAdd; ObjCleanup; ObjDestroy" : "DriverEntry; DeviceAdd";
        const std::string rest = rig.log();
        if (says_filter) {
          EXPECT_EQ(rest, joined({first, "2:DeviceAdd; 2:RemoveAdded; 2:PrepareHardware; 2:D0Entry(D3Final); "
                                         "2:PostInt(D3Final); 2:SmInit"}));
          EXPECT_EQ(rig.requests(), "START");
        } else {
          EXPECT_EQ(rest.rfind(first, 0), 0u) << rest;
          EXPECT_EQ(rig.requests().find("START"), std::string::npos);
        }
      });
    }
}

TEST(WdfRegistration, WDF_026_TheInitBlockAfterDeviceCreate) {
  Life rig;
  rig.orders(1).Registration = PuppetRegistersFailedCreate;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_FALSE(NT_SUCCESS(static_cast<NTSTATUS>(rig.puppet().Seen[SeenFailedCreate])));
    EXPECT_EQ(rig.puppet().Seen[SeenInitAfterCreate], 0u);  // null once it has succeeded
    EXPECT_EQ(rig.log(), joined({kAdded, started()}));      // WdfDeviceInitFree had done nothing to it
  });

  // Used afterwards.
  Life used;
  used.does(0, PuppetPrepareHardware, PuppetSetCallbacks);
  used.expect_stop(4);
  used.run([&](Manager& manager) { manager.enumerate_root(); });

  // One of the driver's own, freed after the failure.
  Life bus;
  bus.orders(1).StaticChildren = 1;
  bus.orders(2).Registration = PuppetRegistersFailedCreate;  // goes on with what it has freed
  bus.expect_stop(4);
  bus.run([&](Manager& manager) { manager.enumerate_root(); });
}

TEST(WdfRegistration, WDF_027_TheResourceListsKeepTheirHandles) {
  Life rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const PUPPET& seen = rig.puppet();
    const PU32 raw = seen.Seen[SeenRawList], translated = seen.Seen[SeenPrepareList];
    const PU32 first = seen.Seen[SeenPrepareList + 2];
    EXPECT_NE(raw, translated);
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(manager.rebalance(rig.node(manager).id, Manager::NewResources::Other).ok());
      EXPECT_EQ(seen.Seen[SeenReleaseList], translated);
      EXPECT_EQ(seen.Seen[SeenPrepareList], translated);
      EXPECT_EQ(seen.Seen[SeenRawList], raw);
      if (i == 0) {
        EXPECT_NE(seen.Seen[SeenPrepareList + 2], first);
      }
    }
  });
}

TEST(WdfRegistration, WDF_029_StateChangeNotificationsAreAcceptedAndChangeNothing) {
  Life rig;
  rig.orders(1).Registration = PuppetRegistersStateChange;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(rig.puppet().Seen[SeenStateChange + i], 0u);
    EXPECT_EQ(rig.log(), joined({kAdded, started()}));
  });
}

}  // namespace
}  // namespace drydock::test::wdf
