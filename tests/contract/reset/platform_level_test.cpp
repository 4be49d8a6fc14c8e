// docs/contracts/reset.md, sections 3, 5, 6 and 7: platform-level reset, on reset_puppet.sys.

#include <algorithm>

#include "bus/acpi/acpi_driver.h"
#include "bus/pci/pci_driver.h"
#include "contract/reset/reset_rig.h"
#include "machine/thread.h"
#include "nt/power.h"
#include "ntos/cm/registry.h"
#include "ntos/io/driver.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::reset {
namespace {

using Rules = std::vector<std::string>;
namespace user = ntos::io::user;

constexpr PU32 code(NTSTATUS status) {
  return static_cast<PU32>(status);
}
constexpr models::pci::Location kThird{0, 7, 0};
constexpr const char16_t* kThirdId = u"PCI\\VEN_1234&DEV_11EA";
constexpr const char* kOrderly =
    "puppet QUERY_REMOVE, neighbour QUERY_REMOVE, puppet REMOVE, neighbour REMOVE, "
    "puppet REMOVE, neighbour REMOVE, puppet START, neighbour START";

void pass(machine::Duration duration) {
  machine::delay_until(machine::Machine::current().now() + duration, false, false);
}

void set_registry(const char16_t* name, std::uint32_t value) {
  ntos::cm::registry().create(u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Pnp").set_dword(name, value);
}

/// Two functions on one line, with drivers "puppet" and "neighbour".
struct Pair : ResetRig {
  explicit Pair(Firmware firmware = shared_line(), Behaviour first = {}, Behaviour second = {})
      : ResetRig(two_functions(first, second), std::move(firmware)) {
    service("puppet");
    service("neighbour", kSecondId);
  }
  void go(const std::function<void(Manager&)>& body) {
    run([&](Manager& manager) {
      manager.enumerate_root();
      body(manager);
    });
  }
  Rules rules(const std::function<void(Manager&)>& body) {
    return rules_after([&](Manager& manager) {
      manager.enumerate_root();
      body(manager);
    });
  }
  /// Asks for the reset as the driver of `who` and waits for its end; what was sent meanwhile.
  std::string whole_reset(Manager& manager, const std::string& who = "puppet") {
    const std::size_t from = irps();
    EXPECT_EQ(reset(PlatformLevelDeviceReset, {}, who).Status, code(STATUS_SUCCESS));
    until_over(manager);
    return story(from);
  }
};

Firmware line_of_three() {
  Firmware firmware = shared_line();
  firmware.resources.push_back({.name = "PRRB", .rst = Method{}});
  firmware.devices[{0, 7, 0}].prr = "PRRB";
  return firmware;
}

std::vector<Function> three_functions() {
  std::vector<Function> functions = two_functions();
  functions.push_back({{.device_id = 0x11EA}, kThird});
  return functions;
}

// ---- Section 3 ----

TEST(DeviceReset, RST_035_RST_041_RST_042_RST_054_RST_060_TheWholeLineIsTornDownAndBuiltAgain) {
  Pair rig;
  rig.go([&](Manager& manager) {
    EXPECT_EQ(rig.whole_reset(manager), kOrderly);
    for (auto at : {kFirst, kSecond}) {
      EXPECT_EQ(rig.model(at).resets[machine::ResetKind::Conventional], 1u);
      EXPECT_EQ(rig.model(at).function_resets(), 0u);  // nobody demanded one first
    }
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.node(manager, "neighbour").state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_043_RST_157_NothingCarriesOver) {
  Pair rig;
  rig.go([&](Manager& manager) {
    DEVICE_OBJECT* pdo = rig.node(manager).pdo;
    const auto id = rig.node(manager).id;
    rig.get_interface();
    const PVOID context = rig.interface().Context;
    rig.call<void>("puppet", "PuppetWrite", rig.device(), ULONG{0x99});
    rig.whole_reset(manager);
    EXPECT_EQ(rig.puppet().AddDevices, 2u);
    EXPECT_NE(rig.node(manager).id, id);
    EXPECT_EQ(manager.find(id)->state, DevnodeState::Deleted);
    EXPECT_NE(rig.puppet().Pdos[1], reinterpret_cast<PU64>(pdo));
    EXPECT_EQ(rig.interface().DeviceReset, nullptr);  // a fresh extension, counts of attempts included
    rig.get_interface();
    EXPECT_NE(rig.interface().Context, context);
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", rig.device()), 0u);
  });
}

TEST(DeviceReset, RST_044_RST_045_WithoutReenumerationThereIsNoPlatformLevelReset) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().SupportedResetTypes, 3u);
    bus::acpi::filter_on(rig.node(manager, "neighbour").pdo)->reenumerate = {};
    for (const char* each : {"puppet", "neighbour"}) {
      rig.get_interface(each);
      EXPECT_EQ(rig.interface(each).SupportedResetTypes, 1u) << each;
      EXPECT_EQ(rig.reset(PlatformLevelDeviceReset, {}, each).Status, code(STATUS_NOT_SUPPORTED)) << each;
    }
  });
}

TEST(DeviceReset, RST_046_RST_050_TheOrdinaryIntervalIsThreeSeconds) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.whole_reset(manager);
    EXPECT_EQ(rig.time_of(ResetStepKind::AttemptBegun) - rig.time_of(ResetStepKind::Requested), 3s);
  });
}

TEST(DeviceReset, RST_046_RST_048_TheIntervalComesFromTheRegistryWithinItsBounds) {
  struct Case {
    std::uint32_t value;
    machine::Duration taken;
  };
  for (const Case& each : {Case{500, 500ms}, {50, 100ms}, {100, 100ms}, {30'000, 30s}, {40'000, 30s}}) {
    Pair rig;
    rig.go([&](Manager& manager) {
      set_registry(u"DeviceResetRetryInterval", each.value);
      rig.whole_reset(manager);
      EXPECT_EQ(rig.time_of(ResetStepKind::AttemptBegun) - rig.time_of(ResetStepKind::Requested), each.taken);
    });
    bool logged = false;
    for (const auto& note : rig.machine().trace().notes())
      logged |= note.text.find("DeviceResetRetryInterval is") != std::string::npos;
    EXPECT_EQ(logged, each.value == 50 || each.value == 40'000);
  }
  Pair text;
  text.go([&](Manager& manager) {
    ntos::cm::registry()
        .create(u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Pnp")
        .set_string(u"DeviceResetRetryInterval", u"500");
    text.whole_reset(manager);
    EXPECT_EQ(text.time_of(ResetStepKind::AttemptBegun) - text.time_of(ResetStepKind::Requested), 3s);
  });
}

TEST(DeviceReset, RST_049_RST_050_RST_058_RST_059_RST_121_AVetoForEverIsGivenUpAfterFiveAttempts) {
  Pair rig;
  EXPECT_EQ(rig.rules([&](Manager& manager) {
    rig.puppet("neighbour").Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_UNSUCCESSFUL);
    const auto puppet = rig.node(manager).id, neighbour = rig.node(manager, "neighbour").id;
    const std::string story = rig.whole_reset(manager);
    std::string expected;
    for (int i = 0; i < 5; ++i)
      expected += std::string(i ? ", " : "") +
                  "puppet QUERY_REMOVE, neighbour QUERY_REMOVE, neighbour CANCEL_REMOVE, puppet CANCEL_REMOVE";
    EXPECT_EQ(story, expected);
    EXPECT_TRUE(about(rig.time_of(ResetStepKind::GivenUp) - rig.time_of(ResetStepKind::Requested), 15s));
    for (auto id : {puppet, neighbour}) {
      EXPECT_EQ(manager.find(id)->state, DevnodeState::Started);
      EXPECT_EQ(manager.find(id)->problem, Problem::None);
    }
    EXPECT_TRUE(rig.model(kFirst).resets.empty());
  }),
            Rules{"RST-058"});
}

TEST(DeviceReset, RST_047_RST_058_TheNumberOfAttemptsComesFromTheRegistry) {
  Pair rig;
  EXPECT_EQ(rig.rules([&](Manager& manager) {
    set_registry(u"DeviceResetMaximumRetries", 2);
    rig.puppet("neighbour").Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_UNSUCCESSFUL);
    rig.whole_reset(manager);
    EXPECT_EQ(rig.count_of(ResetStepKind::AttemptBegun), 2u);
  }),
            Rules{"RST-058"});
}

TEST(DeviceReset, RST_058_AVetoThatIsWithdrawnOnlyDelaysIt) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet("neighbour").Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_UNSUCCESSFUL);
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    pass(4s);
    rig.puppet("neighbour").Answers[IRP_MN_QUERY_REMOVE_DEVICE] = 0;
    until_over(manager);
    EXPECT_EQ(rig.count_of(ResetStepKind::AttemptBegun), 2u);
    EXPECT_TRUE(about(rig.time_of(ResetStepKind::RemovalBegun) - rig.time_of(ResetStepKind::Requested), 6s));
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.puppet().AddDevices, 2u);
  });
}

TEST(DeviceReset, RST_196_AnOpenHandleHoldsItUp) {
  Pair rig;
  rig.go([&](Manager& manager) {
    user::File file = user::open(rig.device("neighbour"));
    EXPECT_TRUE(static_cast<bool>(file));
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    pass(7s);
    EXPECT_EQ(rig.count_of(ResetStepKind::Vetoed), 2u);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    file.close();
    until_over(manager);
    EXPECT_EQ(rig.puppet("neighbour").AddDevices, 2u);
  });
}

TEST(DeviceReset, RST_051_RST_052_RST_053_RST_119_WhoHangsIsSurpriseRemovedAfterTheReset) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet().Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_DEVICE_HUNG);  // and does not pass it down
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.whole_reset(manager),
              "puppet QUERY_REMOVE, neighbour QUERY_REMOVE, neighbour REMOVE, "
              "puppet SURPRISE, puppet REMOVE, neighbour REMOVE, puppet START, neighbour START");
    EXPECT_EQ(rig.count_of(ResetStepKind::MethodBegun), 1u);
    bool before = true;
    for (std::size_t i = from; i < rig.irps(); ++i) {
      const auto& irp = manager.sent_irps()[i];
      before &= irp.minor != IRP_MN_SURPRISE_REMOVAL;
      if (irp.minor == IRP_MN_REMOVE_DEVICE && before)
        EXPECT_LE(irp.completed_at, rig.time_of(ResetStepKind::MethodBegun));
      if (irp.minor == IRP_MN_SURPRISE_REMOVAL) EXPECT_GE(irp.sent_at, rig.time_of(ResetStepKind::MethodEnded));
    }
    EXPECT_EQ(rig.model(kFirst).resets[machine::ResetKind::Conventional], 1u);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_055_AnyStackMaySayThatItHangs) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet("neighbour").Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_DEVICE_HUNG);
    EXPECT_EQ(rig.whole_reset(manager),
              "puppet QUERY_REMOVE, neighbour QUERY_REMOVE, puppet REMOVE, "
              "puppet REMOVE, neighbour SURPRISE, neighbour REMOVE, puppet START, neighbour START");
  });
}

TEST(DeviceReset, RST_055_RST_116_AHungChildTakesItsBusAlong) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet().Children = 1;
    rig.puppet().ChildHangs = 1;
    manager.scan(rig.node(manager).id);
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    until_over(manager);
    const std::string story = rig.story(from);
    EXPECT_NE(story.find("puppet QUERY_REMOVE"), std::string::npos);
    EXPECT_LT(story.find("neighbour REMOVE"), story.find("SURPRISE, puppet SURPRISE"));  // the child first
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_056_WhoHangsIsToldWhenTheAttemptIsCalledOffAndOnlyThen) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet().Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_DEVICE_HUNG);
    rig.puppet("neighbour").Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_UNSUCCESSFUL);
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    pass(4s);
    EXPECT_EQ(rig.story(from),
              "puppet QUERY_REMOVE, neighbour QUERY_REMOVE, neighbour CANCEL_REMOVE, puppet CANCEL_REMOVE");
    rig.puppet("neighbour").Answers[IRP_MN_QUERY_REMOVE_DEVICE] = 0;
    const std::size_t second = rig.irps();
    until_over(manager);
    EXPECT_EQ(rig.story(second).find("CANCEL"), std::string::npos);
  });
}

TEST(DeviceReset, RST_057_OutsideAResetItIsAFailureLikeAnyOther) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet().Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_DEVICE_HUNG);
    const std::size_t from = rig.irps();
    EXPECT_EQ(manager.remove(rig.node(manager).id).status, STATUS_DEVICE_HUNG);
    EXPECT_EQ(rig.story(from), "puppet QUERY_REMOVE, puppet CANCEL_REMOVE");
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_061_WhatPeopleCanPlugOrSeeIsNotResetWithItsRail) {
  for (bool visible : {false, true}) {
    Firmware firmware = shared_line();
    if (visible)
      firmware.devices[{0, 5, 0}].user_visible = true;
    else
      firmware.devices[{0, 5, 0}].upc = 0;
    Pair rig(firmware);
    rig.go([&](Manager&) {
      rig.get_interface();
      EXPECT_EQ(rig.interface().SupportedResetTypes, 1u);
    });
  }
  Firmware firmware = shared_line();
  firmware.devices[{0, 5, 0}].upc = 0xFF;
  firmware.devices[{0, 5, 0}].user_visible = false;
  Pair rig(firmware);
  rig.go([&](Manager&) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().SupportedResetTypes, 3u);
  });
}

TEST(DeviceReset, RST_062_RST_141_RST_232_ABusMayResetItsChildByItself) {
  ResetRig rig;
  rig.service("puppet");
  rig.service("child", u"PUPPET\\CHILD");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.puppet().Children = 1;
    manager.scan(rig.node(manager).id);
    EXPECT_EQ(rig.node(manager, "child").state, DevnodeState::Started);
    rig.get_interface("child");
    EXPECT_EQ(rig.interface("child").SupportedResetTypes, 2u);
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset, {}, "child").Status, code(STATUS_NOT_SUPPORTED));
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset, {}, "child").Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.puppet().BusResets, 1u);
    manager.wait_until_settled();
    EXPECT_EQ(rig.story(from), "child SURPRISE, child REMOVE, child START");  // old and new in one answer; no query
    EXPECT_EQ(rig.puppet("child").AddDevices, 2u);
    EXPECT_EQ(rig.count_of(ResetStepKind::Requested), 0u);
  });
}

// ---- Sections 4 and 5 ----

TEST(DeviceReset, RST_079_RST_080_ParametersMeanNothingToIt) {
  Pair rig;
  rig.go([&](Manager& manager) {
    const PUPPET_RESET call = rig.reset(PlatformLevelDeviceReset, {.Parameters = PuppetForeignParameters});
    EXPECT_EQ(call.Status, code(STATUS_SUCCESS));
    until_over(manager);
    const PUPPET_RESET told = rig.reset(PlatformLevelDeviceReset, {.Parameters = PuppetGoodParameters});
    until_over(manager);
    EXPECT_EQ(told.Callbacks, 0u);
  });
}

TEST(DeviceReset, RST_089_RST_090_TheCallReturnsBeforeAnythingIsTornDown) {
  Pair rig;
  rig.go([&](Manager& manager) {
    const std::size_t from = rig.irps();
    const machine::Time before = rig.now();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_LT(rig.now() - before, 1ms);
    EXPECT_EQ(rig.story(from), "");
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    until_over(manager);
    EXPECT_GE(rig.time_of(ResetStepKind::RemovalBegun) - before, 3s);
  });
}

TEST(DeviceReset, RST_091_RST_093_AskedForWhileStartingItRunsWhenTheStartHasEnded) {
  for (bool fails : {false, true}) {
    Pair rig;
    rig.go([&](Manager& manager) {
      const auto id = rig.node(manager).id;
      EXPECT_TRUE(manager.remove(id).ok());
      rig.puppet().ResetDuring = PuppetBeforeStart;
      rig.puppet().DuringReset.Type = PlatformLevelDeviceReset;
      if (fails) rig.puppet().StartStatus = code(STATUS_DEVICE_NOT_READY);
      const std::size_t from = rig.irps();
      EXPECT_EQ(manager.start(id).ok(), !fails);
      EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_SUCCESS));
      EXPECT_EQ(rig.puppet().DuringReset.Returned, 1u);
      rig.puppet().ResetDuring = PuppetAtNothing;
      rig.puppet().StartStatus = 0;
      until_over(manager);
      EXPECT_EQ(rig.story(from).find("puppet START"), 0u);
      EXPECT_EQ(rig.model(kFirst).resets[machine::ResetKind::Conventional], 1u);
      EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    });
  }
}

TEST(DeviceReset, RST_202_ItIsAcceptedInAnyPowerState) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.call<void>("puppet", "PuppetSetPower", rig.device(), static_cast<ULONG>(PowerDeviceD3));
    EXPECT_EQ(rig.node(manager).device_power, PowerDeviceD3);
    rig.whole_reset(manager);
    EXPECT_EQ(rig.puppet().AddDevices, 2u);
    EXPECT_EQ(rig.node(manager).device_power, PowerDeviceD0);
  });
}

TEST(DeviceReset, RST_092_AskedForWhileTheDeviceIsHaltedItHangsNothing) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet().ResetDuring = PuppetAtRemove;
    rig.puppet().DuringReset.Type = PlatformLevelDeviceReset;
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    rig.puppet().ResetDuring = PuppetAtNothing;
    until_over(manager);
    EXPECT_EQ(rig.node(manager, "neighbour").state, DevnodeState::Started);
    EXPECT_EQ(rig.count_of(ResetStepKind::Over), 1u);
  });
}

TEST(DeviceReset, RST_161_AskedForWhileStoppedItWaitsForTheRebalance) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet().ResetDuring = PuppetAtStop;
    rig.puppet().DuringReset.Type = PlatformLevelDeviceReset;
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    rig.puppet().ResetDuring = PuppetAtNothing;
    until_over(manager);
    EXPECT_EQ(rig.puppet().AddDevices, 2u);
  });
}

TEST(DeviceReset, RST_162_ARebalanceDuringTheResetLeavesItsDevicesOut) {
  Pair rig(shared_line(Method{.takes = 2s}));
  rig.go([&](Manager& manager) {
    const auto id = rig.node(manager).id;
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    pass(4s);  // the method runs; the rebalance takes its turn after it
    manager.rebalance(id);
    until_over(manager);
    EXPECT_EQ(rig.story(from).find("STOP"), std::string::npos);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

// ---- Section 6 ----

TEST(DeviceReset, RST_100_WithoutAMethodThereIsNone) {
  Firmware firmware = shared_line();
  firmware.devices[{0, 5, 0}] = {.rst = Method{}, .prr = {}, .pr3 = {}, .upc = {}, .user_visible = {}};
  Pair rig(firmware);
  rig.go([&](Manager&) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().SupportedResetTypes, 1u);
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_NOT_SUPPORTED));
  });
}

TEST(DeviceReset, RST_102_ASecondRequestIsFoldedIntoTheFirst) {
  Pair rig;
  rig.go([&](Manager& manager) {
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset, {}, "neighbour").Status, code(STATUS_SUCCESS));
    until_over(manager);
    EXPECT_EQ(rig.model(kFirst).resets[machine::ResetKind::Conventional], 1u);
    EXPECT_EQ(rig.count_of(ResetStepKind::AttemptBegun), 1u);
    EXPECT_EQ(rig.count_of(ResetStepKind::Folded), 2u);
  });
}

TEST(DeviceReset, RST_103_RST_221_MeanwhileAFunctionLevelResetIsRefused) {
  Pair rig;
  rig.go([&](Manager& manager) {
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    for (const char* each : {"puppet", "neighbour"}) {
      EXPECT_EQ(rig.reset(FunctionLevelDeviceReset, {}, each).Status, code(STATUS_DEVICE_BUSY)) << each;
      const PUPPET_STATUS status = rig.status(0, each);
      EXPECT_EQ(status.IsResetting, 1u);
      EXPECT_EQ(status.Type, 2u);
    }
    until_over(manager);
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.status().IsResetting, 0u);
  });
}

TEST(DeviceReset, RST_104_ADeviceThatWasPulledIsNotResetAnyMore) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.get_interface();
    const DEVICE_RESET_INTERFACE_STANDARD kept = rig.interface();
    user::File file = user::open(rig.device());
    rig.fabric().unplug(kFirst);
    bus::pci::hot_plug_event();
    manager.wait_until_settled();
    EXPECT_EQ(rig.node(manager).state, DevnodeState::SurpriseRemoved);  // the handle keeps the PDO
    for (DEVICE_RESET_TYPE type : {FunctionLevelDeviceReset, PlatformLevelDeviceReset})
      EXPECT_EQ(rig.reset_by(kept, type).Status, code(STATUS_NO_SUCH_DEVICE));
    file.close();
    manager.wait_until_settled();
  });
}

TEST(DeviceReset, RST_107_RST_108_Code54StandsFromTheRemovalToTheStart) {
  Pair rig(shared_line(Method{.takes = 500ms}));
  rig.go([&](Manager& manager) {
    const auto puppet = rig.node(manager).id, neighbour = rig.node(manager, "neighbour").id;
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    pass(2s);
    EXPECT_EQ(manager.find(puppet)->problem, Problem::None);
    pass(1200ms);  // 3.2 s: the method runs
    EXPECT_EQ(manager.find(puppet)->problem, Problem::DeviceReset);
    EXPECT_EQ(manager.find(neighbour)->problem, Problem::DeviceReset);
    EXPECT_EQ(static_cast<unsigned>(Problem::DeviceReset), 54u);
    until_over(manager);
    EXPECT_EQ(rig.node(manager).problem, Problem::None);
    EXPECT_EQ(rig.node(manager, "neighbour").problem, Problem::None);
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.node(manager).problem, Problem::None);
  });
}

TEST(DeviceReset, RST_108_RST_109_ANewStartThatFailsReplacesItByCode10) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet("neighbour").StartStatus = code(STATUS_UNSUCCESSFUL);
    rig.whole_reset(manager);
    EXPECT_EQ(rig.node(manager, "neighbour").problem, Problem::FailedStart);
    EXPECT_EQ(static_cast<unsigned>(Problem::FailedStart), 10u);
    EXPECT_EQ(rig.node(manager).problem, Problem::None);
  });
}

TEST(DeviceReset, RST_109_ADeviceThatFailedAfterItsStartShowsCode43) {
  Pair rig;
  rig.go([&](Manager& manager) {
    Devnode& node = rig.node(manager);
    rig.puppet().DeviceState = PNP_DEVICE_FAILED;
    manager.invalidate_state(node.pdo);
    manager.wait_until_settled();
    EXPECT_EQ(node.problem, Problem::FailedPostStart);
    EXPECT_EQ(static_cast<unsigned>(Problem::FailedPostStart), 43u);
    EXPECT_NE(node.state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_105_RST_107_RST_108_AMethodThatFailsLeavesTheDomainOutWithCode54) {
  for (Method method : {Method{.fails = 1}, Method{.takes = 61s}}) {
    Pair rig(shared_line(method));
    rig.go([&](Manager& manager) {
      rig.puppet().Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_DEVICE_HUNG);
      const std::string story = rig.whole_reset(manager);
      EXPECT_EQ(story, "puppet QUERY_REMOVE, neighbour QUERY_REMOVE, neighbour REMOVE, puppet SURPRISE, puppet REMOVE");
      NTSTATUS ended = 0;
      for (const auto& step : manager.resets().steps())
        if (step.kind == ResetStepKind::MethodEnded) ended = step.status;
      EXPECT_EQ(ended, method.fails ? STATUS_UNSUCCESSFUL : STATUS_IO_TIMEOUT);
      manager.scan(rig.node(manager).parent->id);  // a look at the bus does not bring them back
      for (const char* each : {"puppet", "neighbour"}) {
        EXPECT_EQ(rig.node(manager, each).state, DevnodeState::Initialized);
        EXPECT_EQ(rig.node(manager, each).problem, Problem::DeviceReset);
      }
    });
  }
}

TEST(DeviceReset, RST_110_RST_142_RST_143_RST_196_WhatAHungDriversHandlesHoldIsKeptAndSaid) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet().Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_DEVICE_HUNG);
    user::File file = user::open(rig.device());
    const auto old = rig.node(manager).id;
    rig.whole_reset(manager);  // not held up by the handle
    EXPECT_EQ(manager.find(old)->state, DevnodeState::SurpriseRemoved);
    EXPECT_EQ(rig.puppet().AddDevices, 1u);
    EXPECT_TRUE(rig.node(manager, "neighbour").state == DevnodeState::Started);
    EXPECT_EQ(rig.count_of(ResetStepKind::Held), 1u);
    for (const auto& step : manager.resets().steps())
      if (step.kind == ResetStepKind::Held) EXPECT_EQ(step.text, "1 open handles");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(manager.find(old)->state, DevnodeState::Deleted);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.node(manager).problem, Problem::None);
  });
}

TEST(DeviceReset, RST_158_TheSixthWithinAMinuteIsRefused) {
  Pair rig;
  rig.go([&](Manager& manager) {
    set_registry(u"DeviceResetRetryInterval", 100);
    const machine::Time begun = rig.now();
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
      EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));  // folded: does not count
      until_over(manager);
    }
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_UNSUCCESSFUL));
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset, {}, "neighbour").Status,
              code(STATUS_SUCCESS));  // it counts by itself
    until_over(manager);
    EXPECT_LT(rig.now() - begun, 60s);
    pass(60s);
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    until_over(manager);
  });
}

TEST(DeviceReset, RST_159_TheDriverMayBeUnloadedAndLoadedAgain) {
  ResetRig rig(two_functions(), shared_line());
  rig.service("puppet", u"PCI\\VEN_1234&DEV_11E8", {.stays_loaded = false});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.puppet().FilterStatus = 0x5EED;  // a mark in the image
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    until_over(manager);
    EXPECT_EQ(rig.puppet().FilterStatus, 0u);
    EXPECT_EQ(rig.puppet().DriverEntries, 1u);
    EXPECT_EQ(rig.puppet().AddDevices, 1u);
  });
}

// ---- Section 7 ----

TEST(DeviceReset, RST_111_RST_166_TheDomainIsAllThatNameTheSameResource) {
  ResetRig rig(three_functions(), line_of_three());
  rig.service("puppet");
  rig.service("neighbour", kSecondId);
  rig.service("stranger", kThirdId);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    until_over(manager);
    EXPECT_EQ(rig.story(from), kOrderly);
    EXPECT_TRUE(rig.model(kThird).resets.empty());
    EXPECT_EQ(rig.model(kSecond).resets[machine::ResetKind::Conventional], 1u);
  });
}

TEST(DeviceReset, RST_112_RST_113_RailsInCommonChainDevicesIntoOneDomain) {
  Firmware firmware;
  for (const char* name : {"R1", "R2", "R3"})
    firmware.resources.push_back({.name = name, .rst = {}, .on = {}, .off = {}});
  firmware.resources.push_back({.name = "LINE", .rst = Method{}, .on = {}, .off = {}});
  firmware.devices[{0, 5, 0}].pr3 = {"R1"};
  firmware.devices[{0, 6, 0}].pr3 = {"R1", "R2"};
  firmware.devices[{0, 7, 0}].pr3 = {"R2"};
  firmware.devices[{0, 8, 0}].pr3 = {"R3"};
  firmware.devices[{0, 9, 0}] = {.rst = {}, .prr = "LINE", .pr3 = {"R2"}, .upc = {}, .user_visible = {}};
  firmware.devices[{0, 10, 0}].prr = "LINE";
  std::vector<Function> functions;
  for (unsigned i = 0; i < 6; ++i)
    functions.push_back(
        {{.device_id = static_cast<std::uint16_t>(0x11E8 + i)}, {0, static_cast<std::uint8_t>(5 + i), 0}});
  ResetRig rig(functions, firmware);
  rig.service("puppet");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    until_over(manager);
    for (unsigned slot : {5u, 6u, 7u, 9u})
      EXPECT_EQ(rig.model({0, static_cast<std::uint8_t>(slot), 0}).resets[machine::ResetKind::PowerOn], 1u) << slot;
    for (unsigned slot : {8u, 10u}) EXPECT_TRUE(rig.model({0, static_cast<std::uint8_t>(slot), 0}).resets.empty());
  });
}

TEST(DeviceReset, RST_114_RST_115_WhoeverAsksAllAreRebuiltAndHearNothingSpecial) {
  Pair rig;
  rig.go([&](Manager& manager) {
    const PU32 before = rig.puppet().IrpCount;
    EXPECT_EQ(rig.whole_reset(manager, "neighbour"), kOrderly);
    std::vector<unsigned> heard;
    for (PU32 i = before; i < rig.puppet().IrpCount; ++i)
      if (rig.puppet().Irps[i % PUPPET_IRPS].Instance == 0) heard.push_back(rig.puppet().Irps[i % PUPPET_IRPS].Minor);
    EXPECT_EQ(heard,
              (std::vector<unsigned>{IRP_MN_QUERY_DEVICE_RELATIONS, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE}));
  });
}

TEST(DeviceReset, RST_116_ChildrenAreAskedAndRemovedBeforeTheirParent) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.puppet().Children = 2;
    manager.scan(rig.node(manager).id);
    const unsigned children = static_cast<unsigned>(rig.node(manager).children.size());
    EXPECT_EQ(children, 2u);
    const auto parent = rig.node(manager).id;
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    until_over(manager);
    unsigned asked = 0, removed = 0;
    bool parent_asked = false, parent_removed = false;
    for (std::size_t i = from; i < rig.irps(); ++i) {
      const auto& irp = manager.sent_irps()[i];
      const bool is_child = manager.find(irp.devnode)->device_id == u"PUPPET\\CHILD";
      if (irp.minor == IRP_MN_QUERY_REMOVE_DEVICE) {
        if (is_child && !parent_asked) ++asked;
        parent_asked |= irp.devnode == parent;
        EXPECT_NE(irp.devnode, manager.find(parent)->parent->id);  // the bus above is not drawn in
      }
      if (irp.minor == IRP_MN_REMOVE_DEVICE) {
        if (is_child && !parent_removed) ++removed;
        parent_removed |= irp.devnode == parent;
      }
    }
    EXPECT_EQ(asked, 2u);
    EXPECT_EQ(removed, 2u);
    EXPECT_EQ(rig.node(manager).children.size(), 2u);  // and came back with their bus
  });
}

TEST(DeviceReset, RST_142_ABusThatLeavesItsChildrenBehindIsNamed) {
  Pair rig;
  EXPECT_EQ(rig.rules([&](Manager& manager) {
    rig.puppet().Children = 1;
    manager.scan(rig.node(manager).id);
    rig.puppet().LeaveChildren = 1;
    rig.whole_reset(manager);
  }),
            Rules{"RST-142"});
}

TEST(DeviceReset, RST_117_RemovalRelationsAreTornDownAndStartedAgain) {
  ResetRig rig(three_functions(), shared_line());
  rig.service("puppet");
  rig.service("neighbour", kSecondId);
  rig.service("relation", kThirdId);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.puppet().Relation = reinterpret_cast<PU64>(rig.node(manager, "relation").pdo);
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    until_over(manager);
    const std::string story = rig.story(from);
    EXPECT_NE(story.find("relation QUERY_REMOVE"), std::string::npos);
    EXPECT_NE(story.find("relation REMOVE"), std::string::npos);
    EXPECT_TRUE(rig.model(kThird).resets.empty());  // the line does not reach it
    EXPECT_EQ(rig.node(manager, "relation").state, DevnodeState::Started);
    EXPECT_EQ(rig.puppet("relation").AddDevices, 2u);
  });
}

TEST(DeviceReset, RST_118_TheOrderRepeats) {
  std::uint64_t digests[2] = {};
  std::size_t lengths[2] = {};
  for (int round = 0; round < 2; ++round) {
    Pair rig;
    rig.go([&](Manager& manager) { lengths[round] = rig.whole_reset(manager).size(); });
    digests[round] = rig.machine().trace().digest_value();
  }
  EXPECT_GT(lengths[0], 0u);
  EXPECT_EQ(lengths[0], lengths[1]);
  EXPECT_EQ(digests[0], digests[1]);
}

TEST(DeviceReset, RST_119_TheMethodRunsOnceHoweverManyMembersThereAre) {
  Pair rig;
  rig.go([&](Manager& manager) {
    rig.whole_reset(manager);
    EXPECT_EQ(rig.count_of(ResetStepKind::MethodBegun), 1u);
    for (auto at : {kFirst, kSecond}) EXPECT_EQ(rig.model(at).resets[machine::ResetKind::Conventional], 1u);
    for (const auto& irp : manager.sent_irps())
      if (irp.minor == IRP_MN_QUERY_REMOVE_DEVICE) EXPECT_LE(irp.completed_at, rig.time_of(ResetStepKind::MethodBegun));
  });
}

TEST(DeviceReset, RST_120_MembersWithoutADriverDisabledOrFailedAreResetWithTheRest) {
  enum class Kind { NoDriver, Disabled, Failed };
  for (Kind kind : {Kind::NoDriver, Kind::Disabled, Kind::Failed}) {
    ResetRig rig(two_functions(), shared_line());
    rig.service("puppet");
    if (kind != Kind::NoDriver) rig.service("neighbour", kSecondId);
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      Devnode* node = manager.find_id(kSecondId);
      if (kind == Kind::Disabled) EXPECT_TRUE(manager.disable(node->id).ok());
      if (kind == Kind::Failed) {
        rig.puppet("neighbour").StartStatus = code(STATUS_UNSUCCESSFUL);
        EXPECT_FALSE(manager.restart(node->id).ok());
      }
      const Problem problem = node->problem;
      DEVICE_OBJECT* pdo = node->pdo;
      const std::size_t from = rig.irps();
      EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
      until_over(manager);
      EXPECT_EQ(rig.story(from).find("neighbour QUERY_REMOVE"), std::string::npos);
      EXPECT_EQ(rig.model(kSecond).resets[machine::ResetKind::Conventional], 1u);
      const Devnode* anew = manager.find_id(kSecondId);
      EXPECT_NE(anew, node);
      EXPECT_NE(anew->pdo, pdo);
      EXPECT_EQ(anew->problem, problem);
      EXPECT_NE(anew->state, DevnodeState::Started);
    });
  }
}

// ---- Section 9 ----

TEST(DeviceReset, RST_168_RST_169_OwnResetLineAndRailTogether) {
  Firmware firmware = shared_line();
  firmware.resources.push_back({.name = "PWRA", .rst = {}, .on = {}, .off = {}});
  firmware.devices[{0, 5, 0}].rst = Method{};
  firmware.devices[{0, 5, 0}].pr3 = {"PWRA"};
  Pair rig(firmware, {.has_reset = false});
  rig.go([&](Manager& manager) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().SupportedResetTypes, 3u);
    rig.whole_reset(manager);
    EXPECT_EQ(rig.model(kFirst).resets[machine::ResetKind::Conventional], 1u);  // the line, not the rail
    EXPECT_EQ(rig.model(kFirst).resets[machine::ResetKind::PowerOn], 0u);
  });
}

TEST(DeviceReset, RST_169_RST_171_RST_173_RST_187_RST_188_WithRailsAloneItIsAPowerCycleThroughD3cold) {
  Pair rig(shared_rail());
  rig.go([&](Manager& manager) {
    rig.puppet().Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_DEVICE_HUNG);
    const unsigned d3_before = rig.model(kFirst).entered_d3;
    rig.whole_reset(manager);
    for (auto at : {kFirst, kSecond}) EXPECT_EQ(rig.model(at).resets[machine::ResetKind::PowerOn], 1u);
    EXPECT_GT(rig.model(kFirst).entered_d3, d3_before);  // the hung one too, by the bus
    const machine::Time begun = rig.time_of(ResetStepKind::MethodBegun),
                        ended = rig.time_of(ResetStepKind::MethodEnded);
    EXPECT_EQ(rig.model(kFirst).reset_at - begun, 7ms);  // _OFF 2 ms, _ON 5 ms
    EXPECT_GE(ended - rig.model(kFirst).reset_at, 100ms);
    EXPECT_LT(ended - rig.model(kFirst).reset_at, 120ms);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_172_RailsCountOnlyIfThePlatformAcknowledgesThem) {
  Firmware firmware = shared_rail();
  firmware.acknowledges_pr3 = false;
  Pair rig(firmware);
  rig.go([&](Manager&) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().SupportedResetTypes, 1u);
  });
}

TEST(DeviceReset, RST_174_AfterThePowerCycleAnotherDeviceMayBeThere) {
  Pair rig(shared_rail(), {}, {.device_id_after_power_on = 0x11EA});
  rig.service("other", kThirdId);
  rig.go([&](Manager& manager) {
    rig.whole_reset(manager);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_TRUE(manager.served_by(u"neighbour").empty());
    EXPECT_EQ(rig.node(manager, "other").state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_188_RST_182_AfterPowerOnTheBusWaitsForWhoeverIsNotReady) {
  Pair rig(shared_rail(), {}, {.ready_after_power_on = 1500ms});
  rig.go([&](Manager& manager) {
    rig.whole_reset(manager);
    EXPECT_GE(rig.time_of(ResetStepKind::MethodEnded) - rig.model(kSecond).reset_at, 1500ms);
    EXPECT_EQ(rig.node(manager, "neighbour").state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_191_RegistersReadAllOnesWhileTheDeviceIsInReset) {
  Pair rig(shared_line(Method{.takes = 200ms}));
  rig.go([&](Manager& manager) {
    rig.puppet().Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_DEVICE_HUNG);
    DEVICE_OBJECT* device = rig.device();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    pass(3100ms);
    EXPECT_EQ(rig.count_of(ResetStepKind::MethodBegun), 1u);
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", device), 0xFFFFFFFFu);
    rig.call<void>("puppet", "PuppetWrite", device, ULONG{0x31});
    EXPECT_EQ(rig.model(kFirst).scratch, 0u);
    until_over(manager);
  });
}

TEST(DeviceReset, RST_200_WhoTouchesRegistersAfterSurpriseRemovalIsNamed) {
  Pair rig;
  EXPECT_EQ(rig.rules([&](Manager& manager) {
    rig.puppet().TouchDuring = PuppetAfterSurprise;
    rig.fabric().unplug(kFirst);
    bus::pci::hot_plug_event();
    manager.wait_until_settled();
    EXPECT_EQ(rig.puppet().LastTouch, 0xFFFFFFFFu);
  }),
            Rules{"RST-200"});
  Pair orderly;
  orderly.go([&](Manager& manager) {
    orderly.puppet().TouchDuring = PuppetAtRemove;
    EXPECT_TRUE(manager.remove(orderly.node(manager).id).ok());
  });
}

TEST(DeviceReset, RST_208_SleepWaitsUntilTheDomainHasRestarted) {
  Pair rig;
  rig.go([&](Manager& manager) {
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    const machine::Time asked = rig.now();
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(rig.count_of(ResetStepKind::Restarted), 2u);
    EXPECT_GE(rig.now(), rig.time_of(ResetStepKind::Over));
    EXPECT_GE(rig.now() - asked, 3s);  // the interval before the first attempt
    for (const char* who : {"puppet", "neighbour"}) {
      EXPECT_EQ(rig.node(manager, who).state, DevnodeState::Started);
      EXPECT_EQ(rig.node(manager, who).system_power, PowerSystemSleeping3);
    }
    EXPECT_TRUE(ntos::po::wake().ok());
  });
}

TEST(DeviceReset, RST_208_SleepWaitsUntilTheResetIsGivenUp) {
  Pair rig;
  EXPECT_EQ(rig.rules([&](Manager& manager) {
    set_registry(u"DeviceResetMaximumRetries", 1);
    rig.puppet("neighbour").Answers[IRP_MN_QUERY_REMOVE_DEVICE] = code(STATUS_UNSUCCESSFUL);
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(rig.count_of(ResetStepKind::GivenUp), 1u);
    EXPECT_GE(rig.now(), rig.time_of(ResetStepKind::GivenUp));
    EXPECT_EQ(rig.node(manager).system_power, PowerSystemSleeping3);
    EXPECT_TRUE(ntos::po::wake().ok());
  }),
            Rules{"RST-058"});
}

}  // namespace
}  // namespace drydock::test::reset
