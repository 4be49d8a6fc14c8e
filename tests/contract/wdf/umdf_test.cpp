// User-mode drivers: what differs from kernel-mode ones (contract, section 21), on the puppet built as a UMDF 2 driver.

#include "contract/ntos/kernel_rig.h"
#include "contract/wdf/umdf_rig.h"
#include "image/loader.h"
#include "machine/refusal.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

namespace io = ntos::io;
namespace um = drydock::wdf::um;

struct Rig : UmdfRig {
  explicit Rig(UmdfOptions options = {}) : UmdfRig(options) {
    orders().Interrupts = 2;
    orders().MapsBar = 1;
  }
};

constexpr const char* kStart = "PrepareHardware; D0Entry(D3Final); IntEnable(1); IntEnable(2); PostInt(D3Final); SmInit";
constexpr const char* kDown = "SmSuspend; PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final); ReleaseHardware";
constexpr const char* kObjectsGo =
    "ChildObjCleanup(1); ChildObjCleanup(2); ObjCleanup; ChildObjDestroy(1); ChildObjDestroy(2); ObjDestroy";

TEST(Umdf, WDF_414_WDF_415_WDF_418_WDF_490_StartsInTheOrderOfKernelDrivers) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), std::string("DriverEntry; DeviceAdd; ") + kStart);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.requests(), "START");
    EXPECT_NE(rig.last_process().image()->find_export("FxDriverEntryUm"), nullptr);
  });
}

TEST(Umdf, WDF_415_WDF_418_WDF_430_WDF_500_S41_OrderlyRemovalAndUnload) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    rig.sleep(10ms);
    EXPECT_EQ(rig.log(), std::string("QueryRemove; ") + kDown + "; SmFlush; SmCleanup; " + kObjectsGo +
                             "; Unload; DriverCleanup; DriverDestroy");
    EXPECT_TRUE(rig.last_process().released);
    EXPECT_EQ(rig.machine().findings().size(), 0u);
  });
}

TEST(Umdf, WDF_415_SleepRebalanceAndSurpriseRemovalKeepTheirOrder) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(rig.log(), "SmSuspend; PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)");
    ntos::po::wake();
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "D0Entry(D3); IntEnable(1); IntEnable(2); PostInt(D3); SmRestart");
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id, Manager::NewResources::Other).ok());
    EXPECT_EQ(rig.log(), std::string("QueryStop; ") + kDown +
                             "; PrepareHardware; D0Entry(D3Final); IntEnable(1); IntEnable(2); PostInt(D3Final); SmRestart");
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), std::string("SurpriseRemoval; ") + kDown + "; SmFlush; SmCleanup; " + kObjectsGo);
  });
}

TEST(Umdf, WDF_416_TheDriverRunsInAnAddressSpaceWithoutTheKernel) {
  Rig rig;
  std::uint32_t secret = 0x600D;
  rig.expect({"WDF-424"});
  rig.run([&](Manager& manager) {
    auto* kernel = static_cast<std::uint32_t*>(rig.machine().memory().allocate_pages(1));
    *kernel = secret;
    rig.orders(1) = rig.orders();
    rig.misbehave(UmWildWrite, PuppetD0Entry, 1);
    rig.puppet().Address = reinterpret_cast<std::uint64_t>(kernel);
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(*kernel, secret);
    EXPECT_NE(rig.last_summary().find("writes at wdf_puppet_um.dll!Misbehave"), std::string::npos) << rig.last_summary();
    EXPECT_NE(rig.last_summary().find("outside of its process"), std::string::npos) << rig.last_summary();
  });
}

TEST(Umdf, WDF_416_RequestsCrossAsCopies) {
  Rig rig;
  rig.orders().Queue = 1;
  rig.orders().CompletesReads = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    io::user::File file = io::user::open(rig.device(manager));
    std::byte bytes[100] = {};
    const io::user::IoResult result = file.read(bytes);
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    EXPECT_EQ(result.information, sizeof bytes);
    for (std::byte each : bytes) EXPECT_EQ(each, std::byte{0x5A});
  });
}

TEST(Umdf, WDF_417_WDF_419_FunctionsOfTheKernelAreNotThere) {
  const image::ExportIndex& exports = tests::driver_exports();
  for (const char* name :
       {"WdfDmaEnablerCreate", "WdfDmaTransactionCreate", "WdfCommonBufferCreate", "WdfChildListCreate",
        "WdfPdoInitAllocate", "WdfFdoAddStaticChild", "WdfWmiProviderCreate", "WdfDeviceWdmGetDeviceObject",
        "WdfRequestWdmGetIrp", "WdfInterruptWdmGetInterrupt", "WdfDeviceInitSetIoInCallerContextCallback",
        "WdfRequestRetrieveUnsafeUserInputBuffer", "WdfDeviceInitSetRemoveLockOptions", "WdfDeviceSetSpecialFileSupport",
        "WdfDeviceInitSetPowerNotPageable"})
    EXPECT_EQ(um::find_service(exports, name).check, nullptr) << name;
  for (const char* name : {"WdfDeviceCreate", "WdfIoQueueCreate", "WdfInterruptCreate", "WdfDeviceMapIoSpace"})
    EXPECT_NE(um::find_service(exports, name).entry, nullptr) << name;
}

TEST(Umdf, WDF_417_ADriverThatAsksForOneIsNotLoaded) {
  Rig rig;
  rig.on_loaded = [](um::HostProcess& process) {
    auto* name = static_cast<char*>(process.allocate(32));
    std::strcpy(name, "WdfDmaEnablerCreate");
    static_cast<const char**>(process.image()->find_symbol("WdfFunctionNames"))[3] = name;
  };
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), "");
    EXPECT_NE(rig.last_summary().find("asks for WdfDmaEnablerCreate"), std::string::npos) << rig.last_summary();
  });
}

TEST(Umdf, WDF_420_WDF_421_ServiceRoutineAndDpcRunAtPassiveLevel) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    rig.model->interrupt(0);
    rig.sleep(1ms);
    rig.model->interrupt(1);
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "Isr(1); Dpc(1); Isr(2); Dpc(2)");
    EXPECT_EQ(rig.last_process().irql_max(), 0u);
  });
}

TEST(Umdf, WDF_420_AnInterruptAbovePassiveLevelEndsTheProcess) {
  Rig rig;
  rig.expect({"WDF-424"});
  rig.orders(1) = rig.orders();
  rig.misbehave(UmInterruptNotPassive, PuppetPrepareHardware, 1);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_NE(rig.last_summary().find("interrupt-above-passive-level"), std::string::npos) << rig.last_summary();
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(Umdf, WDF_422_WithoutDirectHardwareAccessResourcesAreShownButNotUsable) {
  Rig rig({.direct_hardware_access = false});
  rig.orders().Interrupts = 0;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_GT(rig.puppet().Seen[SeenPrepareList + 1], 0u);
    EXPECT_EQ(rig.puppet().Seen[SeenMapStatus], static_cast<PU32>(STATUS_ACCESS_DENIED));
  });
  Rig with_interrupts({.direct_hardware_access = false});
  with_interrupts.orders().MapsBar = 0;
  with_interrupts.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(with_interrupts.log(1), "DeviceAdd; ObjCleanup; ObjDestroy");
  });
}

TEST(Umdf, WDF_422_BeforeTwoFifteenTheListsAreEmpty) {
  for (const bool allowed : {false, true}) {
    Rig rig({.image = "wdf_puppet_um20", .direct_hardware_access = allowed});
    rig.orders().Interrupts = 0;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      EXPECT_EQ(rig.puppet().Seen[SeenPrepareList + 1] > 0, allowed);
    });
  }
}

TEST(Umdf, WDF_423_RegistersAreMappedAndReachedByFunctions) {
  Rig rig;
  rig.orders().ReadsRegisterIn = 1 + PuppetD0Entry;
  rig.misbehave(UmEveryWay, PuppetSmInit);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.puppet().Seen[SeenMapStatus], 0u);
    EXPECT_EQ(rig.puppet().Seen[SeenRegister], 0x010000EDu);
    EXPECT_EQ(rig.puppet().Seen[SeenWays], 0x561234u);
    EXPECT_EQ(rig.puppet().Seen[SeenWays + 1], 0x1122u);
    EXPECT_EQ(rig.puppet().Seen[SeenWays + 2], 0x22u);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
  });
}

TEST(Umdf, WDF_423_TheMappingIsNoMemoryOfTheDriver) {
  Rig rig;
  rig.expect({"WDF-424"});
  rig.orders(1) = rig.orders();
  rig.misbehave(UmTouchesRegister, PuppetD0Entry, 1);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_NE(rig.last_summary().find("reads at wdf_puppet_um.dll!Misbehave"), std::string::npos) << rig.last_summary();
  });
}

TEST(Umdf, WDF_428_TheRegisterTableGoesAfterReleaseHardware) {
  Rig rig;
  rig.orders().MapsBar = 2;
  rig.expect({"WDF-444"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());  // and nothing is left mapped
  });
}

TEST(Umdf, WDF_428_WDF_178_AFailureToBuildItComesBeforeTheDriversCallback) {
  Rig rig;
  rig.run([&](Manager& manager) {
    {
      machine::Refusal refusal(1, "wdf.um.registers");
      manager.enumerate_root();
      manager.wait_until_settled();
      EXPECT_TRUE(refusal.made());
    }
    EXPECT_EQ(rig.log(1).find("PrepareHardware"), std::string::npos);
    EXPECT_EQ(rig.log(1).find("ReleaseHardware"), std::string::npos);
  });
}

TEST(Umdf, WDF_431_WDF_011_TheFunctionDriverOwnsThePowerPolicy) {
  Rig rig;
  rig.orders().IdleMilliseconds = 50;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.puppet().Seen[SeenIdleStatus], 0u);
    rig.log();
    rig.sleep(200ms);
    EXPECT_EQ(rig.log(), "SmSuspend; PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)");
  });
  Rig filter;
  filter.orders().Filter = 1;
  filter.orders().Interrupts = 0;
  filter.orders().MapsBar = 0;
  filter.orders().IdleMilliseconds = 50;
  filter.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_NE(filter.puppet().Seen[SeenIdleStatus], 0u);
  });
}

TEST(Umdf, TimeIsTheMachines) {
  Rig rig;
  rig.misbehave(UmTimeStamp, PuppetSmInit);
  rig.run([&](Manager& manager) {
    rig.sleep(3s);
    manager.enumerate_root();
    const std::uint64_t ticks = std::uint64_t{rig.puppet().Seen[SeenWays + 1]} << 32 | rig.puppet().Seen[SeenWays];
    EXPECT_GE(ticks, 3'000'000'000u);
    EXPECT_LT(ticks, 4'000'000'000u);
  });
}

TEST(Umdf, TwoRunsHaveTheSameTrace) {
  std::string digests[2];
  for (std::string& digest : digests) {
    Rig rig;
    rig.expect({"WDF-424"});
    rig.orders().Queue = 1;
    rig.orders().CompletesReads = 1;
    rig.orders(1) = rig.orders();
    rig.misbehave(UmNullWrite, PuppetIoRead, 1);
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      {
        io::user::File file = io::user::open(rig.device(manager));
        file.start_read(16)->wait();
      }
      manager.wait_until_settled();
      rig.model->interrupt(0);
      rig.sleep(1ms);
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    });
    digest = rig.machine().trace().digest();
  }
  EXPECT_EQ(digests[0], digests[1]);
}

TEST(Umdf, WDF_374_BeforeVersion215AFailedDeviceIsNotBroughtBack) {
  for (const bool old : {false, true}) {
    Rig rig({.image = old ? "wdf_puppet_um20" : "wdf_puppet_um"});
    rig.orders().Interrupts = 0;
    rig.orders(1).MapsBar = 0;
    rig.orders(1).SetFailedIn = 1 + PuppetQueryStop;
    rig.orders(1).SetFailedAction = 1;  // WdfDeviceFailedAttemptRestart
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.query_and_cancel_stop(rig.node(manager).id);
      manager.wait_until_settled();
      EXPECT_EQ(rig.count(PuppetSurpriseRemoval), 1u);
      EXPECT_EQ(rig.count(PuppetDeviceAdd), old ? 1u : 2u);
    });
  }
}

}  // namespace
}  // namespace drydock::test::wdf
