// docs/contracts/reset.md, sections 9 and 11, behind a bridge: secondary bus reset, link down, surprise removal with
// all that is behind, on reset_puppet.sys.

#include "bus/board/build_board.h"
#include "contract/reset/reset_rig.h"
#include "machine/thread.h"

namespace drydock::test::reset {
namespace {

constexpr PU32 code(NTSTATUS status) {
  return static_cast<PU32>(status);
}
constexpr const char* kBoard = R"(
name = "bridge"
memory = "32 MiB"
[[device]]
slot = "0:1.0"
model = "root-port"
secondary = 1
)";
constexpr models::pci::Location kBehind{1, 0, 0}, kSibling{1, 0, 1}, kBeside{0, 6, 0};
constexpr bus::Slot kPort{0, 1, 0};

/// Two functions of one device behind a root port, and one beside it.
struct Bridged : ResetRig {
  explicit Bridged(Behaviour first = {})
      : ResetRig({{first, kBehind}, {{.device_id = 0x11E9}, kSibling}, {{.device_id = 0x11EA}, kBeside}}, {}, kBoard) {
    service("puppet");
    service("neighbour", kSecondId);
    service("beside", u"PCI\\VEN_1234&DEV_11EA");
  }
  void go(const std::function<void(Manager&)>& body) {
    run([&](Manager& manager) {
      manager.enumerate_root();
      body(manager);
    });
  }
};

PUPPET_RESET by_secondary_bus() {
  return {.BusSpecific = 1};
}
constexpr auto kSecondaryBus = static_cast<DEVICE_RESET_TYPE>(4);

TEST(PciBridge, WhatIsBehindItHasItsBusAndAnAddressInItsWindow) {
  Bridged rig({.multifunction = true});
  rig.go([&](Manager& manager) {
    for (const char* each : {"puppet", "neighbour"}) {
      const Devnode& node = rig.node(manager, each);
      EXPECT_EQ(node.state, DevnodeState::Started) << each;
      EXPECT_EQ(node.bus_number, 1u);
      EXPECT_EQ(node.parent->description, u"PCI Express Root Port");
      EXPECT_GE(node.assigned.at(0).start, 0xFA200000u);
      EXPECT_LT(node.assigned.at(0).start, 0xFA400000u);
    }
    rig.call<void>("puppet", "PuppetWrite", rig.device(), ULONG{0x42});
    EXPECT_EQ(rig.model(kBehind).scratch, 0x42u);
    // The bridge forwards what its command register lets through.
    rig.fabric().write_config(0, 1, 0, 0x04, 2, 0);
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", rig.device()), 0xFFFFFFFFu);
    std::byte bytes[4]{};
    EXPECT_FALSE(rig.model(kBehind).wires().dma_read(0x1000, bytes));
    rig.fabric().write_config(0, 1, 0, 0x04, 2, 6);
    EXPECT_EQ(rig.call<ULONG>("puppet", "PuppetRead", rig.device()), 0x42u);
    EXPECT_TRUE(rig.model(kBehind).wires().dma_read(0x1000, bytes));
  });
}

TEST(DeviceReset, RST_186_RST_187_RST_190_RST_219_SecondaryBusResetHasAllBelowTheBridgeAsItsDomain) {
  Bridged rig({.multifunction = true});
  rig.go([&](Manager& manager) {
    rig.get_interface();
    EXPECT_EQ(rig.interface().SupportedResetTypes, 1u);  // it does not stand in for a missing _PRR or _PR3
    const std::size_t from = rig.irps();
    EXPECT_EQ(rig.reset(kSecondaryBus, by_secondary_bus()).Status, code(STATUS_SUCCESS));
    EXPECT_EQ(rig.status().Type, 4u);  // RST-221
    until_over(manager);
    EXPECT_EQ(rig.story(from),
              "puppet QUERY_REMOVE, neighbour QUERY_REMOVE, puppet REMOVE, neighbour REMOVE, "
              "puppet REMOVE, neighbour REMOVE, puppet START, neighbour START");
    for (auto at : {kBehind, kSibling}) {
      EXPECT_EQ(rig.model(at).resets[machine::ResetKind::Conventional], 1u);
      EXPECT_GE(rig.model(at).reset_at - rig.time_of(ResetStepKind::MethodBegun), 1ms);  // held for at least 1 ms
      EXPECT_GE(rig.time_of(ResetStepKind::MethodEnded) - rig.model(at).reset_at, 100ms);
    }
    EXPECT_TRUE(rig.model(kBeside).resets.empty());
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.fabric().read_config(0, 1, 0, 0x3E, 2) & 0x40u, 0u);
  });
}

TEST(DeviceReset, RST_190_ItNeverServesAFunctionLevelReset) {
  Bridged rig({.has_reset = false, .multifunction = true});
  rig.go([&](Manager&) {
    DEVICE_RESET_INTERFACE_STANDARD interface {};
    EXPECT_EQ(rig.query(&interface, sizeof(interface)), STATUS_NOT_SUPPORTED);
  });
}

TEST(DeviceReset, RST_217_TheSecondaryBusBitIsSetBelowABridgeOnly) {
  Bridged rig({.multifunction = true});
  rig.go([&](Manager&) {
    ULONG count = 0;
    DEVICE_BUS_SPECIFIC_RESET_INFO info{};
    for (auto [service, bits] : {std::pair{"puppet", 5u}, {"beside", 1u}}) {
      rig.get_interface(service);
      DEVICE_OBJECT* device = rig.device(service);
      EXPECT_EQ(rig.call<NTSTATUS>(service, "PuppetQueryBusSpecific", device, &count, &info), STATUS_SUCCESS);
      EXPECT_EQ(info.ResetTypeSupported.AsULONGLONG, bits) << service;
    }
  });
}

TEST(PciBridge, ALinkThatGoesDownTakesWhatIsBehindItAndALinkThatComesUpBringsItBack) {
  Bridged rig({.multifunction = true});
  rig.go([&](Manager& manager) {
    std::size_t from = rig.irps();
    EXPECT_TRUE(bus::board::set_link(rig.machine(), kPort, false));
    manager.wait_until_settled();
    EXPECT_EQ(rig.story(from), "puppet SURPRISE, puppet REMOVE, neighbour SURPRISE, neighbour REMOVE");
    EXPECT_EQ(rig.fabric().read_config(1, 0, 0, 0, 4), 0xFFFFFFFFu);
    EXPECT_EQ(rig.node(manager, "beside").state, DevnodeState::Started);
    from = rig.irps();
    EXPECT_TRUE(bus::board::set_link(rig.machine(), kPort, true));
    manager.wait_until_settled();
    EXPECT_EQ(rig.story(from), "puppet START, neighbour START");
  });
}

TEST(PciBridge, PullingTheBridgePullsWhatIsBehindIt) {
  Bridged rig({.multifunction = true});
  rig.go([&](Manager& manager) {
    const std::size_t from = rig.irps();
    EXPECT_TRUE(bus::board::unplug(rig.machine(), kPort));
    manager.wait_until_settled();
    const std::string story = rig.story(from);
    EXPECT_NE(story.find("puppet SURPRISE"), std::string::npos);
    EXPECT_LT(story.find("puppet SURPRISE"), story.find("pci SURPRISE"));  // children first
    EXPECT_TRUE(manager.served_by(u"puppet").empty());
    EXPECT_EQ(rig.fabric().model(kBehind), nullptr);
    EXPECT_EQ(rig.node(manager, "beside").state, DevnodeState::Started);
  });
}

}  // namespace
}  // namespace drydock::test::reset
