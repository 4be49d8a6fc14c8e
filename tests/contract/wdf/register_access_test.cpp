// In which callbacks a driver may touch its device's registers (docs/contracts/wdf.md, section 2), on wdf_puppet.sys.

#include "../../guest/wdf_queues.h"
#include "contract/ntos/kernel_rig.h"
#include "contract/wdf/host_filter.h"
#include "contract/wdf/wdf_rig.h"
#include "ntos/io/driver.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"
#include "wdf/device.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

/// A device with everything, which reads a register in `call`.
struct Rig : WdfRig {
  explicit Rig(PuppetCall call) {
    orders(1).MapsBar = 1;
    orders(1).Interrupts = 1;
    orders(1).Enablers = 1;
    if (call == PuppetRelationsQuery) orders(1).Omits[call] = PUPPET_WANTED;
    orders(1).ReadsRegisterIn = 1 + call;
  }
  std::uint32_t value() const { return puppet().Seen[SeenRegister]; }
};

constexpr std::uint32_t kRegister = 0x010000ED;  // WdfModel's first

TEST(RegisterAccess, WDF_040_WDF_043_WhereTheDeviceIsOnTheyMayBeTouched) {
  for (PuppetCall call : {PuppetPrepareHardware, PuppetD0Entry,  PuppetIntEnable,  PuppetPostInt,   PuppetDmaFill,
                          PuppetDmaEnable,       PuppetDmaStart, PuppetSmInit,     PuppetSmSuspend, PuppetDmaStop,
                          PuppetDmaDisable,      PuppetDmaFlush, PuppetPreInt,     PuppetIntDisable, PuppetD0Exit,
                          PuppetSmRestart,       PuppetQueryStop, PuppetQueryRemove, PuppetRelationsQuery}) {
    Rig rig(call);
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      ntos::po::sleep(PowerSystemSleeping3);
      ntos::po::wake();
      rig.sleep(1ms);
      manager.wait_until_settled();
      EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
      EXPECT_GT(rig.count(call), 0u) << call;
      EXPECT_EQ(rig.value(), kRegister) << call;
    });
  }
}

TEST(RegisterAccess, WDF_040_WhileWakeIsArmedAndDisarmed) {
  for (PuppetCall call : {PuppetArmSx, PuppetDisarmSx}) {
    Rig rig(call);
    rig.orders(1).Deeds[0] = {1u + PuppetSmInit, PuppetAssignSx, 0, 0, 0, 0};
    HostFilter bus(rig, "waking_bus");
    bus.capabilities = [](DEVICE_CAPABILITIES& said) {
      said.WakeFromD3 = TRUE;
      said.DeviceWake = PowerDeviceD3;
      said.SystemWake = PowerSystemSleeping3;
    };
    rig.add_filters({u"waking_bus"}, {});
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      ntos::po::sleep(PowerSystemSleeping3);
      ntos::po::wake();
      rig.sleep(1ms);
      EXPECT_EQ(rig.count(call), 1u) << call;
      EXPECT_EQ(rig.value(), kRegister) << call;
    });
  }
}

TEST(RegisterAccess, WDF_041_WDF_042_WDF_164_NotInTheNoticeOfASurpriseRemovalNorInSmSuspendAfterIt) {
  for (PuppetCall call : {PuppetSurpriseRemoval, PuppetSmSuspend}) {
    Rig rig(call);
    rig.expect({"WDF-446"});
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      rig.unplug();
      manager.wait_until_settled();
      EXPECT_EQ(rig.count(call), 1u);
    });
  }
  Rig others(PuppetD0Exit);  // where a device that may still be there is made quiet
  others.run([&](Manager& manager) {
    manager.enumerate_root();
    others.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(others.value(), ~0u);
  });
}

TEST(RegisterAccess, WDF_041_WDF_165_NotInReleaseHardware) {
  Rig rig(PuppetReleaseHardware);
  rig.expect({"WDF-446"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
  });
}

TEST(RegisterAccess, WDF_042_WDF_043_NotInAQuestionThatComesInDx) {
  for (PuppetCall call : {PuppetQueryStop, PuppetQueryRemove}) {
    Rig rig(call);
    rig.orders(1).IdleMilliseconds = 10;
    rig.expect({"WDF-446", "touch-before-power"});  // the framework's finding, and its kernel's
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      rig.sleep(100ms);
      EXPECT_EQ(rig.count(PuppetD0Exit), 1u);
      if (call == PuppetQueryStop)
        EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
      else
        EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    });
  }
}

TEST(RegisterAccess, WDF_042_ACallbackThatAnExceptionHasPassedIsNotTakenForRunning) {
  WdfRig rig({}, "wdf_queues");
  rig.orders(1).Variant = kQueueSlowRelease;  // it has EvtDeviceFileCreate
  rig.orders(1).Status[PuppetFileCreate] = 0xC000009C;
  rig.add_filters({}, {u"seh_filter"});
  const image::PeImage& filter = tests::guest("test/seh_filter");
  rig.run([&](Manager& manager) {
    ntos::Kernel& kernel = rig.machine().part<ntos::Kernel>(machine::PartId::Kernel);
    kernel.pnp->store().add({.name = u"seh_filter", .load = [&](DRIVER_OBJECT** driver) {
                               const auto loaded = ntos::io::load_driver(filter, "seh_filter");
                               *driver = loaded.driver;
                               return loaded.status;
                             }});
    manager.enumerate_root();
    DEVICE_OBJECT* object = rig.node(manager).pdo;
    while (object && !drydock::wdf::device_of(object)) object = object->AttachedDevice;
    ASSERT_NE(object, nullptr);
    const auto& watch = drydock::wdf::device_of(object)->watch;
    for (int i = 0; i < 3; ++i) {
      user::File file = user::open(rig.device(manager));
      EXPECT_EQ(watch.running_here(), nullptr);
      file.close();
    }
    EXPECT_EQ(rig.count(PuppetFileCreate), 3u);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
  });
}

}  // namespace
}  // namespace drydock::test::wdf
