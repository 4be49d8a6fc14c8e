// The rules of docs/contracts/pnp.md, one devnode at a time.

#include <algorithm>

#include "contract/pnp/pnp_rig.h"
#include "models/pci/config_space.h"
#include "models/pci/fabric.h"
#include "ntos/io/device.h"
#include "ntos/io/user.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/pnp/device_api.h"

namespace drydock::test::pnp {
namespace {

namespace user = ntos::io::user;
constexpr bus::board::Slot kSlot{0, 3, 0};

Devnode& only(Manager& manager, const char16_t* service) {
  auto served = manager.served_by(service);
  EXPECT_EQ(served.size(), 1u);
  return *served.at(0);
}

TEST(Devnode, PNP_001_AsksForTheIdentityBeforeAnyDriverIsLookedFor) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    ASSERT_TRUE(manager.enumerate_root().ok());
    Devnode& node = only(manager, u"probe");
    const std::string sent = rig.sent_to(node);
    EXPECT_EQ(sent.rfind("QUERY_ID QUERY_CAPABILITIES QUERY_ID QUERY_ID QUERY_ID QUERY_DEVICE_TEXT QUERY_DEVICE_TEXT "
                         "QUERY_BUS_INFORMATION QUERY_RESOURCES QUERY_RESOURCE_REQUIREMENTS ",
                         0),
              0u)
        << sent;
    EXPECT_EQ(node.device_id, u"PCI\\VEN_15AD&DEV_07C0&SUBSYS_07C015AD&REV_02");
    EXPECT_EQ(node.hardware_ids.front(), node.device_id);
    EXPECT_EQ(node.compatible_ids.at(1), kPvscsiId);
    EXPECT_EQ(node.compatible_ids.back(), u"PCI\\CC_0100");
    EXPECT_TRUE(node.instance_id.ends_with(u"&18"));
    EXPECT_EQ(node.location, u"PCI bus 0, device 3, function 0");
    EXPECT_EQ(node.bus_type, GUID_BUS_TYPE_PCI);
    EXPECT_EQ(node.interface_type, static_cast<ULONG>(PCIBus));
  });
}

TEST(Devnode, PNP_002_PrefersHardwareIdsToCompatibleOnes) {
  PnpRig rig;
  rig.driver("generic", {u"PCI\\CC_0100"});
  rig.driver("exact", {u"pci\\ven_15ad&dev_07c0&subsys_07c015ad&rev_02"});
  rig.driver("vendor", {u"PCI\\VEN_15AD"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(manager.served_by(u"exact").size(), 1u);
    EXPECT_TRUE(manager.served_by(u"generic").empty());
  });
}

TEST(Devnode, PNP_003_ADeviceWithoutADriverHasAProblem) {
  PnpRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode* node = manager.find_id(kPvscsiId);
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->state, DevnodeState::Initialized);
    EXPECT_EQ(node->problem, Problem::FailedInstall);
  });
}

TEST(Devnode, PNP_004_AddsFiltersOnBothSidesOfTheFunctionDriver) {
  PnpRig rig;
  for (const char* name : {"function", "lower1", "lower2", "upper1", "upper2"}) rig.driver(name);
  rig.package("function", {kPvscsiId}, {u"lower1", u"lower2"}, {u"upper1", u"upper2"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.diary_text(),
              "lower1 AddDevice, lower2 AddDevice, function AddDevice, upper1 AddDevice, upper2 AddDevice, "
              "upper2 START, upper1 START, function START, lower2 START, lower1 START");
    EXPECT_EQ(only(manager, u"function").state, DevnodeState::Started);
  });
}

TEST(Devnode, PNP_005_AFailedAddDeviceTakesTheStackDownAgain) {
  PnpRig rig;
  rig.driver("lower");
  rig.driver("function").add_device = STATUS_INSUFFICIENT_RESOURCES;
  rig.package("function", {kPvscsiId}, {u"lower"}, {});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.diary_text(), "lower AddDevice, function AddDevice, lower REMOVE");
    Devnode& node = only(manager, u"function");
    EXPECT_EQ(node.problem, Problem::FailedAdd);
    EXPECT_EQ(node.state, DevnodeState::Initialized);
    EXPECT_EQ(node.pdo->AttachedDevice, nullptr);
  });
}

TEST(Devnode, PNP_006_StartsWithRawAndTranslatedResources) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  struct Seen {
    CM_PARTIAL_RESOURCE_DESCRIPTOR raw[4], translated[4];
    ULONG count = 0;
  } seen;
  probe.on_start = [&seen](DEVICE_OBJECT*, IRP* irp) {
    const auto& lists = IoGetCurrentIrpStackLocation(irp)->Parameters.StartDevice;
    const CM_PARTIAL_RESOURCE_LIST& raw = lists.AllocatedResources->List[0].PartialResourceList;
    const CM_PARTIAL_RESOURCE_LIST& translated = lists.AllocatedResourcesTranslated->List[0].PartialResourceList;
    EXPECT_EQ(lists.AllocatedResources->List[0].InterfaceType, PCIBus);
    ASSERT_EQ(raw.Count, translated.Count);
    ASSERT_LE(raw.Count, 4u);
    seen.count = raw.Count;
    std::copy_n(raw.PartialDescriptors, raw.Count, seen.raw);
    std::copy_n(translated.PartialDescriptors, raw.Count, seen.translated);
  };
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    ASSERT_EQ(seen.count, 2u);
    EXPECT_EQ(seen.raw[0].Type, CmResourceTypeMemory);
    EXPECT_EQ(seen.raw[0].u.Memory.Length, 0x8000u);
    EXPECT_EQ(seen.raw[0].u.Memory.Start.QuadPart, seen.translated[0].u.Memory.Start.QuadPart);
    EXPECT_EQ(seen.raw[1].Type, CmResourceTypeInterrupt);
    EXPECT_EQ(seen.raw[1].ShareDisposition, CmResourceShareShared);
    EXPECT_EQ(seen.translated[1].u.Interrupt.Vector, machine::vector_of_line(seen.raw[1].u.Interrupt.Vector));
    EXPECT_EQ(seen.translated[1].u.Interrupt.Level, machine::irql_of_vector(seen.translated[1].u.Interrupt.Vector));
    auto& fabric = *bus::board::board_part()->fabric;
    EXPECT_EQ(fabric.read_config(0, 3, 0, 0x10, 4) & ~0xFu, seen.raw[0].u.Memory.Start.LowPart);
    EXPECT_EQ(fabric.read_config(0, 3, 0, 4, 2) & 7u, 6u);
    EXPECT_EQ(fabric.interrupt_line({0, 3, 0}), seen.raw[1].u.Interrupt.Vector);
  });
}

TEST(Devnode, PNP_008_AsksForCapabilitiesStateAndRelationsAfterAFirstStart) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(rig.sent_to(only(manager, u"probe"))
                    .ends_with("FILTER_RESOURCE_REQUIREMENTS START QUERY_CAPABILITIES QUERY_PNP_DEVICE_STATE "
                               "QUERY_DEVICE_RELATIONS"));
  });
}

TEST(Devnode, PNP_009_AFailedFirstStartIsFollowedByRemoveAlone) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId}).refuse[IRP_MN_START_DEVICE] = STATUS_DEVICE_CONFIGURATION_ERROR;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.diary_text(), "probe AddDevice, probe START, probe REMOVE");
    Devnode& node = only(manager, u"probe");
    EXPECT_EQ(node.problem, Problem::FailedStart);
    EXPECT_EQ(node.problem_status, STATUS_DEVICE_CONFIGURATION_ERROR);
    EXPECT_TRUE(std::none_of(manager.arbiter().claims().begin(), manager.arbiter().claims().end(),
                             [&](const auto& claim) { return claim.owner == node.id; }));
  });
}

TEST(Devnode, PNP_021_ARefusedQueryStopIsCancelledForTheStackThatRefused) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId}).refuse[IRP_MN_QUERY_STOP_DEVICE] = STATUS_DEVICE_BUSY;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    Devnode& node = only(manager, u"probe");
    const Change change = manager.rebalance(node.id);
    EXPECT_EQ(change.status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(change.vetoed_by, "probe (devnode#" + std::to_string(node.id) + ")");
    EXPECT_EQ(rig.diary_text(), "probe QUERY_STOP, probe CANCEL_STOP");
    EXPECT_EQ(node.state, DevnodeState::Started);
  });
}

TEST(Devnode, PNP_024_ARebalanceGivesOtherAddressesIfAsked) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    Devnode& node = only(manager, u"probe");
    const auto before = node.assigned;
    EXPECT_TRUE(manager.rebalance(node.id).ok());
    EXPECT_EQ(rig.diary_text(), "probe QUERY_STOP, probe STOP, probe START");
    EXPECT_EQ(node.assigned, before);
    EXPECT_TRUE(manager.rebalance(node.id, Manager::NewResources::Other).ok());
    EXPECT_NE(node.assigned.at(0).start, before.at(0).start);
    EXPECT_EQ(bus::board::board_part()->fabric->read_config(0, 3, 0, 0x10, 4) & ~0xFu, node.assigned.at(0).start);
  });
}

TEST(Devnode, PNP_027_AFailedRestartIsASurpriseRemoval) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    probe.refuse[IRP_MN_START_DEVICE] = STATUS_DEVICE_CONFIGURATION_ERROR;
    Devnode& node = only(manager, u"probe");
    EXPECT_FALSE(manager.rebalance(node.id).ok());
    EXPECT_EQ(rig.diary_text(), "probe QUERY_STOP, probe STOP, probe START, probe SURPRISE_REMOVAL, probe REMOVE");
    EXPECT_EQ(node.problem, Problem::FailedStart);
    probe.refuse.clear();
    EXPECT_TRUE(manager.start(node.id).ok());
    EXPECT_EQ(node.state, DevnodeState::Started);
  });
}

TEST(Devnode, PNP_030_OpenHandlesFailAnOrderlyRemoval) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = only(manager, u"probe");
    user::File file = user::open(node.pdo->AttachedDevice);
    ASSERT_TRUE(file);
    rig.diary().clear();
    const Change change = manager.remove(node.id);
    EXPECT_EQ(change.status, STATUS_DEVICE_BUSY);
    EXPECT_NE(change.vetoed_by.find("1 open handle"), std::string::npos) << change.vetoed_by;
    EXPECT_EQ(rig.diary_text(), "probe QUERY_REMOVE, probe CANCEL_REMOVE");
    file.close();
    EXPECT_TRUE(manager.remove(node.id).ok());
    EXPECT_EQ(rig.diary_text(), "probe QUERY_REMOVE, probe REMOVE");
  });
}

TEST(Devnode, PNP_031_ARefusedQueryRemoveNamesWhoRefused) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId}).refuse[IRP_MN_QUERY_REMOVE_DEVICE] = STATUS_UNSUCCESSFUL;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    Devnode& node = only(manager, u"probe");
    const Change change = manager.disable(node.id);
    EXPECT_EQ(change.status, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(change.devnode, node.id);
    EXPECT_EQ(rig.diary_text(), "probe QUERY_REMOVE, probe CANCEL_REMOVE");
    EXPECT_EQ(node.state, DevnodeState::Started);
    EXPECT_FALSE(node.disabled);
  });
}

TEST(Devnode, PNP_033_RemovesAndStartsAgain) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = only(manager, u"probe");
    DEVICE_OBJECT* pdo = node.pdo;
    rig.diary().clear();
    EXPECT_TRUE(manager.remove(node.id).ok());
    EXPECT_EQ(node.state, DevnodeState::Initialized);
    EXPECT_EQ(probe.devices, 0u);
    manager.wait_until_settled();
    EXPECT_EQ(node.state, DevnodeState::Initialized);
    EXPECT_TRUE(manager.scan(ntos::pnp::kRootDevnode).ok());
    EXPECT_TRUE(manager.scan(node.parent->id).ok());
    EXPECT_EQ(node.state, DevnodeState::Started);
    EXPECT_EQ(node.pdo, pdo);
    EXPECT_EQ(rig.diary_text(), "probe QUERY_REMOVE, probe REMOVE, probe AddDevice, probe START");
  });
}

TEST(Devnode, PNP_033_ADisabledDeviceStaysAwayUntilItIsEnabled) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = only(manager, u"probe");
    EXPECT_TRUE(manager.disable(node.id).ok());
    EXPECT_EQ(node.problem, Problem::Disabled);
    manager.scan(node.parent->id);
    EXPECT_EQ(node.state, DevnodeState::Initialized);
    EXPECT_TRUE(manager.enable(node.id).ok());
    EXPECT_EQ(node.state, DevnodeState::Started);
    EXPECT_EQ(node.problem, Problem::None);
  });
}

TEST(Devnode, PNP_040_AnUnpluggedDeviceIsSurpriseRemovedAndComesBackAsANewOne) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& old = only(manager, u"probe");
    rig.diary().clear();
    ASSERT_TRUE(bus::board::unplug(rig.machine(), kSlot));
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "probe SURPRISE_REMOVAL, probe REMOVE");
    EXPECT_EQ(old.state, DevnodeState::Deleted);
    EXPECT_EQ(manager.find_id(kPvscsiId), nullptr);
    EXPECT_EQ(bus::board::board_part()->fabric->read_config(0, 3, 0, 0, 4), ~0u);

    ASSERT_TRUE(bus::board::plug(rig.machine(), kSlot));
    manager.wait_until_settled();
    Devnode& young = only(manager, u"probe");
    EXPECT_NE(young.id, old.id);
    EXPECT_EQ(young.state, DevnodeState::Started);
    EXPECT_EQ(young.instance_path, old.instance_path);
  });
}

TEST(Devnode, PNP_040_ADevicePulledAndPutBackBetweenTwoLooksIsANewOne) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& old = only(manager, u"probe");
    auto* part = bus::board::board_part();
    manager.run_on_worker([&] {
      bus::board::unplug(rig.machine(), kSlot);
      EXPECT_TRUE(bus::board::plug(rig.machine(), kSlot));
    });
    manager.wait_until_settled();
    EXPECT_EQ(old.state, DevnodeState::Deleted);
    EXPECT_EQ(only(manager, u"probe").state, DevnodeState::Started);
    EXPECT_EQ(part->fabric->read_config(0, 3, 0, 4, 2) & 2u, 2u);
  });
}

TEST(Devnode, PNP_041_AFailedDeviceIsSurpriseRemovedAndKeepsItsPdo) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = only(manager, u"probe");
    rig.diary().clear();
    probe.device_state = PNP_DEVICE_FAILED;
    ntos::pnp::IoInvalidateDeviceState(probe.pdo);
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "probe SURPRISE_REMOVAL, probe REMOVE");
    EXPECT_EQ(node.state, DevnodeState::Initialized);
    EXPECT_EQ(node.problem, Problem::FailedPostStart);
    probe.device_state = 0;
    EXPECT_TRUE(manager.start(node.id).ok());
  });
}

TEST(Devnode, PNP_041_ADeviceThatReportsFailureAtItsStart) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId}).device_state = PNP_DEVICE_FAILED;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.diary_text(), "probe AddDevice, probe START, probe SURPRISE_REMOVAL, probe REMOVE");
    EXPECT_EQ(only(manager, u"probe").problem, Problem::FailedPostStart);
  });
}

TEST(Devnode, PNP_043_OpenHandlesDelayTheRemoveIrpAfterASurprise) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = only(manager, u"probe");
    user::File file = user::open(node.pdo->AttachedDevice);
    ASSERT_TRUE(file);
    rig.diary().clear();
    bus::board::unplug(rig.machine(), kSlot);
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "probe SURPRISE_REMOVAL");
    EXPECT_EQ(node.state, DevnodeState::SurpriseRemoved);
    // The replacement waits for the old instance to be gone (RST-143).
    EXPECT_TRUE(bus::board::plug(rig.machine(), kSlot));
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "probe REMOVE, probe AddDevice, probe START");
    EXPECT_EQ(node.state, DevnodeState::Deleted);
  });
}

TEST(Devnode, PNP_052_ThePdoIsDeletedOnlyWhenTheBusHasLostTheDevice) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const ULONG devices = ntos::ob::manager().types[static_cast<unsigned>(ntos::ob::Type::Device)].alive;
    Devnode& node = only(manager, u"probe");
    manager.remove(node.id);
    EXPECT_EQ(ntos::ob::manager().types[static_cast<unsigned>(ntos::ob::Type::Device)].alive, devices - 1);
    bus::board::unplug(rig.machine(), kSlot);
    manager.wait_until_settled();
    EXPECT_EQ(ntos::ob::manager().types[static_cast<unsigned>(ntos::ob::Type::Device)].alive, devices - 2);
  });
}

void ask_for_the_impossible(IO_RESOURCE_REQUIREMENTS_LIST* list) {
  list->List[0].Descriptors[0].u.Memory.MaximumAddress.QuadPart =
      list->List[0].Descriptors[0].u.Memory.MinimumAddress.QuadPart;
}

TEST(Devnode, PNP_007_RequirementsThatCannotBeMetTakeTheStackDown) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId}).on_filter = ask_for_the_impossible;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.diary_text(), "probe AddDevice, probe REMOVE");
    EXPECT_EQ(only(manager, u"probe").problem, Problem::NormalConflict);
  });
}

TEST(Devnode, PNP_025_AStoppedDeviceWithoutResourcesIsSurpriseRemoved) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    probe.on_filter = ask_for_the_impossible;
    Devnode& node = only(manager, u"probe");
    EXPECT_EQ(manager.rebalance(node.id).status, STATUS_CONFLICTING_ADDRESSES);
    EXPECT_EQ(rig.diary_text(), "probe QUERY_STOP, probe STOP, probe SURPRISE_REMOVAL, probe REMOVE");
    EXPECT_EQ(node.problem, Problem::NormalConflict);
  });
}

TEST(Devnode, PNP_026_NoStateQueryFollowsARestart) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const std::size_t before = manager.sent_irps().size();
    Devnode& node = only(manager, u"probe");
    manager.rebalance(node.id);
    EXPECT_EQ(rig.sent_to(node, before), "QUERY_STOP STOP FILTER_RESOURCE_REQUIREMENTS START");
  });
}

TEST(Devnode, PNP_042_ADeviceThatNoDriverServesIsOnlyRemoved) {
  PnpRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = *manager.find_id(kPvscsiId);
    const std::size_t before = manager.sent_irps().size();
    bus::board::unplug(rig.machine(), kSlot);
    manager.wait_until_settled();
    EXPECT_EQ(rig.sent_to(node, before), "REMOVE");
    EXPECT_EQ(node.state, DevnodeState::Deleted);
  });
}

TEST(Devnode, PNP_050_ResourcesComeBackAfterTheRemove) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = only(manager, u"probe");
    const auto before = node.assigned;
    const std::size_t claims = manager.arbiter().claims().size();
    manager.remove(node.id);
    EXPECT_EQ(manager.arbiter().claims().size(), claims - 2);
    EXPECT_TRUE(manager.start(node.id).ok());
    EXPECT_EQ(node.assigned, before);
  });
}

TEST(Devnode, PNP_051_EveryStepIsCountedInTheTable) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = only(manager, u"probe");
    const std::size_t row = ntos::pnp::find_row(DevnodeState::Removed, ntos::pnp::DevnodeEvent::StillReported);
    EXPECT_EQ(manager.visits(row), 0u);
    manager.restart(node.id);
    EXPECT_EQ(manager.visits(row), 1u);
    EXPECT_EQ(node.state, DevnodeState::Started);
  });
}

}  // namespace
}  // namespace drydock::test::pnp
