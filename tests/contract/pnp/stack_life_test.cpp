// The PnP manager as real drivers see it: puppets of tests/guest as function drivers, filters and buses.

#include "contract/pnp/stack_rig.h"

#include "bus/board/build_board.h"
#include "ntos/io/device.h"
#include "ntos/io/user.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/pnp/device_api.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/pnp/interface_api.h"
#include "ntos/pnp/notification.h"

namespace drydock::test::pnp {
namespace {

namespace user = ntos::io::user;
constexpr GUID kInterface = {0x7A1F0A30, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x01}};
constexpr const char16_t* kChildId = u"PUPPET\\CHILD";

/// One puppet on the educational device, with an interface.
struct One : StackRig {
  One() { driver("puppet").package(kEduId, "puppet"); }
  void run_one(const std::function<void(Manager&)>& body) {
    run([this] { puppet("puppet").UsesInterface = 1; }, body);
  }
  Devnode& device() { return node(kEduId); }
  user::File open(NTSTATUS* status = nullptr) {
    const auto found = ntos::pnp::manager().interfaces().of_class(kInterface, nullptr, false);
    return found.empty() ? user::File{} : user::open(found.front()->link, status);
  }
};

/// A bus of the root and a puppet on each child.
struct BusAndChildren : StackRig {
  BusAndChildren() { driver("bus", "bus_puppet").driver("child").package(kRootId, "bus"); }
  void run_bus(unsigned children, const std::function<void(Manager&)>& body) {
    run([this, children] { puppet("bus").Children = children; }, body);
  }
  void relations_changed() {
    ntos::pnp::IoInvalidateDeviceRelations(node(kRootId).pdo, BusRelations);
    ntos::pnp::manager().wait_until_settled();
  }
};

// ---- Surprise removal ----

TEST(DeviceReset, RST_125_SurpriseRemovalGoesDownTheStackAtPassiveLevel) {
  StackRig rig;
  rig.driver("lower").driver("function").driver("upper").package(kEduId, "function", {"lower"}, {"upper"});
  rig.run({}, [&](Manager& manager) {
    EXPECT_EQ(rig.seen_by_all(),
              "lower AddDevice, function AddDevice, upper AddDevice, upper START, function START, lower START, "
              "upper STATE, function STATE, lower STATE");
    bus::board::unplug(rig.machine(), kEduSlot);
    manager.wait_until_settled();
    for (const char* name : {"lower", "function", "upper"})
      for (unsigned i = 0; i < rig.puppet(name).LineCount; ++i) EXPECT_EQ(rig.puppet(name).Lines[i].Irql, 0);
    EXPECT_EQ(rig.seen_by_all(),
              "upper SURPRISE_REMOVAL, function SURPRISE_REMOVAL, lower SURPRISE_REMOVAL, "
              "upper REMOVE, function REMOVE, lower REMOVE");
  });
}

TEST(DeviceReset, RST_125_ADriverThatFailsASurpriseRemovalIsReported) {
  One rig;
  rig.expect_findings();
  rig.run_one([&](Manager& manager) {
    rig.puppet("puppet").Refuse[IRP_MN_SURPRISE_REMOVAL] = static_cast<PU32>(STATUS_UNSUCCESSFUL);
    bus::board::unplug(rig.machine(), kEduSlot);
    manager.wait_until_settled();
  });
  ASSERT_EQ(rig.findings().size(), 1u);
  EXPECT_EQ(rig.findings()[0].rule, "PNP-054");
  ASSERT_TRUE(rig.findings()[0].bug_check);
  EXPECT_EQ(rig.findings()[0].bug_check->code, 0xC9u);
  EXPECT_EQ(rig.findings()[0].bug_check->parameters[0], 0x247u);
}

/// What a kernel client hears of its target device.
struct Client {
  StackRig* rig = nullptr;
  std::vector<std::string>* heard = nullptr;
  NTSTATUS answer = STATUS_SUCCESS;

  static NTSTATUS NTAPI call(PVOID structure, PVOID context) {
    auto* self = static_cast<Client*>(context);
    const auto& event = static_cast<TARGET_DEVICE_REMOVAL_NOTIFICATION*>(structure)->Event;
    const bool query = event == GUID_TARGET_DEVICE_QUERY_REMOVE;
    std::string name = query ? "query" : event == GUID_TARGET_DEVICE_REMOVE_CANCELLED ? "cancelled" : "complete";
    // What the drivers have seen by then comes first.
    const std::string seen = self->rig->seen_by_all();
    if (!seen.empty()) self->heard->push_back(seen);
    self->heard->push_back(name);
    return query ? self->answer : STATUS_SUCCESS;
  }
};

struct Listening {
  explicit Listening(StackRig& rig, DEVICE_OBJECT* device) {
    heard = new std::vector<std::string>;
    client = new Client{&rig, heard};
    file = user::open(device);
    EXPECT_TRUE(file);
    PVOID entry = nullptr;
    EXPECT_EQ(ntos::pnp::IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, file.object(),
                                                        device->DriverObject, Client::call, client, &entry),
              STATUS_SUCCESS);
  }
  std::string text(StackRig& rig) {
    std::string result;
    for (const std::string& each : *heard) result += (result.empty() ? "" : ", ") + each;
    heard->clear();
    const std::string rest = rig.seen_by_all();
    if (!rest.empty()) result += (result.empty() ? "" : ", ") + rest;
    return result;
  }
  std::vector<std::string>* heard;
  Client* client;
  user::File file;
};

TEST(DeviceReset, RST_126_DriversHearOfASurpriseRemovalBeforeTheirClients) {
  One rig;
  rig.run_one([&](Manager& manager) {
    Listening client(rig, rig.device().pdo);
    client.file.close();
    rig.forget();
    bus::board::unplug(rig.machine(), kEduSlot);
    manager.wait_until_settled();
    EXPECT_EQ(client.text(rig), "puppet SURPRISE_REMOVAL, complete, puppet REMOVE");
  });
}

TEST(DeviceReset, RST_127_RST_128_RST_142_TheStackStaysUntilTheLastHandleIsClosed) {
  One rig;
  rig.run_one([&](Manager& manager) {
    Devnode& device = rig.device();
    user::File file = rig.open();
    ASSERT_TRUE(file);
    rig.forget();
    bus::board::unplug(rig.machine(), kEduSlot);
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("puppet"), "SURPRISE_REMOVAL");
    EXPECT_EQ(device.state, DevnodeState::SurpriseRemoved);
    EXPECT_NE(device.pdo->AttachedDevice, nullptr);
    EXPECT_TRUE(manager.interfaces().of_class(kInterface, nullptr, false).empty());
    // Nothing is found anew meanwhile, though the slot is filled again.
    EXPECT_TRUE(bus::board::plug(rig.machine(), kEduSlot));
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("puppet"), "");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("puppet"), "REMOVE AddDevice START STATE");
    EXPECT_EQ(device.state, DevnodeState::Deleted);
  });
}

TEST(DeviceReset, RST_128_WithAHandleNeverClosedTheRemoveNeverComes) {
  One rig;
  rig.run_one([&](Manager& manager) {
    user::File file = rig.open();
    rig.forget();
    bus::board::unplug(rig.machine(), kEduSlot);
    machine::delay_until(rig.machine().now() + std::chrono::hours(1), false, false);
    EXPECT_EQ(rig.seen("puppet"), "SURPRISE_REMOVAL");
    (void)manager;
    file.close();
  });
}

TEST(DeviceReset, RST_198_RST_199_RST_207_RequestsOfOldHandlesFailAndNewOnesWork) {
  One rig;
  rig.run_one([&](Manager& manager) {
    user::File old = rig.open();
    rig.puppet("puppet").HoldsRequests = 1;
    auto first = old.start_read(16);
    EXPECT_FALSE(first->done());
    bus::board::unplug(rig.machine(), kEduSlot);
    manager.wait_until_settled();
    EXPECT_TRUE(first->done());
    EXPECT_EQ(first->wait().status, STATUS_DELETE_PENDING);
    EXPECT_EQ(old.start_read(16)->wait().status, STATUS_DELETE_PENDING);
    EXPECT_TRUE(bus::board::plug(rig.machine(), kEduSlot));
    manager.wait_until_settled();
    EXPECT_EQ(old.start_read(16)->wait().status, STATUS_DELETE_PENDING);
    rig.puppet("puppet").HoldsRequests = 0;
    first.reset();  // a request keeps its file object
    old.close();
    manager.wait_until_settled();
    NTSTATUS status;
    user::File young = rig.open(&status);
    ASSERT_TRUE(young) << std::hex << status;
    EXPECT_EQ(young.start_read(16)->wait().status, STATUS_SUCCESS);
  });
}

// ---- Orderly removal ----

TEST(DeviceReset, RST_129_RST_130_ClientsAreAskedFirstAndNoSurpriseComesBefore) {
  One rig;
  rig.run_one([&](Manager& manager) {
    Listening client(rig, rig.device().pdo);
    client.file.close();
    rig.forget();
    EXPECT_TRUE(manager.remove(rig.device().id).ok());
    EXPECT_EQ(client.text(rig), "query, puppet QUERY_REMOVE, puppet REMOVE, complete");
  });
}

TEST(DeviceReset, RST_130_AClientOfADescendantKeepsTheQueryFromEveryDriver) {
  BusAndChildren rig;
  rig.run_bus(3, [&](Manager& manager) {
    auto* pdo = reinterpret_cast<DEVICE_OBJECT*>(rig.puppet("bus").ChildPdo[1]);
    Listening client(rig, pdo);
    client.client->answer = STATUS_UNSUCCESSFUL;
    client.file.close();
    rig.forget();
    const Change change = manager.remove(rig.node(kRootId).id);
    EXPECT_FALSE(change.ok());
    EXPECT_NE(change.vetoed_by.find("notification callback"), std::string::npos) << change.vetoed_by;
    EXPECT_EQ(client.text(rig), "query, cancelled");
    EXPECT_EQ(rig.node(kRootId).state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_131_ARefusalIsCancelledFromTheBottomOfTheTree) {
  BusAndChildren rig;
  rig.run_bus(3, [&](Manager& manager) {
    rig.forget();
    rig.puppet("bus").Refuse[IRP_MN_QUERY_REMOVE_DEVICE] = static_cast<PU32>(STATUS_DEVICE_BUSY);
    EXPECT_EQ(manager.remove(rig.node(kRootId).id).status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(rig.seen_by_all(),
              "bus/0 QUERY_REMOVE, bus/1 QUERY_REMOVE, bus QUERY_REMOVE, bus CANCEL_REMOVE, bus/1 CANCEL_REMOVE, "
              "bus/0 CANCEL_REMOVE");
  });
}

TEST(DeviceReset, RST_057_HungIsAnOrdinaryRefusalOutsideOfAReset) {
  One rig;
  rig.run_one([&](Manager& manager) {
    rig.forget();
    rig.puppet("puppet").Refuse[IRP_MN_QUERY_REMOVE_DEVICE] = static_cast<PU32>(STATUS_DEVICE_HUNG);
    EXPECT_EQ(manager.remove(rig.device().id).status, STATUS_DEVICE_HUNG);
    EXPECT_EQ(rig.seen("puppet"), "QUERY_REMOVE CANCEL_REMOVE");
    EXPECT_EQ(rig.device().state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_117_RemovalRelationsAreAskedAndRemovedToo) {
  StackRig rig;
  rig.driver("first").driver("second").package(kEduId, "first").package(kRootId, "second");
  rig.run({}, [&](Manager& manager) {
    rig.forget();
    rig.puppet("first").RemovalRelation = rig.puppet("second").Physical;
    rig.puppet("second").Refuse[IRP_MN_QUERY_REMOVE_DEVICE] = static_cast<PU32>(STATUS_DEVICE_BUSY);
    const Change change = manager.remove(rig.node(kEduId).id);
    EXPECT_EQ(change.status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(change.devnode, rig.node(kRootId).id);
    EXPECT_EQ(rig.seen_by_all(), "first QUERY_REMOVE, second QUERY_REMOVE, second CANCEL_REMOVE, first CANCEL_REMOVE");
    rig.puppet("second").Refuse[IRP_MN_QUERY_REMOVE_DEVICE] = 0;
    EXPECT_TRUE(manager.remove(rig.node(kEduId).id).ok());
    EXPECT_EQ(rig.seen_by_all(), "first QUERY_REMOVE, second QUERY_REMOVE, first REMOVE, second REMOVE");
  });
}

TEST(Devnode, PNP_061_EjectionRelationsLeaveTogether) {
  StackRig rig;
  rig.driver("dock").driver("guest").package(kEduId, "dock").package(kRootId, "guest");
  rig.run({}, [&](Manager& manager) {
    rig.forget();
    rig.puppet("dock").EjectionRelation = rig.puppet("guest").Physical;
    ntos::pnp::IoRequestDeviceEject(rig.node(kEduId).pdo);
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen_by_all(), "dock QUERY_REMOVE, guest QUERY_REMOVE, dock REMOVE, guest REMOVE");
    EXPECT_EQ(rig.node(kEduId).problem, Problem::HeldForEject);
    EXPECT_EQ(rig.node(kRootId).problem, Problem::HeldForEject);
  });
}

TEST(DeviceReset, RST_196_OpenHandlesHoldTheRemovalUpAfterTheDriversAgreed) {
  One rig;
  rig.run_one([&](Manager& manager) {
    user::File file = rig.open();
    rig.forget();
    const Change change = manager.remove(rig.device().id);
    EXPECT_EQ(change.status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(change.vetoed_by, "1 open handle on devnode#" + std::to_string(rig.device().id));
    EXPECT_EQ(rig.seen("puppet"), "QUERY_REMOVE CANCEL_REMOVE");
    file.close();
    EXPECT_TRUE(manager.remove(rig.device().id).ok());
  });
}

TEST(DeviceReset, RST_204_RST_205_NoPowerIrpAccompaniesStartAndOrderlyRemoval) {
  One rig;
  rig.run_one([&](Manager& manager) {
    EXPECT_EQ(rig.seen("puppet"), "AddDevice START STATE");
    EXPECT_EQ(rig.device().device_power, PowerDeviceD0);
    EXPECT_TRUE(manager.remove(rig.device().id).ok());
    EXPECT_EQ(rig.seen("puppet"), "QUERY_REMOVE REMOVE");
    EXPECT_EQ(rig.device().device_power, PowerDeviceUnspecified);
  });
}

TEST(DeviceReset, RST_206_InterfacesGoAndComeBack) {
  One rig;
  struct Heard {
    unsigned arrivals = 0, removals = 0;
    static NTSTATUS NTAPI call(PVOID structure, PVOID context) {
      const auto& event = static_cast<DEVICE_INTERFACE_CHANGE_NOTIFICATION*>(structure)->Event;
      ++(event == GUID_DEVICE_INTERFACE_ARRIVAL ? static_cast<Heard*>(context)->arrivals
                                                : static_cast<Heard*>(context)->removals);
      return STATUS_SUCCESS;
    }
  };
  rig.run_one([&](Manager& manager) {
    auto* heard = new Heard;
    PVOID entry = nullptr;
    GUID guid = kInterface;
    ASSERT_EQ(ntos::pnp::IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                                        PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES, &guid,
                                                        rig.device().pdo->DriverObject, Heard::call, heard, &entry),
              STATUS_SUCCESS);
    EXPECT_EQ(heard->arrivals, 1u);
    bus::board::unplug(rig.machine(), kEduSlot);
    manager.wait_until_settled();
    EXPECT_EQ(heard->removals, 1u);
    EXPECT_TRUE(bus::board::plug(rig.machine(), kEduSlot));
    manager.wait_until_settled();
    EXPECT_EQ(heard->arrivals, 2u);
    EXPECT_TRUE(rig.open());
    ntos::pnp::IoUnregisterPlugPlayNotification(entry);
  });
}

// ---- Children ----

TEST(DeviceReset, RST_134_AMissingChildKeepsItsPdoUntilItsRemove) {
  BusAndChildren rig;
  rig.run_bus(3, [&](Manager&) {
    EXPECT_EQ(rig.puppet("bus").Devices, 3u);
    rig.forget();
    rig.puppet("bus").Children = 1;
    rig.relations_changed();
    EXPECT_EQ(rig.seen_by_all(), "bus/1 SURPRISE_REMOVAL, bus/1 REMOVE");
    EXPECT_EQ(rig.puppet("bus").Devices, 2u);
  });
}

TEST(DeviceReset, RST_135_AChildStillThereKeepsItsPdoAndGetsASecondRemoveWhenItGoes) {
  BusAndChildren rig;
  rig.run_bus(1, [&](Manager& manager) {
    const PU64 pdo = rig.puppet("bus").ChildPdo[0];
    rig.forget();
    Devnode& child = rig.node(kChildId);
    EXPECT_TRUE(manager.remove(child.id).ok());
    EXPECT_EQ(rig.seen_by_all(), "bus/0 QUERY_REMOVE, bus/0 REMOVE");
    EXPECT_EQ(rig.puppet("bus").ChildPdo[0], pdo);
    rig.puppet("bus").Children = 0;
    rig.relations_changed();
    EXPECT_EQ(rig.seen_by_all(), "bus/0 REMOVE");
    EXPECT_EQ(rig.puppet("bus").Devices, 1u);
  });
}

TEST(DeviceReset, RST_133_PNP_067_AnOldPdoReportedAgainIsAnError) {
  BusAndChildren rig;
  rig.expect_findings();
  rig.run_bus(1, [&](Manager&) {
    user::File file = user::open(reinterpret_cast<DEVICE_OBJECT*>(rig.puppet("bus").ChildPdo[0]));  // so that it stays
    rig.puppet("bus").Children = 0;
    rig.relations_changed();
    rig.puppet("bus").WrongChild = 1;
    rig.relations_changed();
  });
  ASSERT_FALSE(rig.findings().empty());
  EXPECT_EQ(rig.findings().back().bug_check->code, 0xCAu);
  EXPECT_EQ(rig.findings().back().bug_check->parameters[0], 4u);
}

TEST(Devnode, PNP_062_TwoChildrenOfOneNameAreAnError) {
  BusAndChildren rig;
  rig.expect_findings();
  rig.run([&] { rig.puppet("bus").WrongChild = 2, rig.puppet("bus").Children = 3; }, [](Manager&) {});
  ASSERT_FALSE(rig.findings().empty());
  EXPECT_EQ(rig.findings().back().bug_check->code, 0xCAu);
  EXPECT_EQ(rig.findings().back().bug_check->parameters[0], 1u);
}

TEST(DeviceReset, RST_141_RST_143_AReplacementInTheSameAnswerWaitsForTheOldInstancesRemove) {
  BusAndChildren rig;
  rig.run_bus(1, [&](Manager& manager) {
    const PU64 before = rig.puppet("bus").ChildPdo[0];
    Devnode& old = rig.node(kChildId);
    user::File file = user::open(reinterpret_cast<DEVICE_OBJECT*>(before));
    ASSERT_TRUE(file);
    rig.forget();
    rig.puppet("bus").Reborn = 1;
    rig.relations_changed();
    EXPECT_NE(rig.puppet("bus").ChildPdo[0], before);
    EXPECT_EQ(rig.seen_by_all(), "bus/0 SURPRISE_REMOVAL");
    Devnode& young = rig.node(kChildId);
    ASSERT_NE(&young, &old);
    EXPECT_TRUE(young.held_by_older);
    bool told = false;
    for (const auto& note : rig.machine().trace().notes())
      told = told || note.text.find("waits until devnode#" + std::to_string(old.id)) != std::string::npos;
    EXPECT_TRUE(told);
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen_by_all(), "bus/0 REMOVE, bus/0 START, bus/0 STATE");
    EXPECT_EQ(young.state, DevnodeState::Started);
  });
}

// ---- Device state, failed and stopped devices ----

TEST(DeviceReset, RST_144_AFailedDeviceIsSurpriseRemovedThoughItIsStillThere) {
  One rig;
  rig.run_one([&](Manager& manager) {
    rig.forget();
    rig.puppet("puppet").DeviceState = PNP_DEVICE_FAILED;
    ntos::pnp::IoInvalidateDeviceState(rig.device().pdo);
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("puppet"), "STATE SURPRISE_REMOVAL REMOVE");
    EXPECT_EQ(rig.device().problem, Problem::FailedPostStart);
    EXPECT_TRUE(rig.device().reported);
  });
}

TEST(DeviceReset, RST_145_TheStateIsAskedAfterAStartAndAnInvalidationButNotAfterARestart) {
  StackRig rig;
  rig.driver("lower").driver("function").package(kEduId, "function", {"lower"});
  rig.run({}, [&](Manager& manager) {
    EXPECT_EQ(rig.seen("function"), "AddDevice START STATE");
    rig.puppet("function").DeviceState = PNP_DEVICE_DONT_DISPLAY_IN_UI;
    rig.puppet("lower").DeviceState = PNP_DEVICE_NOT_DISABLEABLE;
    rig.forget();
    ntos::pnp::IoInvalidateDeviceState(rig.node(kEduId).pdo);
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen_by_all(), "function STATE, lower STATE");
    EXPECT_EQ(rig.node(kEduId).state_flags, ULONG{PNP_DEVICE_DONT_DISPLAY_IN_UI | PNP_DEVICE_NOT_DISABLEABLE});
    EXPECT_TRUE(manager.rebalance(rig.node(kEduId).id).ok());
    EXPECT_EQ(rig.seen("function"), "QUERY_STOP STOP START");
  });
}

TEST(DeviceReset, RST_146_FailedWithChangedRequirementsIsARebalance) {
  One rig;
  rig.run_one([&](Manager& manager) {
    rig.forget();
    rig.puppet("puppet").DeviceState = PNP_DEVICE_FAILED | PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED;
    ntos::pnp::IoInvalidateDeviceState(rig.device().pdo);
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("puppet"), "STATE QUERY_STOP STOP START");
    EXPECT_EQ(rig.device().state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_147_AFailedRestartIsASurpriseRemoval) {
  One rig;
  rig.run_one([&](Manager& manager) {
    rig.forget();
    user::File file = rig.open();
    rig.puppet("puppet").Refuse[IRP_MN_START_DEVICE] = static_cast<PU32>(STATUS_DEVICE_CONFIGURATION_ERROR);
    EXPECT_FALSE(manager.rebalance(rig.device().id).ok());
    EXPECT_EQ(rig.seen("puppet"), "QUERY_STOP STOP START SURPRISE_REMOVAL");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("puppet"), "REMOVE");
    EXPECT_TRUE(rig.device().reported);
  });
}

TEST(DeviceReset, RST_148_AFailedFirstStartIsRemovedWithoutASurprise) {
  One rig;
  rig.run(
      [&] { rig.puppet("puppet").Refuse[IRP_MN_START_DEVICE] = static_cast<PU32>(STATUS_DEVICE_CONFIGURATION_ERROR); },
      [&](Manager&) {
        EXPECT_EQ(rig.seen("puppet"), "AddDevice START REMOVE");
        EXPECT_EQ(rig.device().problem, Problem::FailedStart);
      });
}

TEST(Devnode, PNP_063_ADeviceThatIsDisabledInHardwareHasAProblem) {
  One rig;
  rig.run_one([&](Manager& manager) {
    rig.forget();
    rig.puppet("puppet").DeviceState = PNP_DEVICE_DISABLED;
    ntos::pnp::IoInvalidateDeviceState(rig.device().pdo);
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("puppet"), "STATE QUERY_REMOVE REMOVE");
    EXPECT_EQ(rig.device().problem, Problem::HardwareDisabled);
  });
}

TEST(Devnode, PNP_064_WhatMayNotBeDisabledKeepsItsAncestorsToo) {
  StackRig rig;
  rig.driver("bus", "bus_puppet").driver("needed").package(kRootId, "bus").package(kChildId, "needed");
  rig.run([&] { rig.puppet("bus").Children = 1, rig.puppet("needed").DeviceState = PNP_DEVICE_NOT_DISABLEABLE; },
          [&](Manager& manager) {
            rig.forget();
            const Change change = manager.disable(rig.node(kRootId).id);
            EXPECT_EQ(change.status, STATUS_NOT_SUPPORTED);
            EXPECT_EQ(change.devnode, rig.node(kChildId).id);
            EXPECT_EQ(rig.seen_by_all(), "");
            EXPECT_TRUE(manager.remove(rig.node(kRootId).id).ok());
          });
}

TEST(Devnode, PNP_065_ADisabledDeviceStaysDisabledWhenItIsPulledAndPutBack) {
  One rig;
  rig.run_one([&](Manager& manager) {
    EXPECT_TRUE(manager.disable(rig.device().id).ok());
    rig.forget();
    bus::board::unplug(rig.machine(), kEduSlot);
    manager.wait_until_settled();
    EXPECT_TRUE(bus::board::plug(rig.machine(), kEduSlot));
    manager.wait_until_settled();
    EXPECT_EQ(rig.seen("puppet"), "");
    EXPECT_EQ(rig.device().problem, Problem::Disabled);
    EXPECT_TRUE(manager.enable(rig.device().id).ok());
    EXPECT_EQ(rig.seen("puppet"), "AddDevice START STATE");
  });
}

TEST(Devnode, PNP_020_PNP_022_ChildrenAreAskedAndStoppedFirst) {
  StackRig rig;
  rig.driver("bus", "bus_puppet").driver("child").package(kRootId, "bus").package(kChildId, "child");
  rig.run([&] { rig.puppet("bus").Children = 1; },
          [&](Manager& manager) {
            rig.forget();
            EXPECT_TRUE(manager.rebalance(rig.node(kRootId).id).ok());
            std::string seen = rig.seen_by_all();
            EXPECT_EQ(
                seen,
                "child QUERY_STOP, bus/0 QUERY_STOP, bus QUERY_STOP, child STOP, bus/0 STOP, bus STOP, bus START, "
                "child START, bus/0 START");
          });
}

TEST(Devnode, PNP_066_APnpIrpKeptForTenMinutesStopsTheSystem) {
  BusAndChildren rig;
  rig.expect_findings();
  rig.run_bus(1, [&](Manager& manager) {
    rig.puppet("bus").KeepsQueryRemove = 1;
    manager.remove(rig.node(kRootId).id);
  });
  ASSERT_FALSE(rig.findings().empty());
  const machine::Finding& stop = rig.findings().back();
  ASSERT_TRUE(stop.bug_check);
  EXPECT_EQ(stop.bug_check->code, 0x1D5u);
  EXPECT_EQ(stop.bug_check->parameters[0], 0x737562u);  // "bus"
  EXPECT_EQ(stop.bug_check->parameters[3], 600'000u);
  EXPECT_NE(stop.summary.find("IRP_MN_QUERY_REMOVE_DEVICE"), std::string::npos) << stop.summary;
}

}  // namespace
}  // namespace drydock::test::pnp
