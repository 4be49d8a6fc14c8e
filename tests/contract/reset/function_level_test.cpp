// docs/contracts/reset.md, sections 1, 2, 4, 5, 6 and 11, as far as one function on the host's PCI bus goes.

#include <cstring>

#include "bus/pci/pci_driver.h"
#include "contract/pnp/pnp_rig.h"
#include "contract/reset/resettable_model.h"
#include "machine/processor.h"
#include "models/pci/fabric.h"
#include "nt/interface.h"
#include "ntos/io/user.h"
#include "ntos/po/power.h"

namespace drydock::test::reset {
namespace {

using namespace nt;
using ntos::pnp::Devnode;
using ntos::pnp::DevnodeState;
using ntos::pnp::Manager;
using test::pnp::PnpRig;
using test::pnp::Script;
namespace user = ntos::io::user;

constexpr models::pci::Location kLocation{0, 5, 0};

struct ResetRig : PnpRig {
  explicit ResetRig(ResettableModel::Behaviour behaviour = {}) : PnpRig("pvscsi") {
    probe = &driver("probe", {u"PCI\\VEN_1234&DEV_11E8"});
    machine().enter([&] {
      bus::board::board_part()->fabric->plug(kLocation, [this, behaviour](machine::DeviceWires& wires) {
        auto made = std::make_unique<ResettableModel>(wires, behaviour);
        model = made.get();
        return made;
      });
    });
  }
  Devnode& node(Manager& manager) { return *manager.served_by(u"probe").at(0); }
  Script* probe = nullptr;
  ResettableModel* model = nullptr;
};

NTSTATUS ask(DEVICE_OBJECT* device, void* interface, USHORT size, USHORT version = 1) {
  return user::send(device, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE,
                    [&](IRP* irp, IO_STACK_LOCATION* location) {
                      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                      irp->IoStatus.Information = 77;
                      auto& query = location->Parameters.QueryInterface;
                      query.InterfaceType = &GUID_DEVICE_RESET_INTERFACE_STANDARD;
                      query.Size = size;
                      query.Version = version;
                      query.Interface = static_cast<INTERFACE*>(interface);
                    })
      .status;
}

DEVICE_RESET_INTERFACE_STANDARD interface_of(DEVICE_OBJECT* device) {
  DEVICE_RESET_INTERFACE_STANDARD interface {};
  EXPECT_EQ(ask(device, &interface, sizeof(interface)), STATUS_SUCCESS);
  return interface;
}

NTSTATUS reset(const DEVICE_RESET_INTERFACE_STANDARD& interface, DEVICE_RESET_TYPE type = FunctionLevelDeviceReset,
               ULONG flags = 0, PVOID parameters = nullptr) {
  return machine::call_driver(interface.DeviceReset, interface.Context, type, flags, parameters);
}

struct Completion {
  unsigned calls = 0;
  NTSTATUS status = 1;
  unsigned irql = 99;
  const DEVICE_RESET_INTERFACE_STANDARD* again = nullptr;
};
VOID NTAPI completed(NTSTATUS status, PVOID context) {
  auto* completion = static_cast<Completion*>(context);
  ++completion->calls;
  completion->status = status;
  completion->irql = machine::current_irql();
  if (const auto* interface = std::exchange(completion->again, nullptr)) {
    EXPECT_EQ(reset(*interface), STATUS_SUCCESS);
  }
}
FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS parameters_for(Completion& completion) {
  return {sizeof(FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS), completed, &completion};
}

/// Findings that the body is meant to cause, taken before the rig complains about them.
std::vector<std::string> rules_after(PnpRig& rig, const std::function<void(Manager&)>& body) {
  const machine::Outcome outcome = rig.machine().run([&] { body(ntos::pnp::manager()); });
  EXPECT_EQ(outcome.kind, machine::OutcomeKind::Completed);
  std::vector<std::string> rules;
  for (const machine::Finding& finding : rig.machine().findings()) rules.push_back(finding.rule);
  return rules;
}

TEST(DeviceReset, RST_001_TheInterfaceIsFoundByItsGuid) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    EXPECT_EQ(interface.Version, 1);
    EXPECT_NE(interface.InterfaceReference, nullptr);  // RST-008
    EXPECT_NE(interface.InterfaceDereference, nullptr);
    EXPECT_EQ(interface.SupportedResetTypes, 1u);  // RST-068
    EXPECT_EQ(interface.Reserved, nullptr);        // RST-070
  });
}

TEST(DeviceReset, RST_006_NeverWritesPastTheSizeThatWasAsked) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    std::uint8_t bytes[0x60];
    std::memset(bytes, 0xCC, sizeof(bytes));
    ASSERT_EQ(ask(rig.probe->device, bytes, 0x40), STATUS_SUCCESS);
    for (unsigned i = 0x38; i < sizeof(bytes); ++i) EXPECT_EQ(bytes[i], 0xCC) << i;
  });
}

TEST(DeviceReset, RST_009_TheFormFollowsTheSize) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    DEVICE_RESET_INTERFACE_STANDARD interface {};
    EXPECT_EQ(ask(rig.probe->device, &interface, 0x37), STATUS_INVALID_BUFFER_SIZE);
    for (auto [asked, given] : {std::pair{0x38, 0x38}, {0x4F, 0x38}, {0x50, 0x50}, {0x90, 0x50}}) {
      ASSERT_EQ(ask(rig.probe->device, &interface, static_cast<USHORT>(asked)), STATUS_SUCCESS);
      EXPECT_EQ(interface.Size, given);
    }
  });
}

TEST(DeviceReset, RST_010_VersionZeroIsNotOffered) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    DEVICE_RESET_INTERFACE_STANDARD interface {};
    EXPECT_EQ(ask(rig.probe->device, &interface, 0x50, 0), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(interface.Size, 0);
    EXPECT_EQ(ask(rig.probe->device, &interface, 0x50, 7), STATUS_SUCCESS);
    EXPECT_EQ(interface.Version, 1);
  });
}

TEST(DeviceReset, RST_016_OutstandingReferencesVetoNothing) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    interface_of(rig.probe->device);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
  });
}

TEST(DeviceReset, RST_026_AFunctionThatCannotBeResetOffersNothing) {
  ResetRig rig({.has_reset = false});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    DEVICE_RESET_INTERFACE_STANDARD interface {};
    EXPECT_EQ(ask(rig.probe->device, &interface, 0x50), STATUS_NOT_SUPPORTED);
  });
}

TEST(DeviceReset, RST_029_AFunctionLevelResetChangesNoDeviceNode) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    const std::size_t irps = manager.sent_irps().size();
    EXPECT_EQ(reset(interface), STATUS_SUCCESS);
    manager.wait_until_settled();
    EXPECT_EQ(manager.sent_irps().size(), irps);  // RST-031, RST-032: no PnP and no power IRP
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.model->resets, 1u);
  });
}

TEST(DeviceReset, RST_036_PutsBackTheConfigurationItOwns) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    auto& fabric = *bus::board::board_part()->fabric;
    const std::uint64_t base = rig.node(manager).assigned.at(0).start;
    fabric.write_memory(base, 4, 0x55);
    EXPECT_EQ(fabric.read_memory(base, 4), 0x55u);
    EXPECT_EQ(reset(interface_of(rig.probe->device)), STATUS_SUCCESS);
    EXPECT_EQ(fabric.read_config(0, 5, 0, 0x10, 4) & ~0xFu, base);
    EXPECT_EQ(fabric.read_config(0, 5, 0, 4, 2) & 7u, 6u);
    EXPECT_EQ(fabric.read_memory(base, 4), 0u);  // RST-030: what its driver programmed is gone
  });
}

TEST(DeviceReset, RST_037_OnlyInD0) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    POWER_STATE state{};
    state.DeviceState = PowerDeviceD3;
    ntos::PoRequestPowerIrp(rig.probe->device, IRP_MN_SET_POWER, state, nullptr, nullptr, nullptr);
    EXPECT_EQ(reset(interface), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(rig.model->resets, 0u);
  });
}

TEST(DeviceReset, RST_039_NotBeforeTheStartHasReachedTheBus) {
  ResetRig rig;
  rig.probe->refuse[IRP_MN_START_DEVICE] = STATUS_UNSUCCESSFUL;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    DEVICE_OBJECT* pdo = rig.node(manager).pdo;
    EXPECT_EQ(reset(interface_of(pdo)),
              STATUS_NO_SUCH_DEVICE);  // the remove IRP of the failed start has come (RST-104)
    rig.probe->refuse.clear();
    EXPECT_TRUE(manager.start(rig.node(manager).id).ok());
    EXPECT_EQ(reset(interface_of(pdo)), STATUS_SUCCESS);
  });
}

TEST(DeviceReset, RST_067_FlagsMustBeZero) {
  ResetRig rig;
  EXPECT_EQ(rules_after(rig,
                        [&](Manager& manager) {
                          manager.enumerate_root();
                          EXPECT_EQ(reset(interface_of(rig.probe->device), FunctionLevelDeviceReset, 1),
                                    STATUS_INVALID_PARAMETER);
                          EXPECT_EQ(rig.model->resets, 0u);
                        }),
            std::vector<std::string>{"RST-067"});
}

TEST(DeviceReset, RST_064_AContextOfADeviceThatIsGoneIsRefused) {
  ResetRig rig;
  EXPECT_EQ(rules_after(rig,
                        [&](Manager& manager) {
                          manager.enumerate_root();
                          const auto interface = interface_of(rig.probe->device);
                          bus::board::board_part()->fabric->unplug(kLocation);
                          bus::pci::hot_plug_event();
                          manager.wait_until_settled();
                          EXPECT_EQ(reset(interface), STATUS_NO_SUCH_DEVICE);
                        }),
            std::vector<std::string>{"RST-064"});
}

TEST(DeviceReset, RST_014_AResetAfterTheLastDereferenceIsReported) {
  ResetRig rig;
  EXPECT_EQ(rules_after(rig,
                        [&](Manager& manager) {
                          manager.enumerate_root();
                          const auto interface = interface_of(rig.probe->device);
                          machine::call_driver(interface.InterfaceDereference, interface.Context);
                          reset(interface);
                        }),
            std::vector<std::string>{"RST-014"});
}

TEST(DeviceReset, RST_073_ParametersThatCannotBeUsedAreRefusedBeforeTheReset) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    Completion completion;
    auto parameters = parameters_for(completion);
    parameters.Size = 0x17;
    EXPECT_EQ(reset(interface, FunctionLevelDeviceReset, 0, &parameters), STATUS_INVALID_PARAMETER);
    parameters = parameters_for(completion);
    parameters.DeviceResetCompletion = nullptr;
    EXPECT_EQ(reset(interface, FunctionLevelDeviceReset, 0, &parameters), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(completion.calls, 0u);
    EXPECT_EQ(rig.model->resets, 0u);
  });
}

TEST(DeviceReset, RST_075_TheCallbackRunsExactlyOnceBeforeAFinalStatus) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Completion completion;
    auto parameters = parameters_for(completion);
    parameters.Size = 0x40;  // a larger size is accepted
    const NTSTATUS status = reset(interface_of(rig.probe->device), FunctionLevelDeviceReset, 0, &parameters);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(completion.calls, 1u);
    EXPECT_EQ(completion.status, status);  // RST-076
    EXPECT_EQ(completion.irql, 0u);        // RST-087
  });
}

TEST(DeviceReset, RST_083_AbovePassiveLevelNothingIsReset) {
  ResetRig rig;
  EXPECT_EQ(rules_after(rig,
                        [&](Manager& manager) {
                          manager.enumerate_root();
                          const auto interface = interface_of(rig.probe->device);
                          const KIRQL before = machine::raise_irql(DISPATCH_LEVEL);
                          EXPECT_EQ(reset(interface), STATUS_UNSUCCESSFUL);
                          EXPECT_EQ(machine::current_irql(), DISPATCH_LEVEL);  // RST-084
                          machine::lower_irql(before);
                          EXPECT_EQ(rig.model->resets, 0u);
                        }),
            std::vector<std::string>{"RST-083"});
}

TEST(DeviceReset, RST_088_TheCallbackMayResetAgain) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    Completion completion;
    completion.again = &interface;
    auto parameters = parameters_for(completion);
    EXPECT_EQ(reset(interface, FunctionLevelDeviceReset, 0, &parameters), STATUS_SUCCESS);
    EXPECT_EQ(rig.model->resets, 2u);
  });
}

TEST(DeviceReset, RST_098_AnUnsupportedTypeIsRefusedCleanly) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    EXPECT_EQ(reset(interface, PlatformLevelDeviceReset), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(reset(interface, static_cast<DEVICE_RESET_TYPE>(2)), STATUS_INVALID_PARAMETER);  // RST-099
    EXPECT_EQ(rig.model->resets, 0u);
  });
}

TEST(DeviceReset, RST_101_ASecondRequestWhileOneRunsIsBusy) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    NTSTATUS second = 1;
    BOOLEAN resetting = FALSE;
    DEVICE_BUS_SPECIFIC_RESET_TYPE type{};
    DEVICE_RESET_STATUS_FLAGS flags{};
    machine::create_thread(
        "second",
        [&] {
          second = reset(interface);
          machine::call_driver(interface.GetDeviceResetStatus, interface.Context, &resetting, &type, &flags);
        },
        nullptr, 7);
    EXPECT_EQ(reset(interface), STATUS_SUCCESS);
    EXPECT_EQ(second, STATUS_DEVICE_BUSY);
    EXPECT_TRUE(resetting);  // RST-221
    EXPECT_EQ(type.AsULONGLONG, 1u);
    EXPECT_EQ(rig.model->resets, 1u);
  });
}

TEST(DeviceReset, RST_181_WaitsOneHundredMillisecondsBeforeTheFirstAccess) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    const machine::Time before = rig.machine().now();
    EXPECT_EQ(reset(interface), STATUS_SUCCESS);
    EXPECT_GE(rig.machine().now() - before, std::chrono::milliseconds(100));
    EXPECT_LT(rig.machine().now() - before, std::chrono::milliseconds(120));
  });
}

TEST(DeviceReset, RST_180_WaitsForTransactionsButNotForEver) {
  ResetRig rig({.pending = true});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    const machine::Time before = rig.machine().now();
    EXPECT_EQ(reset(interface), STATUS_SUCCESS);
    EXPECT_GE(rig.model->reset_at - before, std::chrono::milliseconds(700));
    EXPECT_LT(rig.model->reset_at - before, std::chrono::milliseconds(750));
  });
}

TEST(DeviceReset, RST_182_PollsUntilTheFunctionAnswers) {
  ResetRig rig({.ready_after = std::chrono::milliseconds(900)});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    EXPECT_EQ(reset(interface), STATUS_SUCCESS);
    EXPECT_GE(rig.machine().now() - rig.model->reset_at, std::chrono::milliseconds(900));
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(DeviceReset, RST_192_AResetThatTakesTooLongTimesOutAndLeavesTheDeviceHung) {
  ResetRig rig({.ready_after = std::chrono::minutes(5)});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Completion completion;
    auto parameters = parameters_for(completion);
    EXPECT_EQ(reset(interface_of(rig.probe->device), FunctionLevelDeviceReset, 0, &parameters), STATUS_IO_TIMEOUT);
    EXPECT_EQ(completion.status, STATUS_IO_TIMEOUT);
    const std::uint64_t base = rig.node(manager).assigned.at(0).start;
    EXPECT_EQ(bus::board::board_part()->fabric->read_memory(base, 4), 0xFFFFFFFFu);  // RST-040
  });
}

TEST(DeviceReset, RST_215_OffersOneBusSpecificEntry) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    ULONG count = 0;
    DEVICE_BUS_SPECIFIC_RESET_INFO info{};
    EXPECT_EQ(machine::call_driver(interface.QueryBusSpecificResetInfo, interface.Context, &count, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(count, 1u);  // RST-216
    EXPECT_EQ(machine::call_driver(interface.QueryBusSpecificResetInfo, interface.Context, nullptr, &info),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(machine::call_driver(interface.QueryBusSpecificResetInfo, interface.Context, &count, &info),
              STATUS_SUCCESS);
    EXPECT_EQ(info.BusTypeGuid, GUID_BUS_TYPE_PCI);
    EXPECT_EQ(info.ResetTypeSupported.AsULONGLONG, 1u);  // RST-217
  });
}

TEST(DeviceReset, RST_218_DemandsTheRightBusAndOneSupportedBit) {
  ResetRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto interface = interface_of(rig.probe->device);
    auto select = [&](const GUID& bus, ULONGLONG bits, ULONGLONG flag_bits = 0) {
      DEVICE_BUS_SPECIFIC_RESET_TYPE type{};
      type.AsULONGLONG = bits;
      BUS_SPECIFIC_RESET_FLAGS flags{};
      flags.AsUlonglong = flag_bits;
      return machine::call_driver(interface.DeviceBusSpecificReset, interface.Context, &bus, type, &flags, nullptr);
    };
    EXPECT_EQ(select(GUID_BUS_TYPE_ACPI, 1), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(select(GUID_BUS_TYPE_PCI, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(select(GUID_BUS_TYPE_PCI, 3), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(select(GUID_BUS_TYPE_PCI, 0x20), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(select(GUID_BUS_TYPE_PCI, 4), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(select(GUID_BUS_TYPE_PCI, 1, 1), STATUS_NOT_SUPPORTED);  // RST-220
    EXPECT_EQ(select(GUID_BUS_TYPE_PCI, 1, 2), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(rig.model->resets, 0u);
    EXPECT_EQ(select(GUID_BUS_TYPE_PCI, 1), STATUS_SUCCESS);  // RST-219
    EXPECT_EQ(rig.model->resets, 1u);
  });
}

TEST(DeviceReset, RST_028_NeighboursSeeNothingOfIt) {
  ResetRig rig;
  rig.driver("neighbour", {test::pnp::kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    auto& fabric = *bus::board::board_part()->fabric;
    const auto before = fabric.counts({0, 3, 0});
    EXPECT_EQ(reset(interface_of(rig.probe->device)), STATUS_SUCCESS);
    const auto after = fabric.counts({0, 3, 0});
    EXPECT_EQ(after.config_writes, before.config_writes);
    EXPECT_EQ(after.reads + after.writes, before.reads + before.writes);
  });
}

}  // namespace
}  // namespace drydock::test::reset
