// Bus drivers: child lists, PDO callbacks, order between parent and children (docs/contracts/wdf.md, sections 11 and
// 16).

#include "contract/wdf/wdf_rig.h"
#include "nt/interface.h"
#include "nt/irp.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

/// Device 1 is the bus, devices 2 and on its children's PDOs: raw, so that the bus driver runs them alone.
struct BusRig : WdfRig {
  explicit BusRig(unsigned children = 1) {
    orders(1).Children = children;
    orders(1).ChildrenRaw = 1;
  }
  void start(Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    log();
    requests();
  }
  static Devnode& child(Manager& manager, std::size_t index = 0) {
    std::vector<Devnode*> found;
    for (const auto& line : manager.tree())
      if (Devnode* node = manager.find(line.devnode); node && node->device_id == u"PUPPET\\Child")
        found.push_back(node);
    EXPECT_GT(found.size(), index);
    return *found.at(index);
  }
  static NTSTATUS query(DEVICE_OBJECT* pdo, REENUMERATE_SELF_INTERFACE_STANDARD* self, std::size_t size,
                        USHORT version) {
    return user::send(pdo, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE,
                      [&](IRP* irp, IO_STACK_LOCATION* location) {
                        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                        auto& query = location->Parameters.QueryInterface;
                        query.InterfaceType = &GUID_REENUMERATE_SELF_INTERFACE_STANDARD;
                        query.Size = static_cast<USHORT>(size);
                        query.Version = version;
                        query.Interface = reinterpret_cast<INTERFACE*>(self);
                      })
        .status;
  }
  /// The child asks, so many times, to be found anew.
  void reenumerate(Manager& manager, unsigned times = 1) {
    REENUMERATE_SELF_INTERFACE_STANDARD self{};
    EXPECT_EQ(query(child(manager).pdo, &self, sizeof self, 1), STATUS_SUCCESS);
    while (times--) machine::call_driver(self.SurpriseRemoveAndReenumerateSelf, self.Context);
    machine::call_driver(self.InterfaceDereference, self.Context);
    manager.wait_until_settled();
  }
};

TEST(WdfChildren, WDF_069_WDF_072_WDF_327_WDF_346_WDF_074_ChildrenAreMadeInTheQueryAfterStart) {
  BusRig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(),
              "DriverEntry; DeviceAdd; RemoveAdded; PrepareHardware; D0Entry(D3Final); PostInt(D3Final); Scan; SmInit; "
              "CreateChild(1); 2:PrepareHardware; 2:D0Entry(D3Final); 2:PostInt(D3Final); 2:SmInit");
    EXPECT_EQ(rig.child(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.irql_of(PuppetCreateChild), 0u);
  });
}

TEST(WdfChildren, WDF_337_StaticChildrenAreReportedWithoutCreateChild) {
  WdfRig rig;
  rig.orders(1).StaticChildren = 2;
  rig.orders(1).ChildrenRaw = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.count(PuppetCreateChild), 0u);
    EXPECT_EQ(rig.count(PuppetSmInit), 3u);
  });
}

TEST(WdfChildren, WDF_136_WDF_258_WDF_335_S34_OrderlyRemovalOfTheBus) {
  BusRig rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(),
              "2:QueryRemove; QueryRemove; 2:SmSuspend; 2:PreInt(D3Final); 2:D0Exit(D3Final); 2:ReleaseHardware; "
              "2:SmFlush; SmSuspend; PreInt(D3Final); D0Exit(D3Final); ReleaseHardware; SmFlush; 2:SmCleanup; "
              "2:ObjCleanup; 2:ObjDestroy; SmCleanup; ObjCleanup; ObjDestroy; Unload; DriverCleanup; DriverDestroy");
  });
}

TEST(WdfChildren, WDF_141_WDF_142_WDF_315_S35_APdoIsDisabledAndEnabledAgain) {
  BusRig rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const auto id = rig.child(manager).id;
    EXPECT_TRUE(manager.disable(id).ok());
    EXPECT_EQ(rig.log(),
              "2:QueryRemove; 2:SmSuspend; 2:PreInt(D3Final); 2:D0Exit(D3Final); 2:ReleaseHardware; 2:SmFlush");
    EXPECT_TRUE(manager.enable(id).ok());
    EXPECT_EQ(rig.log(), "2:PrepareHardware; 2:D0Entry(D3Final); 2:PostInt(D3Final); 2:SmRestart");
  });
}

TEST(WdfChildren, WDF_161_WDF_334_S40_TheBusIsPulled) {
  BusRig rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(),
              "2:SurpriseRemoval; 2:SmSuspend; 2:PreInt(D3Final); 2:D0Exit(D3Final); 2:ReleaseHardware; 2:SmFlush; "
              "SurpriseRemoval; SmSuspend; PreInt(D3Final); D0Exit(D3Final); ReleaseHardware; SmFlush; 2:SmCleanup; "
              "2:ObjCleanup; 2:ObjDestroy; SmCleanup; ObjCleanup; ObjDestroy; Unload; DriverCleanup; DriverDestroy");
  });
}

TEST(WdfChildren, WDF_332_WDF_333_WDF_326_AChildThatIsNotNamedAgainIsReportedMissing) {
  BusRig rig(2);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.orders(1).Children = 1;
    ntos::po::sleep(PowerSystemSleeping3);
    ntos::po::wake();  // Scan runs at every entry to D0
    rig.sleep(1ms);
    manager.wait_until_settled();
    const std::string log = rig.log(3);
    EXPECT_NE(log.find("3:ReportedMissing; 3:SurpriseRemoval"), std::string::npos) << log;
    EXPECT_NE(log.find("3:SmCleanup; 3:ObjCleanup; 3:ObjDestroy"), std::string::npos) << log;
    EXPECT_EQ(rig.child(manager).state, DevnodeState::Started);
  });
}

TEST(WdfChildren, WDF_329_AFailingCreateChildDropsThatChildAlone) {
  BusRig rig(2);
  rig.orders(1).Status[PuppetCreateChild] = 0xC0000001;
  rig.orders(1).FailAfter[PuppetCreateChild] = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.count(PuppetCreateChild), 2u);
    EXPECT_EQ(rig.child(manager).state, DevnodeState::Started);
    manager.scan(rig.node(manager).id);
    EXPECT_EQ(rig.count(PuppetCreateChild), 2u);  // the description was dropped
  });
}

TEST(WdfChildren, WDF_102_WDF_075_WDF_339_SleepTakesChildrenDownFirstAndUpLast) {
  BusRig rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(rig.log(), "2:SmSuspend; 2:PreInt(D3); 2:D0Exit(D3); SmSuspend; PreInt(D3); D0Exit(D3)");
    EXPECT_TRUE(ntos::po::wake().ok());
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "D0Entry(D3); PostInt(D3); Scan; SmRestart; 2:D0Entry(D3); 2:PostInt(D3); 2:SmRestart");
  });
}

TEST(WdfChildren, WDF_087_WDF_338_AParentDoesNotIdleWhileAChildIsInD0) {
  BusRig rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(200ms);
    EXPECT_EQ(rig.log(), "");
    EXPECT_TRUE(manager.disable(rig.child(manager).id).ok());
    rig.log();
    rig.sleep(200ms);
    EXPECT_EQ(rig.log(), "SmSuspend; PreInt(D3); D0Exit(D3)");
    EXPECT_TRUE(manager.enable(rig.child(manager).id).ok());
    EXPECT_EQ(rig.log(),
              "2:PrepareHardware; D0Entry(D3); PostInt(D3); Scan; SmRestart; 2:D0Entry(D3Final); "
              "2:PostInt(D3Final); 2:SmRestart");
  });
}

TEST(WdfChildren, RST_138_WDF_336_WDF_337_OnlyDynamicChildrenCanBeFoundAnew) {
  for (bool is_static : {false, true}) {
    BusRig rig(is_static ? 0 : 1);
    rig.orders(1).StaticChildren = is_static;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      DEVICE_OBJECT* pdo = rig.child(manager).pdo;
      REENUMERATE_SELF_INTERFACE_STANDARD self{};
      const auto expected = [&](NTSTATUS status) { return is_static ? STATUS_NOT_SUPPORTED : status; };
      EXPECT_EQ(rig.query(pdo, &self, sizeof self - 1, 1), expected(STATUS_INVALID_BUFFER_SIZE));
      EXPECT_EQ(rig.query(pdo, &self, sizeof self, 0), expected(STATUS_INVALID_BUFFER_SIZE));
      EXPECT_EQ(rig.query(pdo, &self, sizeof self, 2), expected(STATUS_INVALID_BUFFER_SIZE));
      EXPECT_EQ(self.SurpriseRemoveAndReenumerateSelf, nullptr);
      EXPECT_EQ(rig.query(pdo, &self, sizeof self, 1), expected(STATUS_SUCCESS));
      EXPECT_EQ(self.SurpriseRemoveAndReenumerateSelf == nullptr, is_static);
      if (!is_static) machine::call_driver(self.InterfaceDereference, self.Context);
    });
  }
}

TEST(WdfChildren, RST_139_RST_140_WDF_336_AChildIsMadeAnewOnceUnlessTheBusRefuses) {
  for (PU32 asks : {0u, 1u}) {
    BusRig rig;
    rig.orders(1).ChildrenAsk = asks;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      const auto old = rig.child(manager).id;
      rig.reenumerate(manager, 3);  // the second and third find a change pending
      EXPECT_EQ(rig.count(PuppetReenumerated), asks);
      EXPECT_EQ(rig.count(PuppetSurpriseRemoval), 1u);
      EXPECT_EQ(rig.count(PuppetCreateChild), 2u);
      EXPECT_NE(rig.child(manager).id, old);
      EXPECT_EQ(rig.child(manager).state, DevnodeState::Started);
    });
  }
  BusRig rig;
  rig.orders(1).ChildrenAsk = 1;
  rig.orders(2).Status[PuppetReenumerated] = 0xC0000001;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const auto old = rig.child(manager).id;
    rig.reenumerate(manager);
    EXPECT_EQ(rig.log(), "2:Reenumerated");
    EXPECT_EQ(rig.child(manager).id, old);
  });
}

TEST(WdfChildren, WDF_343_SetLockAnswersItsRequest) {
  BusRig rig;
  rig.orders(2).Status[PuppetSetLock] = 0xC0000120;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const auto result =
        user::send(rig.child(manager).pdo, IRP_MJ_PNP, IRP_MN_SET_LOCK, [](IRP* irp, IO_STACK_LOCATION* location) {
          irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
          location->Parameters.SetLock.Lock = TRUE;
        });
    EXPECT_EQ(result.status, STATUS_CANCELLED);
    EXPECT_EQ(rig.log(), "2:SetLock(1)");
  });
}

TEST(WdfChildren, WDF_012_WDF_460_ASecondPowerPolicyOwnerStopsTheRun) {
  WdfRig rig;
  rig.expect_stop(0xD);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    user::send(rig.device(manager), IRP_MJ_POWER, IRP_MN_SET_POWER, [](IRP* irp, IO_STACK_LOCATION* location) {
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      location->Parameters.Power.Type = DevicePowerState;
      location->Parameters.Power.State.DeviceState = PowerDeviceD3;
    });
  });
}

TEST(WdfChildren, WDF_036_WDF_459_APnpRequestOutOfOrderStopsTheRun) {
  WdfRig rig;
  rig.expect_stop(0xC);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    user::send(rig.device(manager), IRP_MJ_PNP, IRP_MN_STOP_DEVICE,
               [](IRP* irp, IO_STACK_LOCATION*) { irp->IoStatus.Status = STATUS_NOT_SUPPORTED; });
  });
}

}  // namespace
}  // namespace drydock::test::wdf
