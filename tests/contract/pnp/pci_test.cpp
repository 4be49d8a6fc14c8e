// What a PCI function's stack can ask of its bus.

#include <cstring>

#include "bus/pci/pci_driver.h"
#include "contract/pnp/pnp_rig.h"
#include "models/pci/fabric.h"
#include "nt/interface.h"
#include "nt/pci.h"
#include "ntos/io/user.h"
#include "ntos/po/power.h"

namespace drydock::test::pnp {
namespace {

namespace user = ntos::io::user;

NTSTATUS query_interface(DEVICE_OBJECT* device, const GUID& guid, INTERFACE* interface, USHORT size,
                         USHORT version = 1) {
  return user::send(device, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE,
                    [&](IRP* irp, IO_STACK_LOCATION* location) {
                      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                      location->Parameters.QueryInterface.InterfaceType = &guid;
                      location->Parameters.QueryInterface.Size = size;
                      location->Parameters.QueryInterface.Version = version;
                      location->Parameters.QueryInterface.Interface = interface;
                    })
      .status;
}

TEST(Pci, TheBusInterfaceReadsAndWritesConfiguration) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    BUS_INTERFACE_STANDARD bus{};
    ASSERT_EQ(query_interface(probe.pdo, GUID_BUS_INTERFACE_STANDARD, reinterpret_cast<INTERFACE*>(&bus), sizeof(bus)),
              STATUS_SUCCESS);
    PCI_COMMON_CONFIG config{};
    EXPECT_EQ(machine::call_driver(bus.GetBusData, bus.Context, PCI_WHICHSPACE_CONFIG, &config, 0u, 256u), 256u);
    EXPECT_EQ(config.VendorID, 0x15AD);
    EXPECT_EQ(config.DeviceID, 0x07C0);
    UCHAR cache_line = 0x10;
    machine::call_driver(bus.SetBusData, bus.Context, PCI_WHICHSPACE_CONFIG, &cache_line, 0x0Cu, 1u);
    EXPECT_EQ(bus::board::board_part()->fabric->read_config(0, 3, 0, 0x0C, 1), 0x10u);
    PHYSICAL_ADDRESS address{}, translated{};
    address.QuadPart = 0xE0000000;
    ULONG space = 0;
    EXPECT_TRUE(machine::call_driver(bus.TranslateBusAddress, bus.Context, address, 0x1000u, &space, &translated));
    EXPECT_EQ(translated.QuadPart, address.QuadPart);
    machine::call_driver(bus.InterfaceDereference, bus.Context);
    EXPECT_EQ(bus::pci::pdo_of(probe.pdo)->references, 0);

    EXPECT_EQ(query_interface(probe.pdo, GUID_BUS_INTERFACE_STANDARD, reinterpret_cast<INTERFACE*>(&bus), 0x20),
              STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(query_interface(probe.pdo, kTestInterface, reinterpret_cast<INTERFACE*>(&bus), sizeof(bus)),
              STATUS_NOT_SUPPORTED);
  });
}

TEST(DeviceReset, RST_136_AFunctionThatAsksToBeFoundAnewIsRemovedAndEnumeratedAgain) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto old = manager.served_by(u"probe").at(0)->id;
    REENUMERATE_SELF_INTERFACE_STANDARD self{};
    ASSERT_EQ(query_interface(probe.pdo, GUID_REENUMERATE_SELF_INTERFACE_STANDARD, reinterpret_cast<INTERFACE*>(&self),
                              sizeof(self)),
              STATUS_SUCCESS);
    rig.diary().clear();
    machine::call_driver(self.SurpriseRemoveAndReenumerateSelf, self.Context);
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "probe SURPRISE_REMOVAL, probe REMOVE, probe AddDevice, probe START");
    EXPECT_NE(manager.served_by(u"probe").at(0)->id, old);
  });
}

TEST(Pci, ReadConfigIrpsAreCutToTheSpaceThereIs) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    ULONG id = 0;
    const auto result =
        user::send(probe.pdo, IRP_MJ_PNP, IRP_MN_READ_CONFIG, [&](IRP* irp, IO_STACK_LOCATION* location) {
          irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
          location->Parameters.ReadWriteConfig = {PCI_WHICHSPACE_CONFIG, &id, 0, 4};
        });
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    EXPECT_EQ(result.information, 4u);
    EXPECT_EQ(id, 0x07C015ADu);
  });
}

TEST(Pci, MessagesAreGivenToDriversWhoseInfAsksForThem) {
  PnpRig rig;
  rig.driver("probe");
  rig.package(
      "probe", {kPvscsiId}, {}, {},
      {{.subkey = u"Interrupt Management\\MessageSignaledInterruptProperties", .name = u"MSISupported", .dword = 1}});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = *manager.served_by(u"probe").at(0);
    ASSERT_EQ(node.assigned.size(), 2u);
    EXPECT_EQ(node.assigned[1].kind, ntos::pnp::ResourceKind::Message);
    auto& fabric = *bus::board::board_part()->fabric;
    EXPECT_EQ(fabric.read_config(0, 3, 0, 0x7E, 2) & 1u, 1u);
    EXPECT_EQ(fabric.read_config(0, 3, 0, 0x88, 2), node.assigned[1].vector);
    EXPECT_TRUE(manager.disable(node.id).ok());
    EXPECT_EQ(fabric.read_config(0, 3, 0, 0x7E, 2) & 1u, 0u);
    EXPECT_EQ(fabric.read_config(0, 3, 0, 4, 2) & 7u, 0u);
    EXPECT_TRUE(manager.enable(node.id).ok());
  });
}

struct Ended {
  bool done = false;
  NTSTATUS status = 0;
};
VOID NTAPI power_ended(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID context, IO_STATUS_BLOCK* status) {
  *static_cast<Ended*>(context) = {true, status->Status};
}

TEST(Pci, AFunctionKeepsItsResourcesThroughD3) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = *manager.served_by(u"probe").at(0);
    EXPECT_EQ(node.device_power, PowerDeviceD0);
    Ended ended;
    POWER_STATE state{};
    state.DeviceState = PowerDeviceD3;
    EXPECT_EQ(ntos::PoRequestPowerIrp(probe.device, IRP_MN_SET_POWER, state, power_ended, &ended, nullptr),
              STATUS_PENDING);
    EXPECT_TRUE(ended.done);
    EXPECT_EQ(ended.status, STATUS_SUCCESS);
    EXPECT_EQ(node.device_power, PowerDeviceD3);
    state.DeviceState = PowerDeviceD0;
    ntos::PoRequestPowerIrp(probe.device, IRP_MN_SET_POWER, state, power_ended, &ended, nullptr);
    EXPECT_EQ(node.device_power, PowerDeviceD0);
    auto& fabric = *bus::board::board_part()->fabric;
    EXPECT_EQ(fabric.read_config(0, 3, 0, 0x10, 4) & ~0xFu, node.assigned.at(0).start);
    EXPECT_EQ(fabric.read_config(0, 3, 0, 4, 2) & 7u, 6u);
    EXPECT_EQ(ntos::PoRequestPowerIrp(probe.device, 0x55, state, nullptr, nullptr, nullptr),
              STATUS_INVALID_PARAMETER_2);
  });
}

TEST(DeviceReset, RST_203_PowerUpOfADeviceThatIsGoneFails) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Ended ended;
    POWER_STATE state{};
    state.DeviceState = PowerDeviceD3;
    ntos::PoRequestPowerIrp(probe.device, IRP_MN_SET_POWER, state, power_ended, &ended, nullptr);
    bus::board::board_part()->fabric->unplug({0, 3, 0});  // nobody is told
    rig.diary().clear();
    state.DeviceState = PowerDeviceD0;
    ntos::PoRequestPowerIrp(probe.device, IRP_MN_SET_POWER, state, power_ended, &ended, nullptr);
    EXPECT_EQ(ended.status, STATUS_NO_SUCH_DEVICE);
    manager.wait_until_settled();
    EXPECT_EQ(rig.diary_text(), "probe SET D0, probe SURPRISE_REMOVAL, probe REMOVE");
  });
}

TEST(Pci, TwoAdaptersShareALineAndNoAddress) {
  PnpRig rig("pvscsi-pair");
  rig.driver("probe", {kPvscsiId});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    auto both = manager.served_by(u"probe");
    ASSERT_EQ(both.size(), 2u);
    EXPECT_NE(both[0]->assigned.at(0).start, both[1]->assigned.at(0).start);
    EXPECT_EQ(both[0]->assigned.at(1).start, both[1]->assigned.at(1).start);
    EXPECT_NE(both[0]->instance_path, both[1]->instance_path);
  });
}

}  // namespace
}  // namespace drydock::test::pnp
