// docs/contracts/reset.md, section 1: the reset interface is asked for, counted and given back, on reset_puppet.sys.

#include <cstring>

#include "bus/pci/pci_driver.h"
#include "contract/reset/reset_rig.h"
#include "machine/processor.h"
#include "machine/thread.h"
#include "ntos/io/driver.h"

namespace drydock::test::reset {
namespace {

using Interface = DEVICE_RESET_INTERFACE_STANDARD;

TEST(DeviceReset, RST_001_RST_008_RST_068_RST_070_TheInterfaceIsFoundByItsGuid) {
  ResetRig rig;
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Interface interface {};
    EXPECT_EQ(rig.query(&interface, sizeof(interface)), STATUS_SUCCESS);
    EXPECT_EQ(interface.Size, sizeof(interface));
    EXPECT_EQ(interface.Version, 1);
    EXPECT_NE(interface.Context, nullptr);
    EXPECT_NE(interface.InterfaceReference, nullptr);
    EXPECT_NE(interface.InterfaceDereference, nullptr);
    EXPECT_NE(interface.DeviceReset, nullptr);
    EXPECT_EQ(interface.SupportedResetTypes, 1u << FunctionLevelDeviceReset);
    EXPECT_EQ(interface.Reserved, nullptr);
    rig.get_interface();
    rig.interface().Reserved = &interface;  // of no consequence
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, static_cast<PU32>(STATUS_SUCCESS));
  });
}

TEST(DeviceReset, RST_002_RST_039_AskedForBeforeTheStartItIsTheSameAndRefuses) {
  ResetRig rig(two_functions(), shared_line());
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    // Loaded already, so that it can be told what to do in AddDevice.
    DRIVER_OBJECT* loaded = nullptr;
    manager.store().find_service(u"puppet")->load(&loaded);
    manager.store().find_service(u"puppet")->driver = loaded;
    rig.puppet().ResetDuring = PuppetAtAddDevice;
    manager.enumerate_root();
    EXPECT_EQ(rig.puppet().DuringReset.Status, static_cast<PU32>(STATUS_DEVICE_NOT_READY));
    const Interface before = rig.interface();
    ASSERT_EQ(rig.get_interface(), STATUS_SUCCESS);
    const Interface after = rig.interface();
    EXPECT_EQ(std::memcmp(&before, &after, sizeof(Interface)), 0);
  });
}

TEST(DeviceReset, RST_003_TheQueryMayComeFromAnyThread) {
  ResetRig rig;
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    NTSTATUS status = 1;
    Interface interface {};
    machine::create_thread(
        "asks", [&] { status = rig.query(&interface, sizeof(interface)); }, nullptr, 8);
    machine::delay_until(rig.now() + 1ms, false, false);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_NE(interface.DeviceReset, nullptr);
  });
}

TEST(DeviceReset, RST_004_RST_025_RST_026_ABusThatCannotResetLeavesTheStatusAndTheDriverCarriesOn) {
  ResetRig rig({{.behaviour = {.has_reset = false}}});
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Interface interface {};
    EXPECT_EQ(rig.query(&interface, sizeof(interface)), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(interface.Size, 0);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_005_SuccessHasNoInformation) {
  ResetRig rig;
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Interface interface {};
    ULONG_PTR information = 1;
    EXPECT_EQ(rig.query(&interface, sizeof(interface), 1, &information), STATUS_SUCCESS);
    EXPECT_EQ(information, 0u);
  });
}

TEST(DeviceReset, RST_006_NeverWritesPastTheSizeThatWasAsked) {
  ResetRig rig;
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    std::uint8_t bytes[0x60];
    std::memset(bytes, 0xCC, sizeof(bytes));
    ASSERT_EQ(rig.query(bytes, 0x40), STATUS_SUCCESS);
    for (unsigned i = 0x38; i < sizeof(bytes); ++i) EXPECT_EQ(bytes[i], 0xCC) << i;
  });
}

TEST(DeviceReset, RST_007_RST_010_TheNearestVersionNotAboveTheOneAskedFor) {
  ResetRig rig;
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Interface interface {};
    EXPECT_EQ(rig.query(&interface, 0x50, 0), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(interface.Size, 0);
    EXPECT_EQ(rig.query(&interface, 0x50, 7), STATUS_SUCCESS);
    EXPECT_EQ(interface.Version, 1);
  });
}

TEST(DeviceReset, RST_009_RST_011_TheFormFollowsTheSize) {
  ResetRig rig;
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Interface interface {};
    EXPECT_EQ(rig.query(&interface, 0x37), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(interface.Size, 0);
    for (auto [asked, given] : {std::pair{0x38, 0x38}, {0x4F, 0x38}, {0x50, 0x50}, {0x90, 0x50}}) {
      ASSERT_EQ(rig.query(&interface, static_cast<unsigned>(asked)), STATUS_SUCCESS);
      EXPECT_EQ(interface.Size, given);
    }
  });
}

TEST(DeviceReset, RST_013_EachAnswerIsOneReferenceAndEachReferenceOneMore) {
  ResetRig rig;
  rig.service("puppet");
  EXPECT_EQ(rig.rules_after([&](Manager& manager) {
    manager.enumerate_root();
    rig.get_interface();
    rig.get_interface();  // two answers
    DEVICE_OBJECT* device = rig.device();
    rig.call<void>("puppet", "PuppetReference", device);
    rig.call<void>("puppet", "PuppetDereference", device);
    rig.call<void>("puppet", "PuppetDereference", device);
    rig.reset(FunctionLevelDeviceReset);  // one is left
    EXPECT_TRUE(rig.machine().findings().empty());
    rig.call<void>("puppet", "PuppetDereference", device);
    rig.reset(FunctionLevelDeviceReset);
  }),
            std::vector<std::string>{"RST-014"});
}

TEST(DeviceReset, RST_014_AResetAfterTheLastDereferenceIsReported) {
  ResetRig rig;
  rig.service("puppet");
  EXPECT_EQ(rig.rules_after([&](Manager& manager) {
    manager.enumerate_root();
    rig.get_interface();
    rig.call<void>("puppet", "PuppetDereference", rig.device());
    rig.reset(FunctionLevelDeviceReset);
  }),
            std::vector<std::string>{"RST-014"});
}

TEST(DeviceReset, RST_015_RST_016_ReferencesThatAreNeverReturnedHoldUpNothing) {
  ResetRig rig;
  rig.service("puppet", u"PCI\\VEN_1234&DEV_11E8", {.stays_loaded = false});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.get_interface();
    rig.get_interface();
    const auto id = rig.node(manager).id;
    DEVICE_OBJECT* pdo = rig.node(manager).pdo;
    EXPECT_TRUE(manager.remove(id).ok());
    EXPECT_EQ(ntos::io::find_driver("puppet"), nullptr);  // unloaded
    EXPECT_TRUE(manager.start(id).ok());
    EXPECT_EQ(rig.node(manager).pdo, pdo);
    rig.get_interface();
    rig.fabric().unplug(kFirst);
    bus::pci::hot_plug_event();
    manager.wait_until_settled();
    EXPECT_EQ(manager.find(id)->state, DevnodeState::Deleted);  // the PDO too
  });
  bool told = false;
  for (const auto& note : rig.machine().trace().notes())
    told |= note.text.find("not given back 3 times") != std::string::npos;
  EXPECT_TRUE(told);
}

TEST(DeviceReset, RST_018_ReferencesMayBeTakenAtDispatchLevel) {
  ResetRig rig;
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.get_interface();
    DEVICE_OBJECT* device = rig.device();
    const KIRQL before = machine::raise_irql(DISPATCH_LEVEL);
    rig.call<void>("puppet", "PuppetReference", device);
    rig.call<void>("puppet", "PuppetDereference", device);
    machine::lower_irql(before);
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, static_cast<PU32>(STATUS_SUCCESS));
  });
}

TEST(DeviceReset, RST_019_RST_022_AQueryToTheTopPassesWhoeverDoesNotHandleIt) {
  ResetRig rig;
  rig.service("upper", u"");
  rig.service("lower", u"");
  rig.service("puppet", u"PCI\\VEN_1234&DEV_11E8", {.lower = {"lower"}, .upper = {"upper"}});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Interface interface {};
    EXPECT_EQ(rig.query(&interface, sizeof(interface)), STATUS_SUCCESS);
    for (const char* each : {"upper", "puppet", "lower"}) {
      const RESET_PUPPET& seen = rig.puppet(each);
      EXPECT_EQ(seen.Irps[(seen.IrpCount - 1) % PUPPET_IRPS].Minor, IRP_MN_QUERY_INTERFACE) << each;
    }
  });
}

TEST(DeviceReset, RST_017_RST_020_AFilterMayPutItsOwnRoutineBeforeTheOneBelow) {
  ResetRig rig;
  rig.service("filter", u"");
  rig.service("puppet", u"PCI\\VEN_1234&DEV_11E8", {.lower = {"filter"}});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.puppet("filter").ReplaceReset = 1;
    rig.get_interface();
    rig.call<void>("puppet", "PuppetDereference", rig.device());  // the filter's routine, which counts nothing
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, static_cast<PU32>(STATUS_SUCCESS));
    EXPECT_EQ(rig.puppet("filter").FilterCalls, 2u);  // before and after
    EXPECT_EQ(rig.model().function_resets(), 1u);
  });
}

TEST(DeviceReset, RST_021_AFilterMayResetTheDeviceByItselfAndNeverDelegate) {
  ResetRig rig;
  rig.service("filter", u"");
  rig.service("puppet", u"PCI\\VEN_1234&DEV_11E8", {.lower = {"filter"}});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.puppet("filter").ReplaceReset = 2;
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, static_cast<PU32>(STATUS_SUCCESS));
    EXPECT_EQ(rig.puppet("filter").FilterCalls, 1u);
    EXPECT_EQ(rig.model().function_resets(), 0u);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
  });
}

TEST(DeviceReset, RST_023_TheQueryMayEnterTheStackInTheMiddle) {
  ResetRig rig;
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const PU32 seen = rig.puppet().IrpCount;
    Interface interface {};
    EXPECT_EQ(rig.call<NTSTATUS>("puppet", "PuppetQueryBelow", rig.device(), static_cast<void*>(&interface),
                                 ULONG{sizeof(interface)}, 1u),
              STATUS_SUCCESS);
    EXPECT_NE(interface.DeviceReset, nullptr);
    EXPECT_EQ(rig.puppet().IrpCount, seen);
  });
}

TEST(DeviceReset, RST_027_TheBusNeverPendsTheQuery) {
  ResetRig rig(two_functions(), shared_line());
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.get_interface();
    EXPECT_EQ(rig.puppet().QueriesPended, 0u);
  });
}

}  // namespace
}  // namespace drydock::test::reset
