// A bus and its children: who is asked first, who goes first, who waits for whom.

#include <algorithm>

#include "contract/pnp/pnp_rig.h"
#include "machine/refusal.h"
#include "ntos/io/user.h"
#include "ntos/pnp/device_api.h"

namespace drydock::test::pnp {
namespace {

namespace user = ntos::io::user;

/// A bus on the root, with children that its own PDOs serve raw or a driver of their own serves.
struct BusRig : PnpRig {
  BusRig() : PnpRig("empty") {
    bus = &driver("bus", {u"TEST\\BUS"});
    bus->is_bus = true;
    bus->children = {u"a", u"b"};
    machine().enter([this] {
      machine()
          .part<ntos::Kernel>(machine::PartId::Kernel)
          .pnp->add_root_device({.device_id = u"TEST\\BUS", .instance_id = u"0"});
    });
  }
  Devnode& child(Manager& manager, std::u16string name) {
    for (Devnode* each : manager.served_by(u"bus").at(0)->children)
      if (each->instance_id.ends_with(u"&" + name)) return *each;
    ADD_FAILURE() << "no such child";
    return manager.root();
  }
  Script* bus = nullptr;
};

TEST(Devnode, PNP_003_ARawChildStartsWithoutAFunctionDriver) {
  BusRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.child(manager, u"a").state, DevnodeState::Started);
    EXPECT_EQ(rig.diary_text(), "bus AddDevice, bus START, bus/a START, bus/b START");
    const auto tree = manager.tree();
    auto line = std::find_if(tree.begin(), tree.end(), [](const auto& each) { return each.service == "bus"; });
    ASSERT_NE(line, tree.end());
    EXPECT_EQ(line->depth, 1u);
    EXPECT_EQ((line + 1)->depth, 2u);
  });
}

TEST(Devnode, PNP_030_ChildrenAreAskedAndRemovedBeforeTheirBus) {
  BusRig rig;
  rig.driver("child", {u"TEST\\CHILD"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    Devnode& bus = *manager.served_by(u"bus").at(0);
    EXPECT_TRUE(manager.remove(bus.id).ok());
    EXPECT_EQ(rig.diary_text(),
              "child QUERY_REMOVE, bus/a QUERY_REMOVE, child QUERY_REMOVE, bus/b QUERY_REMOVE, bus QUERY_REMOVE, "
              "child REMOVE, bus/a REMOVE, child REMOVE, bus/b REMOVE, bus REMOVE");
    EXPECT_TRUE(bus.children.empty());
    EXPECT_TRUE(manager.start(bus.id).ok());
    EXPECT_EQ(bus.children.size(), 2u);
  });
}

TEST(Devnode, PNP_032_AVetoOfAChildCallsTheWholeRemovalOff) {
  BusRig rig;
  Script& child = rig.driver("child", {u"TEST\\CHILD"});
  rig.bus->children = {u"a"};
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    Devnode& bus = *manager.served_by(u"bus").at(0);
    child.refuse[IRP_MN_QUERY_REMOVE_DEVICE] = STATUS_UNSUCCESSFUL;
    const Change change = manager.remove(bus.id);
    EXPECT_EQ(change.devnode, rig.child(manager, u"a").id);
    EXPECT_EQ(rig.diary_text(), "child QUERY_REMOVE, child CANCEL_REMOVE, bus/a CANCEL_REMOVE");

    child.refuse.clear();
    rig.bus->refuse[IRP_MN_QUERY_REMOVE_DEVICE] = STATUS_UNSUCCESSFUL;
    EXPECT_EQ(manager.remove(bus.id).devnode, bus.id);
    EXPECT_EQ(rig.diary_text(),
              "child QUERY_REMOVE, bus/a QUERY_REMOVE, bus QUERY_REMOVE, bus CANCEL_REMOVE, child CANCEL_REMOVE, "
              "bus/a CANCEL_REMOVE");
    EXPECT_EQ(bus.state, DevnodeState::Started);
    EXPECT_EQ(rig.child(manager, u"a").state, DevnodeState::Started);
  });
}

TEST(Devnode, PNP_032_AQueryAloneChangesNothing) {
  BusRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    Devnode& bus = *manager.served_by(u"bus").at(0);
    EXPECT_TRUE(manager.query_and_cancel_remove(bus.id).ok());
    EXPECT_EQ(rig.diary_text(),
              "bus/a QUERY_REMOVE, bus/b QUERY_REMOVE, bus QUERY_REMOVE, bus CANCEL_REMOVE, bus/b CANCEL_REMOVE, "
              "bus/a CANCEL_REMOVE");
    EXPECT_TRUE(manager.query_and_cancel_stop(bus.id).ok());
    EXPECT_EQ(bus.state, DevnodeState::Started);
  });
}

TEST(Devnode, PNP_023_ARefusalOfTheBusCancelsTheStopOfItsChildren) {
  BusRig rig;
  rig.bus->children = {u"a"};
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    rig.bus->refuse[IRP_MN_QUERY_STOP_DEVICE] = STATUS_UNSUCCESSFUL;
    EXPECT_FALSE(manager.rebalance(manager.served_by(u"bus").at(0)->id).ok());
    EXPECT_EQ(rig.diary_text(), "bus/a QUERY_STOP, bus QUERY_STOP, bus CANCEL_STOP, bus/a CANCEL_STOP");
    EXPECT_EQ(rig.child(manager, u"a").state, DevnodeState::Started);
  });
}

TEST(Devnode, PNP_022_ChildrenStopBeforeTheirBusAndStartAfterIt) {
  BusRig rig;
  rig.bus->children = {u"a"};
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    EXPECT_TRUE(manager.rebalance(manager.served_by(u"bus").at(0)->id).ok());
    EXPECT_EQ(rig.diary_text(), "bus/a QUERY_STOP, bus QUERY_STOP, bus/a STOP, bus STOP, bus START, bus/a START");
  });
}

TEST(Devnode, PNP_027_ABusThatFailsItsRestartTakesItsChildrenWithIt) {
  BusRig rig;
  rig.bus->children = {u"a"};
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    rig.bus->refuse[IRP_MN_START_DEVICE] = STATUS_UNSUCCESSFUL;
    EXPECT_FALSE(manager.rebalance(manager.served_by(u"bus").at(0)->id).ok());
    EXPECT_EQ(rig.diary_text(),
              "bus/a QUERY_STOP, bus QUERY_STOP, bus/a STOP, bus STOP, bus START, bus/a SURPRISE_REMOVAL, "
              "bus SURPRISE_REMOVAL, bus/a REMOVE, bus REMOVE");
  });
}

TEST(Devnode, PNP_040_AMissingChildGoesAloneAndItsBusStays) {
  BusRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    rig.bus->children = {u"b", u"c"};
    ntos::pnp::IoInvalidateDeviceRelations(rig.bus->pdo, BusRelations);
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "bus/a SURPRISE_REMOVAL, bus/a REMOVE, bus/c START");
    EXPECT_EQ(manager.served_by(u"bus").at(0)->children.size(), 2u);
  });
}

TEST(Devnode, PNP_043_ABusWaitsForTheOpenHandlesOfItsChildren) {
  BusRig rig;
  rig.driver("child", {u"TEST\\CHILD"});
  rig.bus->children = {u"a"};
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& bus = *manager.served_by(u"bus").at(0);
    user::File file = user::open(rig.child(manager, u"a").pdo->AttachedDevice);
    ASSERT_TRUE(file);
    rig.diary().clear();
    rig.bus->device_state = PNP_DEVICE_FAILED;
    ntos::pnp::IoInvalidateDeviceState(rig.bus->pdo);
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "child SURPRISE_REMOVAL, bus/a SURPRISE_REMOVAL, bus SURPRISE_REMOVAL");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "child REMOVE, bus/a REMOVE, bus REMOVE");
    EXPECT_EQ(bus.state, DevnodeState::Initialized);
  });
}

TEST(Tree, ARootOrARootDeviceWithoutMemoryIsMadeWhenAskedAgain) {
  for (const std::uint32_t refused : {1u, 2u}) {
    BusRig rig;
    rig.run([&](Manager& manager) {
      machine::Refusal refusal(refused, "IoCreateDevice");
      EXPECT_EQ(manager.enumerate_root().status, STATUS_INSUFFICIENT_RESOURCES);
      EXPECT_TRUE(refusal.made());
      EXPECT_EQ(rig.diary_text(), "");
      EXPECT_TRUE(manager.enumerate_root().ok());
      EXPECT_EQ(rig.child(manager, u"a").state, DevnodeState::Started);
    });
  }
}

TEST(Devnode, PNP_053_ADriverThatStaysAttachedIsReported) {
  PnpRig rig("empty");
  // The entry of a driver that forgets its device when it is removed.
  Script& forgetful = rig.driver("forgetful", {u"TEST\\BUS"});
  forgetful.refuse[IRP_MN_REMOVE_DEVICE] = STATUS_SUCCESS;
  rig.machine().enter([&] {
    rig.machine()
        .part<ntos::Kernel>(machine::PartId::Kernel)
        .pnp->add_root_device({.device_id = u"TEST\\BUS", .instance_id = u"0"});
  });
  rig.machine().run([&] {
    Manager& manager = ntos::pnp::manager();
    manager.enumerate_root();
    manager.remove(manager.served_by(u"forgetful").at(0)->id);
  });
  ASSERT_EQ(rig.machine().findings().size(), 1u);
  EXPECT_EQ(rig.machine().findings()[0].rule, "PNP-053");
}

TEST(Devnode, PNP_054_AFailedSurpriseRemovalIsReported) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId}).refuse[IRP_MN_SURPRISE_REMOVAL] = STATUS_UNSUCCESSFUL;
  rig.machine().run([&] {
    Manager& manager = ntos::pnp::manager();
    manager.enumerate_root();
    bus::board::unplug(rig.machine(), {0, 3, 0});
    manager.wait_until_settled();
  });
  ASSERT_EQ(rig.machine().findings().size(), 1u);
  EXPECT_EQ(rig.machine().findings()[0].rule, "PNP-054");
  EXPECT_NE(rig.machine().findings()[0].summary.find("failed IRP_MN_SURPRISE_REMOVAL with STATUS_UNSUCCESSFUL"),
            std::string::npos);
}

TEST(Devnode, PNP_055_ADeviceLeftInitializingIsReported) {
  PnpRig rig;
  rig.driver("probe", {kPvscsiId}).leaves_initializing = true;
  rig.machine().run([&] { ntos::pnp::manager().enumerate_root(); });
  ASSERT_EQ(rig.machine().findings().size(), 1u);
  EXPECT_EQ(rig.machine().findings()[0].rule, "PNP-055");
}

}  // namespace
}  // namespace drydock::test::pnp
