// System sleep and wake along the device tree.

#include "contract/pnp/pnp_rig.h"
#include "models/pci/fabric.h"
#include "ntos/po/system_power.h"

namespace drydock::test::pnp {
namespace {

TEST(Power, SleepsChildrenFirstAndWakesParentsFirst) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  probe.owns_power_policy = true;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    Devnode& node = *manager.served_by(u"probe").at(0);
    rig.diary().clear();
    const std::size_t before = manager.sent_irps().size();
    ASSERT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(rig.diary_text(), "probe QUERY S3, probe SET S3, probe SET D3");
    EXPECT_EQ(node.device_power, PowerDeviceD3);
    EXPECT_EQ(node.system_power, PowerSystemSleeping3);
    const auto& sent = manager.sent_irps();
    ASSERT_EQ(sent.size(), before + 4);  // the adapter and its bus, asked and told
    EXPECT_EQ(sent[before].devnode, node.id);
    EXPECT_EQ(sent[before + 1].devnode, node.parent->id);

    ASSERT_TRUE(ntos::po::wake().ok());
    EXPECT_EQ(rig.diary_text(), "probe SET S0, probe SET D0");
    EXPECT_EQ(manager.sent_irps()[before + 4].devnode, node.parent->id);
    EXPECT_EQ(node.device_power, PowerDeviceD0);
    EXPECT_EQ(bus::board::board_part()->fabric->read_config(0, 3, 0, 0x10, 4) & ~0xFu, node.assigned.at(0).start);
  });
}

TEST(Power, OneRefusalKeepsTheSystemAwake) {
  PnpRig rig;
  Script& probe = rig.driver("probe", {kPvscsiId});
  probe.refuse_power[IRP_MN_QUERY_POWER] = STATUS_DEVICE_BUSY;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.diary().clear();
    const Change change = ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(change.status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(change.vetoed_by.rfind("probe ", 0), 0u);
    EXPECT_EQ(rig.diary_text(), "probe QUERY S3, probe SET S0");
    EXPECT_EQ(ntos::po::wake().status, STATUS_INVALID_DEVICE_STATE);
  });
}

}  // namespace
}  // namespace drydock::test::pnp
