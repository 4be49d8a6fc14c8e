// docs/contracts/reset.md, sections 2, 4, 5, 6 and 9: function-level reset, on reset_puppet.sys.

#include <cstring>

#include "bus/pci/pci_driver.h"
#include "contract/reset/reset_rig.h"
#include "machine/processor.h"
#include "machine/thread.h"
#include "ntos/io/user.h"

namespace drydock::test::reset {
namespace {

using Rules = std::vector<std::string>;

constexpr PU32 code(NTSTATUS status) {
  return static_cast<PU32>(status);
}
constexpr PUPPET_RESET kWithCallback{.Parameters = PuppetGoodParameters};

/// A rig with one function, enumerated; most tests want no more.
struct Enumerated : ResetRig {
  explicit Enumerated(Behaviour behaviour = {}, Firmware firmware = {})
      : ResetRig({{.behaviour = behaviour}}, std::move(firmware)) {
    service("puppet");
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
};

Firmware own_reset(Method method = {.takes = 5ms}) {
  Firmware firmware;
  firmware.devices[{0, 5, 0}].rst = method;
  return firmware;
}

// ---- Section 2: what it does to the device and to others ----

TEST(DeviceReset, RST_028_NeighboursSeeNothingOfIt) {
  ResetRig rig(two_functions());
  rig.service("puppet");
  rig.service("neighbour", kSecondId);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.call<void>("neighbour", "PuppetWrite", rig.device("neighbour"), ULONG{0x77});
    const auto before = rig.fabric().counts(kSecond);
    const PU32 irps = rig.puppet("neighbour").IrpCount;
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    const auto after = rig.fabric().counts(kSecond);
    EXPECT_EQ(after.config_writes, before.config_writes);
    EXPECT_EQ(after.reads + after.writes, before.reads + before.writes);
    EXPECT_EQ(rig.puppet("neighbour").IrpCount, irps);
    EXPECT_EQ(rig.call<ULONG>("neighbour", "PuppetRead", rig.device("neighbour")), 0x77u);
    EXPECT_TRUE(rig.model(kSecond).resets.empty());
  });
}

TEST(DeviceReset, RST_029_RST_031_RST_032_ItChangesNoDeviceNodeAndSendsNoIrp) {
  Enumerated rig;
  rig.go([&](Manager& manager) {
    rig.get_interface();
    const std::size_t irps = rig.irps();
    const PU32 seen = rig.puppet().IrpCount;
    const Devnode& node = rig.node(manager);
    DEVICE_OBJECT* pdo = node.pdo;
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    manager.wait_until_settled();
    EXPECT_EQ(rig.irps(), irps);
    EXPECT_EQ(rig.puppet().IrpCount, seen);  // power IRPs included
    EXPECT_EQ(node.state, DevnodeState::Started);
    EXPECT_EQ(node.problem, Problem::None);
    EXPECT_EQ(node.device_power, PowerDeviceD0);
    EXPECT_EQ(node.pdo, pdo);
    EXPECT_EQ(rig.puppet().AddDevices, 1u);
    EXPECT_EQ(rig.model().function_resets(), 1u);
  });
}

TEST(DeviceReset, RST_030_RST_036_TheBusPutsBackItsOwnAndTheDriverStartsFromNothing) {
  ResetRig rig({{.behaviour = {.msi = true}}});
  rig.service("puppet", u"PCI\\VEN_1234&DEV_11E8", {.messages = true});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.get_interface();
    auto& fabric = rig.fabric();
    fabric.write_config(0, 5, 0, 0x3C, 1, 0x2A);
    fabric.write_config(0, 5, 0, ResettableModel::kExpress + 8, 2, 0x5000);  // read-request size
    std::vector<std::uint32_t> before;
    auto look = [&](std::vector<std::uint32_t>& at) {
      for (unsigned offset : {0x10u, 0x04u, 0x3Cu, 0x50u, 0x54u, 0x58u, 0x5Cu, 0x78u})
        at.push_back(fabric.read_config(0, 5, 0, offset, 4));
    };
    look(before);
    EXPECT_EQ(fabric.read_config(0, 5, 0, 0x52, 2) & 1u, 1u);  // messages are on
    rig.call<void>("puppet", "PuppetWrite", rig.device(), ULONG{0x55});
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    std::vector<std::uint32_t> after;
    look(after);
    EXPECT_EQ(after, before);
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", rig.device()), 0u);
    EXPECT_TRUE(rig.model().send_interrupt());
  });
}

TEST(DeviceReset, RST_033_RST_176_RST_177_TheBusUsesTheCapabilityThatSaysItCan) {
  Enumerated rig;
  rig.go([&](Manager&) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().SupportedResetTypes & 1u, 1u);
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.model().initiated, 1u);
    EXPECT_EQ(rig.fabric().read_config(0, 5, 0, ResettableModel::kExpress + 8, 2) & 0x8000u, 0u);
  });
  Enumerated without({.has_reset = false});
  without.go([&](Manager&) {
    without.fabric().write_config(0, 5, 0, ResettableModel::kExpress + 8, 2, 0x8000);
    EXPECT_EQ(without.model().function_resets(), 0u);
  });
}

TEST(DeviceReset, RST_178_ConventionalFunctionsHaveItThroughAdvancedFeatures) {
  Enumerated rig({.advanced_features = true});
  rig.go([&](Manager&) {
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.model().function_resets(), 1u);
  });
  Enumerated half({.advanced_features = true, .advanced_pending_reported = false});
  half.go([&](Manager&) {
    DEVICE_RESET_INTERFACE_STANDARD interface {};
    EXPECT_EQ(half.query(&interface, sizeof(interface)), STATUS_NOT_SUPPORTED);  // both bits are needed
  });
}

TEST(DeviceReset, RST_034_RST_163_RST_165_FirmwareReplacesTheMechanismOfTheBus) {
  Enumerated rig({}, own_reset());
  rig.go([&](Manager&) {
    const machine::Time before = rig.now();
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.model().initiated, 0u);
    EXPECT_EQ(rig.model().function_resets(), 1u);
    EXPECT_TRUE(about(rig.model().reset_at - before, 5ms));  // when the method had run to its end
  });
}

TEST(DeviceReset, RST_163_RST_170_FirmwareGivesAFunctionLevelResetToADeviceThatHasNone) {
  Enumerated rig({.has_reset = false}, own_reset());
  rig.go([&](Manager&) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().SupportedResetTypes, 1u << FunctionLevelDeviceReset);  // and no platform-level one
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_NOT_SUPPORTED));
  });
}

TEST(DeviceReset, RST_164_TheDevicesOwnMethodHitsNothingElse) {
  Firmware firmware = own_reset();
  firmware.devices[{0, 6, 0}].rst = Method{};
  ResetRig rig(two_functions(), firmware);
  rig.service("puppet");
  rig.service("neighbour", kSecondId);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const std::size_t irps = rig.irps();
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    manager.wait_until_settled();
    EXPECT_TRUE(rig.model(kSecond).resets.empty());
    EXPECT_EQ(rig.story(irps), "");
    EXPECT_TRUE(rig.node(manager).reported);
  });
}

TEST(DeviceReset, RST_037_OnlyInD0) {
  Enumerated rig;
  rig.go([&](Manager&) {
    rig.call<void>("puppet", "PuppetSetPower", rig.device(), static_cast<ULONG>(PowerDeviceD3));
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(rig.model().function_resets(), 0u);
    rig.call<void>("puppet", "PuppetSetPower", rig.device(), static_cast<ULONG>(PowerDeviceD0));
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
  });
}

TEST(DeviceReset, RST_038_RST_233_WorksFromTheMomentTheStartHasCompletedAtTheBus) {
  Enumerated rig({}, own_reset());
  rig.go([&](Manager& manager) {
    const auto id = rig.node(manager).id;
    EXPECT_TRUE(manager.remove(id).ok());
    rig.puppet().ResetDuring = PuppetAfterStart;
    EXPECT_TRUE(manager.start(id).ok());
    EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.model().function_resets(), 1u);
  });
}

TEST(DeviceReset, RST_233_ADriverWhoseFirstResetFailsMayFailItsStart) {
  Enumerated rig({}, own_reset({.fails = 1}));
  rig.go([&](Manager& manager) {
    const auto id = rig.node(manager).id;
    EXPECT_TRUE(manager.remove(id).ok());
    rig.puppet().ResetDuring = PuppetAfterStart;
    rig.puppet().StartStatus = code(STATUS_DEVICE_NOT_READY);
    EXPECT_FALSE(manager.start(id).ok());
    EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_UNSUCCESSFUL));
    EXPECT_EQ(rig.node(manager).problem, Problem::FailedStart);  // 10
  });
}

TEST(DeviceReset, RST_039_NotBeforeTheStartNorWhileStopped) {
  Enumerated rig;
  rig.go([&](Manager& manager) {
    const auto id = rig.node(manager).id;
    EXPECT_TRUE(manager.remove(id).ok());
    rig.puppet().ResetDuring = PuppetBeforeStart;
    EXPECT_TRUE(manager.start(id).ok());
    EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_DEVICE_NOT_READY));
    rig.puppet().DuringReset.Status = 0;
    EXPECT_TRUE(manager.rebalance(id).ok());  // before the start that ends it
    EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_DEVICE_NOT_READY));
    EXPECT_EQ(rig.model().function_resets(), 0u);
  });
}

TEST(DeviceReset, RST_161_NotWhileItIsAboutToStopForARebalance) {
  Enumerated rig;
  rig.go([&](Manager& manager) {
    rig.get_interface();
    rig.puppet().ResetDuring = PuppetAtStop;
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_DEVICE_NOT_READY));
    EXPECT_TRUE(manager.query_and_cancel_stop(rig.node(manager).id).ok());
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
  });
}

TEST(DeviceReset, RST_040_RST_105_RST_182_RST_192_AResetThatTakesTooLongLeavesTheDeviceHung) {
  Enumerated rig({.ready_after = std::chrono::minutes(5)});
  rig.go([&](Manager& manager) {
    const machine::Time before = rig.now();
    const PUPPET_RESET call = rig.reset(FunctionLevelDeviceReset, kWithCallback);
    EXPECT_EQ(call.Status, code(STATUS_IO_TIMEOUT));
    EXPECT_EQ(call.CallbackStatus, code(STATUS_IO_TIMEOUT));
    EXPECT_GE(rig.now() - before, 60s + 100ms);
    EXPECT_LT(rig.now() - before, 61s);
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", rig.device()), 0xFFFFFFFFu);
    machine::delay_until(rig.now() + std::chrono::minutes(6), false, false);
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", rig.device()), 0xFFFFFFFFu);  // until it is removed
    EXPECT_TRUE(manager.restart(rig.node(manager).id).ok());
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", rig.device()), 0u);
  });
}

TEST(DeviceReset, RST_105_AFirmwareMethodThatFailsAndOneThatTakesTooLong) {
  Enumerated fails({}, own_reset({.takes = 1ms, .fails = 1}));
  fails.go([&](Manager&) {
    EXPECT_EQ(fails.reset(FunctionLevelDeviceReset).Status, code(STATUS_UNSUCCESSFUL));
    EXPECT_EQ(fails.call<ULONG>("puppet", "PuppetRead", fails.device()), 0xFFFFFFFFu);
  });
  Enumerated slow({}, own_reset({.takes = 61s}));
  slow.go([&](Manager&) {
    const machine::Time before = slow.now();
    EXPECT_EQ(slow.reset(FunctionLevelDeviceReset).Status, code(STATUS_IO_TIMEOUT));
    EXPECT_TRUE(about(slow.now() - before, 60s));
  });
}

// ---- Section 4: parameters and callback ----

TEST(DeviceReset, RST_063_TheDeviceIsTheOneWhoseContextIsPassed) {
  ResetRig rig(two_functions());
  rig.service("puppet");
  rig.service("neighbour", kSecondId);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.get_interface();
    rig.get_interface("neighbour");
    DEVICE_RESET_INTERFACE_STANDARD mixed = rig.interface();
    mixed.Context = rig.interface("neighbour").Context;
    EXPECT_EQ(rig.reset_by(mixed, FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.model(kFirst).function_resets(), 0u);
    EXPECT_EQ(rig.model(kSecond).function_resets(), 1u);
  });
}

TEST(DeviceReset, RST_064_AContextThatNobodyGaveOutIsRefused) {
  Enumerated rig;
  EXPECT_EQ(rig.rules([&](Manager&) {
    rig.get_interface();
    DEVICE_RESET_INTERFACE_STANDARD wrong = rig.interface();
    wrong.Context = rig.device();
    EXPECT_EQ(rig.reset_by(wrong, FunctionLevelDeviceReset).Status, code(STATUS_NO_SUCH_DEVICE));
    wrong.Context = nullptr;
    EXPECT_EQ(rig.reset_by(wrong, PlatformLevelDeviceReset).Status, code(STATUS_NO_SUCH_DEVICE));
  }),
            (Rules{"RST-064", "RST-064"}));
}

TEST(DeviceReset, RST_064_AContextOfADeviceThatIsGoneIsRefused) {
  Enumerated rig;
  EXPECT_EQ(rig.rules([&](Manager& manager) {
    rig.get_interface();
    const DEVICE_RESET_INTERFACE_STANDARD kept = rig.interface();
    rig.fabric().unplug(kFirst);
    bus::pci::hot_plug_event();
    manager.wait_until_settled();
    EXPECT_EQ(rig.reset_by(kept, FunctionLevelDeviceReset).Status, code(STATUS_NO_SUCH_DEVICE));
  }),
            Rules{"RST-064"});
}

TEST(DeviceReset, RST_065_RST_099_ATypeOutsideTheEnumerationIsRefused) {
  Enumerated rig;
  rig.go([&](Manager&) {
    for (int type : {2, 31, 64, -1})
      EXPECT_EQ(rig.reset(static_cast<DEVICE_RESET_TYPE>(type)).Status, code(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(rig.model().function_resets(), 0u);
  });
}

TEST(DeviceReset, RST_066_RST_067_FlagsMustBeZero) {
  Enumerated rig;
  EXPECT_EQ(rig.rules([&](Manager&) {
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset, {.Flags = 1}).Status, code(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset, {.Flags = 0x80000000}).Status, code(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(rig.model().function_resets(), 0u);
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset, {.Flags = 0}).Status, code(STATUS_SUCCESS));
  }),
            (Rules{"RST-067", "RST-067"}));
}

TEST(DeviceReset, RST_069_RST_098_AnUnsupportedTypeIsRefusedByTheRoutineItself) {
  Enumerated rig;
  rig.go([&](Manager& manager) {
    const std::size_t irps = rig.irps();
    EXPECT_EQ(rig.reset(PlatformLevelDeviceReset).Status, code(STATUS_NOT_SUPPORTED));
    until_over(manager);
    EXPECT_EQ(rig.story(irps), "");
    EXPECT_TRUE(rig.model().resets.empty());
  });
}

TEST(DeviceReset, RST_071_RST_074_RST_081_TheCallbackIsOptionalAndGetsTheOutcomeAndItsContext) {
  Enumerated rig;
  rig.go([&](Manager&) {
    const PUPPET_RESET silent = rig.reset(FunctionLevelDeviceReset);
    EXPECT_EQ(silent.Status, code(STATUS_SUCCESS));
    EXPECT_EQ(silent.Callbacks, 0u);
    const PUPPET_RESET told = rig.reset(FunctionLevelDeviceReset, kWithCallback);
    EXPECT_EQ(told.Callbacks, 1u);  // found through the context it was given
    EXPECT_EQ(told.CallbackStatus, code(STATUS_SUCCESS));
  });
}

TEST(DeviceReset, RST_072_RST_073_ParametersThatCannotBeUsedAreRefusedBeforeTheReset) {
  Enumerated rig;
  rig.go([&](Manager&) {
    for (PU32 wrong : {PuppetShortParameters, PuppetNoRoutine}) {
      const PUPPET_RESET call = rig.reset(FunctionLevelDeviceReset, {.Parameters = wrong});
      EXPECT_EQ(call.Status, code(STATUS_INVALID_PARAMETER));
      EXPECT_EQ(call.Callbacks, 0u);
    }
    EXPECT_EQ(rig.model().function_resets(), 0u);
    const PUPPET_RESET larger = rig.reset(FunctionLevelDeviceReset, {.Parameters = PuppetLongParameters});
    EXPECT_EQ(larger.Status, code(STATUS_SUCCESS));
    EXPECT_EQ(larger.Callbacks, 1u);
  });
}

TEST(DeviceReset, RST_075_RST_076_RST_078_TheCallbackRunsOnceBeforeAFinalStatusThatItGotToo) {
  Enumerated rig({}, own_reset({.fails = 1}));
  rig.go([&](Manager&) {
    for (NTSTATUS expected : {STATUS_UNSUCCESSFUL, STATUS_SUCCESS}) {
      const PUPPET_RESET call = rig.reset(FunctionLevelDeviceReset, kWithCallback);
      EXPECT_EQ(call.Status, code(expected));
      EXPECT_EQ(call.Callbacks, 1u);
      EXPECT_EQ(call.CallbackStatus, call.Status);
      EXPECT_EQ(call.CallbackBeforeReturn, 1u);
    }
    const PUPPET_RESET silent = rig.reset(FunctionLevelDeviceReset);
    EXPECT_EQ(silent.Status, code(STATUS_SUCCESS));  // never STATUS_PENDING without parameters
    EXPECT_EQ(rig.model().function_resets(), 2u);    // and done on return
  });
}

TEST(DeviceReset, RST_077_TheParametersAreNotReadAgainAfterTheCallHasBegun) {
  Enumerated rig;
  rig.go([&](Manager&) {
    PUPPET_RESET call = kWithCallback;
    call.CallbackWrites = 1;
    const PUPPET_RESET seen = rig.reset(FunctionLevelDeviceReset, call);
    EXPECT_EQ(seen.Status, code(STATUS_SUCCESS));
    EXPECT_EQ(seen.Callbacks, 1u);
  });
}

// ---- Section 5: IRQL and context ----

TEST(DeviceReset, RST_082_RST_083_RST_084_AbovePassiveLevelNothingIsReset) {
  ResetRig rig(two_functions(), shared_line());
  rig.service("puppet");
  EXPECT_EQ(rig.rules_after([&](Manager& manager) {
    manager.enumerate_root();
    for (DEVICE_RESET_TYPE type : {FunctionLevelDeviceReset, PlatformLevelDeviceReset})
      for (PU32 irql : {1u, 2u, 9u}) {
        const PUPPET_RESET call = rig.reset(type, {.Irql = irql});
        EXPECT_EQ(call.Status, code(STATUS_UNSUCCESSFUL));
        EXPECT_EQ(call.IrqlAfter, irql);
      }
    until_over(manager);
    EXPECT_TRUE(rig.model().resets.empty());
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).IrqlAfter, 0u);
  }),
            Rules(6, "RST-083"));
}

TEST(DeviceReset, RST_085_AnyThreadMayCall) {
  Enumerated rig;
  rig.go([&](Manager& manager) {
    rig.get_interface();
    PU32 own = 1, worker = 1;
    machine::create_thread(
        "a driver's", [&] { own = rig.reset(FunctionLevelDeviceReset).Status; }, nullptr, 8);
    machine::delay_until(rig.now() + 200ms, false, false);
    EXPECT_EQ(own, code(STATUS_SUCCESS));
    manager.run_on_worker([&] { worker = rig.reset(FunctionLevelDeviceReset).Status; });
    EXPECT_EQ(worker, code(STATUS_SUCCESS));
    rig.puppet().ResetDuring = PuppetAtQueryRemove;  // the thread that runs an IRP
    EXPECT_TRUE(manager.query_and_cancel_remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_SUCCESS));
  });
}

TEST(DeviceReset, RST_086_RST_087_TheCallbackIsCalledAndMustLeaveAtPassiveLevel) {
  Enumerated rig;
  EXPECT_EQ(rig.rules([&](Manager&) {
    PUPPET_RESET call = kWithCallback;
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset, call).CallbackIrql, 0u);
    call.CallbackRaises = DISPATCH_LEVEL;
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset, call).IrqlAfter, 0u);
  }),
            Rules{"RST-086"});
}

TEST(DeviceReset, RST_088_TheCallbackMayResetAgain) {
  Enumerated rig;
  rig.go([&](Manager&) {
    PUPPET_RESET call = kWithCallback;
    call.CallbackResets = 1 + FunctionLevelDeviceReset;
    const PUPPET_RESET seen = rig.reset(FunctionLevelDeviceReset, call);
    EXPECT_EQ(seen.Status, code(STATUS_SUCCESS));
    EXPECT_EQ(seen.InnerStatus, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.model().function_resets(), 2u);
  });
}

// ---- Section 6: refusals ----

TEST(DeviceReset, RST_097_TheFirstOfSeveralRefusalsDecides) {
  Enumerated rig;
  EXPECT_EQ(rig.rules([&](Manager& manager) {
    rig.get_interface();
    DEVICE_RESET_INTERFACE_STANDARD wrong = rig.interface();
    wrong.Context = nullptr;
    const auto nonsense = static_cast<DEVICE_RESET_TYPE>(9);
    EXPECT_EQ(rig.reset_by(wrong, nonsense, {.Flags = 1, .Irql = 2}).Status, code(STATUS_UNSUCCESSFUL));
    EXPECT_EQ(rig.reset_by(wrong, nonsense, {.Flags = 1}).Status, code(STATUS_NO_SUCH_DEVICE));
    EXPECT_EQ(rig.reset(nonsense, {.Flags = 1}).Status, code(STATUS_INVALID_PARAMETER));
    // 073 before 037: bad parameters in D3.
    rig.call<void>("puppet", "PuppetSetPower", rig.device(), static_cast<ULONG>(PowerDeviceD3));
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset, {.Parameters = PuppetNoRoutine}).Status,
              code(STATUS_INVALID_PARAMETER));
    // 104 before 098 and 073: removed, and a type that is not there.
    const DEVICE_RESET_INTERFACE_STANDARD kept = rig.interface();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.reset_by(kept, PlatformLevelDeviceReset).Status, code(STATUS_NO_SUCH_DEVICE));
    EXPECT_EQ(rig.reset_by(kept, FunctionLevelDeviceReset, {.Parameters = PuppetNoRoutine}).Status,
              code(STATUS_NO_SUCH_DEVICE));
  }),
            (Rules{"RST-083", "RST-064", "RST-067"}));
}

TEST(DeviceReset, RST_101_RST_221_RST_222_ASecondRequestIsBusyAndTheStatusSaysWhy) {
  Enumerated rig;
  rig.go([&](Manager&) {
    rig.get_interface();
    PU32 second = 1;
    PUPPET_STATUS during{};
    machine::Time asked{}, answered{};
    machine::create_thread(
        "second",
        [&] {
          machine::delay_until(rig.now() + 20ms, false, false);
          asked = rig.now();
          second = rig.reset(FunctionLevelDeviceReset).Status;
          during = rig.status();
          answered = rig.now();
        },
        nullptr, 8);
    EXPECT_EQ(rig.status().IsResetting, 0u);
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(second, code(STATUS_DEVICE_BUSY));
    EXPECT_EQ(during.Status, code(STATUS_SUCCESS));
    EXPECT_EQ(during.IsResetting, 1u);
    EXPECT_EQ(during.Type, 1u);
    EXPECT_EQ(during.Flags, 0u);
    EXPECT_LT(answered - asked, 1ms);  // it did not wait for the reset
    EXPECT_EQ(rig.model().function_resets(), 1u);
    const PUPPET_STATUS after = rig.status();
    EXPECT_EQ(after.IsResetting, 0u);
    EXPECT_EQ(after.Type, 0u);
  });
}

TEST(DeviceReset, RST_104_ADeviceOnItsWayOutIsNotReset) {
  Enumerated rig;
  rig.go([&](Manager& manager) {
    rig.get_interface();
    rig.puppet().ResetDuring = PuppetAtRemove;
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    // The IRP has not reached the bus yet, so the device is still reset.
    EXPECT_EQ(rig.puppet().DuringReset.Status, code(STATUS_SUCCESS));
    const auto resets = rig.model().function_resets();
    EXPECT_TRUE(manager.start(rig.node(manager).id).ok());
    rig.get_interface();
    const DEVICE_RESET_INTERFACE_STANDARD kept = rig.interface();
    rig.puppet().ResetDuring = PuppetAtNothing;
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.reset_by(kept, FunctionLevelDeviceReset).Status, code(STATUS_NO_SUCH_DEVICE));
    EXPECT_EQ(rig.model().function_resets(), resets);
  });
}

TEST(DeviceReset, RST_094_RST_137_ThePciBusOffersReenumerateSelfForPassiveLevel) {
  Enumerated rig;
  EXPECT_EQ(rig.rules([&](Manager& manager) {
    REENUMERATE_SELF_INTERFACE_STANDARD self{};
    ntos::io::user::send(rig.node(manager).pdo, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE,
                         [&](IRP* irp, IO_STACK_LOCATION* location) {
                           irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                           auto& query = location->Parameters.QueryInterface;
                           query.InterfaceType = &GUID_REENUMERATE_SELF_INTERFACE_STANDARD;
                           query.Size = sizeof(self);
                           query.Version = 1;
                           query.Interface = reinterpret_cast<INTERFACE*>(&self);
                         });
    const KIRQL before = machine::raise_irql(DISPATCH_LEVEL);
    machine::call_driver(self.SurpriseRemoveAndReenumerateSelf, self.Context);
    machine::lower_irql(before);
    manager.wait_until_settled();
  }),
            Rules{"RST-094"});
}

// ---- Section 9: timing ----

TEST(DeviceReset, RST_184_RST_194_FromTheResetToItsEndTheFunctionIsQuiet) {
  Enumerated rig;
  rig.go([&](Manager&) {
    rig.get_interface();
    rig.model().wires().set_line(true);
    EXPECT_NE(rig.fabric().read_config(0, 5, 0, 0x06, 2) & 8u, 0u);
    std::uint32_t command = 0xFFFF, status = 0xFFFF;
    bool moved = true;
    machine::create_thread(
        "watch",
        [&] {
          machine::delay_until(rig.now() + 50ms, false, false);
          command = rig.fabric().read_config(0, 5, 0, 0x04, 2);
          status = rig.fabric().read_config(0, 5, 0, 0x06, 2);
          std::byte bytes[4]{};
          moved = rig.model().wires().dma_write(0x1000, bytes);
        },
        nullptr, 8);
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(command & 7u, 0u);
    EXPECT_EQ(status & 8u, 0u);
    EXPECT_FALSE(moved);
  });
}

TEST(DeviceReset, RST_183_WhatBelongsToTheLinkSurvives) {
  Enumerated rig;
  rig.go([&](Manager&) {
    const unsigned control = ResettableModel::kExpress + 8, link_control = ResettableModel::kExpress + 0x10;
    rig.fabric().write_config(0, 5, 0, control, 2, 0x0020);       // payload of 256 bytes
    rig.fabric().write_config(0, 5, 0, link_control, 2, 0x0043);  // ASPM, and common clock
    rig.fabric().write_config(0, 5, 0, control, 2, 0x8020);       // past the bus, so that nobody restores anything
    EXPECT_EQ(rig.model().function_resets(), 1u);
    EXPECT_EQ(rig.fabric().read_config(0, 5, 0, control, 2) & 0xE0u, 0x20u);
    EXPECT_EQ(rig.fabric().read_config(0, 5, 0, link_control, 2) & 3u, 3u);
    EXPECT_EQ(rig.fabric().read_config(0, 5, 0, 0x04, 2), 0u);
    rig.fabric().reset(kFirst, machine::ResetKind::Conventional);
    EXPECT_EQ(rig.fabric().read_config(0, 5, 0, control, 2) & 0xE0u, 0u);
  });
}

TEST(DeviceReset, RST_179_RST_180_WaitsForTransactionsButNotForEver) {
  Enumerated rig({.pending = true});
  rig.go([&](Manager&) {
    const machine::Time before = rig.now();
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_GE(rig.model().reset_at - before, 700ms);
    EXPECT_LT(rig.model().reset_at - before, 701ms);
  });
  bool told = false;
  for (const auto& note : rig.machine().trace().notes())
    told |= note.text.find("transactions still pending") != std::string::npos;
  EXPECT_TRUE(told);
  Enumerated draining({.drains_after = 150ms});
  draining.go([&](Manager&) {
    const machine::Time before = draining.now();
    EXPECT_EQ(draining.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_GE(draining.model().reset_at - before, 300ms);  // looked after 100 and 300 ms
    EXPECT_LT(draining.model().reset_at - before, 301ms);
  });
}

TEST(DeviceReset, RST_181_WaitsOneHundredMillisecondsBeforeTheFirstAccess) {
  Enumerated rig;
  rig.go([&](Manager&) {
    rig.get_interface();
    std::uint64_t reads_in_between = 0;
    machine::create_thread(
        "watch",
        [&] {
          machine::delay_until(rig.now() + 1ms, false, false);
          const std::uint64_t begin = rig.fabric().counts(kFirst).config_reads;
          machine::delay_until(rig.now() + 98ms, false, false);
          reads_in_between = rig.fabric().counts(kFirst).config_reads - begin;
        },
        nullptr, 8);
    const machine::Time before = rig.now();
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_GE(rig.now() - before, 100ms);
    EXPECT_LT(rig.now() - before, 110ms);
    EXPECT_EQ(reads_in_between, 0u);
  });
}

TEST(DeviceReset, RST_182_PollsUntilTheFunctionAnswers) {
  Enumerated rig({.ready_after = 900ms});
  rig.go([&](Manager& manager) {
    EXPECT_EQ(rig.reset(FunctionLevelDeviceReset).Status, code(STATUS_SUCCESS));
    EXPECT_GE(rig.now() - rig.model().reset_at, 900ms);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", rig.device()), 0u);
  });
}

// ---- Section 11 ----

TEST(DeviceReset, RST_209_RST_214_RST_215_RST_216_RST_217_OffersOneBusSpecificEntry) {
  Enumerated rig;
  rig.go([&](Manager&) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().Size, 0x50);
    DEVICE_OBJECT* device = rig.device();
    const auto ask = [&](ULONG* count, DEVICE_BUS_SPECIFIC_RESET_INFO* info) {
      return rig.call<NTSTATUS>("puppet", "PuppetQueryBusSpecific", device, count, info);
    };
    ULONG count = 0;
    DEVICE_BUS_SPECIFIC_RESET_INFO info[2];
    std::memset(info, 0xCC, sizeof(info));
    EXPECT_EQ(ask(&count, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(count, 1u);
    EXPECT_EQ(ask(nullptr, info), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ask(&count, info), STATUS_SUCCESS);
    EXPECT_EQ(info[0].BusTypeGuid, GUID_BUS_TYPE_PCI);
    EXPECT_EQ(info[0].ResetTypeSupported.AsULONGLONG, 1u);
    EXPECT_EQ(info[1].ResetTypeSupported.AsULONGLONG, 0xCCCCCCCC'CCCCCCCC);
  });
  ResetRig both(two_functions(), shared_line());
  both.service("puppet");
  both.run([&](Manager& manager) {
    manager.enumerate_root();
    both.get_interface();
    ULONG count = 0;
    DEVICE_BUS_SPECIFIC_RESET_INFO info{};
    DEVICE_OBJECT* device = both.device();
    EXPECT_EQ(both.call<NTSTATUS>("puppet", "PuppetQueryBusSpecific", device, &count, &info), STATUS_SUCCESS);
    EXPECT_EQ(info.ResetTypeSupported.AsULONGLONG, both.interface().SupportedResetTypes);
    EXPECT_EQ(info.ResetTypeSupported.AsULONGLONG, 3u);
  });
}

TEST(DeviceReset, RST_213_RST_218_RST_219_RST_220_DemandsTheRightBusAndOneSupportedBit) {
  Enumerated rig;
  rig.go([&](Manager&) {
    const auto select = [&](unsigned bits, PU64 flags = 0, bool wrong_bus = false) {
      return rig
          .reset(static_cast<DEVICE_RESET_TYPE>(bits), {.BusSpecific = 1, .WrongBus = wrong_bus, .BusFlags = flags})
          .Status;
    };
    EXPECT_EQ(select(1, 0, true), code(STATUS_NOT_SUPPORTED));
    EXPECT_EQ(select(0), code(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(select(3), code(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(select(0x20), code(STATUS_INVALID_PARAMETER));
    for (unsigned bit : {2u, 4u, 8u, 16u}) EXPECT_EQ(select(bit), code(STATUS_NOT_SUPPORTED)) << bit;
    EXPECT_EQ(select(1, 1), code(STATUS_NOT_SUPPORTED));      // KeepStackReset
    EXPECT_EQ(select(1, 2), code(STATUS_INVALID_PARAMETER));  // reserved
    EXPECT_EQ(rig.model().function_resets(), 0u);
    EXPECT_EQ(select(1, ~0ull), code(STATUS_SUCCESS));  // no flags at all
    const PUPPET_RESET call =
        rig.reset(FunctionLevelDeviceReset, {.Parameters = PuppetShortParameters, .BusSpecific = 1});
    EXPECT_EQ(call.Status, code(STATUS_INVALID_PARAMETER));  // Type 0: no bit
    PUPPET_RESET told = kWithCallback;
    told.BusSpecific = 1;
    told = rig.reset(static_cast<DEVICE_RESET_TYPE>(1), told);
    EXPECT_EQ(told.Status, code(STATUS_SUCCESS));
    EXPECT_EQ(told.Callbacks, 1u);
    EXPECT_EQ(rig.model().function_resets(), 2u);
  });
}

TEST(DeviceReset, RST_212_TheNewerMembersAreForPassiveLevel) {
  Enumerated rig;
  EXPECT_EQ(rig.rules([&](Manager&) {
    rig.get_interface();
    auto& interface = rig.interface();
    const KIRQL before = machine::raise_irql(DISPATCH_LEVEL);
    ULONG count = 0;
    DEVICE_OBJECT* device = rig.device();
    DEVICE_BUS_SPECIFIC_RESET_INFO* none = nullptr;
    EXPECT_EQ(rig.call<NTSTATUS>("puppet", "PuppetQueryBusSpecific", device, &count, none), STATUS_UNSUCCESSFUL);
    PUPPET_STATUS seen{};
    rig.call<void>("puppet", "PuppetGetStatus", &interface, &seen, ULONG{0});
    EXPECT_EQ(seen.Status, code(STATUS_UNSUCCESSFUL));
    EXPECT_EQ(machine::current_irql(), DISPATCH_LEVEL);
    machine::lower_irql(before);
  }),
            (Rules{"RST-212", "RST-212"}));
}

TEST(DeviceReset, RST_221_GetDeviceResetStatusWantsAllThreePointers) {
  Enumerated rig;
  rig.go([&](Manager&) {
    rig.get_interface();
    for (unsigned missing : {1u, 2u, 3u}) EXPECT_EQ(rig.status(missing).Status, code(STATUS_INVALID_PARAMETER));
  });
}

}  // namespace
}  // namespace drydock::test::reset
