// Interrupt objects (docs/contracts/wdf.md, section 12), on wdf_interrupts.sys.

#include "../../guest/wdf_interrupts.h"
#include "contract/wdf/wdf_rig.h"
#include "nt/bugcheck.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"
#include "wdf/framework.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

struct Rig : WdfRig {
  explicit Rig(PU32 variant, PU32 interrupts = 1) : WdfRig({}, "wdf_interrupts") {
    orders(1).Variant = variant;
    orders(1).Interrupts = interrupts;
  }
  void run(const std::function<void(Manager&)>& body) {
    WdfRig::run([&](Manager& manager) {
      body(manager);
      file.close();
    });
  }
  void start(Manager& manager) {
    manager.enumerate_root();
    file = user::open(device(manager));
    EXPECT_TRUE(file);
    log();
  }
  PU32 ask(std::uint32_t code, PU32 number) {
    PU32 answer = 0x77777777;
    const auto result =
        file.ioctl(code, std::as_bytes(std::span(&number, 1)), std::as_writable_bytes(std::span(&answer, 1)));
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    return answer;
  }
  /// What came of message `number`.
  std::string message(unsigned number) {
    EXPECT_TRUE(model->interrupt(number));
    sleep(1ms);
    return log();
  }
  void remove(Manager& manager) {
    file.close();
    EXPECT_TRUE(manager.remove(node(manager).id).ok());
  }
  user::File file;
};

TEST(WdfInterrupt, WDF_266_WDF_267_WDF_270_CreationIsRefusedForEachReason) {
  Rig rig(kIntChecks, 0);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.checked(8 + 5);
    EXPECT_EQ(rig.count(PuppetIntEnable), 0u);
  });
}

TEST(WdfInterrupt, WDF_268_WDF_449_AChangedDescriptorIsNamed) {
  for (const bool verifier : {false, true}) {
    Rig rig(kIntChangedDescriptor, 0);
    rig.orders(1).InterruptsInPrepare = 1;
    rig.expect({"WDF-449"});
    rig.run([&](Manager& manager) {
      drydock::wdf::framework().settings.verifier = verifier;
      manager.enumerate_root();
      EXPECT_EQ(rig.puppet().Seen[SeenSendStatus], static_cast<PU32>(verifier ? STATUS_INVALID_PARAMETER : 0));
    });
  }
}

TEST(WdfInterrupt, WDF_268_WDF_449_AForeignDescriptorStopsTheRun) {
  Rig rig(kIntForeignDescriptor, 0);
  rig.orders(1).InterruptsInPrepare = 1;
  rig.expect_stop(4);
  rig.run([&](Manager& manager) { manager.enumerate_root(); });
}

TEST(WdfInterrupt, WDF_269_WDF_451_NowhereElse) {
  Rig rig(kIntCreatedInD0Entry);
  rig.expect({"WDF-451", "WDF-451"});
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.checked();
    EXPECT_EQ(rig.ask(IOCTL_WDF_INT_CREATE, 1), static_cast<PU32>(STATUS_INVALID_DEVICE_STATE));
  });
}

TEST(WdfInterrupt, WDF_272_ObjectsTakeMessagesInOrderOfCreation) {
  Rig rig(kIntWithDpc, 3);  // one more than there are messages
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.ask(IOCTL_WDF_INT_MESSAGE, 1), 1u);
    EXPECT_EQ(rig.ask(IOCTL_WDF_INT_MESSAGE, 2), 2u);
    EXPECT_EQ(rig.ask(IOCTL_WDF_INT_MESSAGE, 3), ~0u);
    EXPECT_EQ(rig.message(0), "Isr(1); Dpc(1)");
    EXPECT_EQ(rig.message(1), "Isr(2); Dpc(2)");
    EXPECT_EQ(rig.count(PuppetIntEnable), 2u);  // WDF-120: the surplus object is silent
  });
}

TEST(WdfInterrupt, WDF_273_EnableAndDisableHoldTheLockAtItsLevel) {
  for (PU32 variant : {kIntWithDpc, kIntPassive}) {
    Rig rig(variant);
    rig.run([&](Manager& manager) {
      rig.start(manager);
      rig.remove(manager);
      for (PuppetCall call : {PuppetIntEnable, PuppetIntDisable}) {
        if (variant == kIntPassive)
          EXPECT_EQ(rig.irql_of(call), 0u);
        else
          EXPECT_GT(rig.irql_of(call), 2u);
      }
      if (variant == kIntPassive) rig.checked(2);
    });
  }
}

TEST(WdfInterrupt, WDF_273_APassiveInterruptIsServedByAThread) {
  for (PU32 variant : {kIntPassive, kIntPassiveWithDpc}) {
    Rig rig(variant);
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_EQ(rig.message(0), variant == kIntPassive ? "Isr(1); WorkItem(1)" : "Isr(1); Dpc(1)");
      EXPECT_EQ(rig.irql_of(PuppetIsr), 0u);
      EXPECT_EQ(rig.irql_of(variant == kIntPassive ? PuppetWorkItem : PuppetDpc), variant == kIntPassive ? 0u : 2u);
    });
  }
}

TEST(WdfInterrupt, WDF_275_WDF_276_GoingDownInReverseDisableThenFlushThenDisconnect) {
  for (PU32 variant : {kIntQueuesInDisable, kIntWorkQueuesInDisable}) {
    Rig rig(variant, 2);
    rig.run([&](Manager& manager) {
      rig.start(manager);
      ntos::po::sleep(PowerSystemSleeping3);
      EXPECT_EQ(rig.log(), variant == kIntQueuesInDisable
                               ? "PreInt(D3); IntDisable(2); Dpc(2); IntDisable(1); Dpc(1); D0Exit(D3)"
                               : "PreInt(D3); IntDisable(2); WorkItem(2); IntDisable(1); WorkItem(1); D0Exit(D3)");
      rig.checked(2);  // still connected when the flush ran them
      EXPECT_EQ(rig.ask(IOCTL_WDF_INT_CONNECTED, 1), 0u);
      ntos::po::wake();
      rig.sleep(1ms);
      EXPECT_EQ(rig.log(), "D0Entry(D3); IntEnable(1); IntEnable(2); PostInt(D3)");
    });
  }
}

TEST(WdfInterrupt, WDF_277_OnASharedLineTheRoutineIsAskedForOthersToo) {
  Rig rig(kIntLine);
  rig.use_line();
  rig.plug_neighbour();
  rig.orders(2) = rig.orders(1);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    rig.neighbour->raise_line();
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "Isr(1); 2:Isr(1); 2:Dpc(1)");
    rig.model->raise_line();
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "Isr(1); Dpc(1)");
  });
}

TEST(WdfInterrupt, WDF_280_ALineThatNobodyQuietsIsAStorm) {
  for (PU32 variant : {kIntLineNeverMine, kIntLineLeftUp}) {
    Rig rig(variant);
    rig.use_line();
    rig.expect_bug_check(HARDWARE_INTERRUPT_STORM);
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      rig.model->raise_line();
      rig.sleep(1s);
    });
  }
}

TEST(WdfInterrupt, WDF_278_QueuedOnceRunsOnce) {
  for (PU32 variant : {kIntWithDpc, kIntWithWorkItem, kIntPassive}) {
    Rig rig(variant);
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_EQ(rig.ask(IOCTL_WDF_INT_QUEUE, 1), 1u);  // TRUE, FALSE, FALSE
      rig.sleep(1ms);
      EXPECT_EQ(rig.log(), variant == kIntWithDpc ? "Dpc(1)" : "WorkItem(1)");
    });
  }
}

TEST(WdfInterrupt, WDF_279_DisableAndEnableInTheMiddleOfD0) {
  Rig rig(kIntWithDpc, 2);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.ask(IOCTL_WDF_INT_DISABLE, 1);
    EXPECT_EQ(rig.log(), "IntDisable(1)");
    EXPECT_EQ(rig.ask(IOCTL_WDF_INT_CONNECTED, 1), 0u);
    EXPECT_EQ(rig.message(0), "");
    EXPECT_EQ(rig.message(1), "Isr(2); Dpc(2)");
    ntos::po::sleep(PowerSystemSleeping3);
    ntos::po::wake();
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "PreInt(D3); IntDisable(2); D0Exit(D3); D0Entry(D3); IntEnable(2); PostInt(D3)");
    rig.ask(IOCTL_WDF_INT_ENABLE, 1);
    EXPECT_EQ(rig.log(), "IntEnable(1)");
    EXPECT_EQ(rig.message(0), "Isr(1); Dpc(1)");
  });
}

TEST(WdfInterrupt, WDF_279_OnANonPageableDeviceTheConnectionStays) {
  Rig rig(kIntWithDpc);
  rig.orders(1).NotPageable = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.ask(IOCTL_WDF_INT_DISABLE, 1);
    EXPECT_EQ(rig.log(), "IntDisable(1)");
    EXPECT_EQ(rig.ask(IOCTL_WDF_INT_CONNECTED, 1), 1u);
    rig.ask(IOCTL_WDF_INT_ENABLE, 1);
    EXPECT_EQ(rig.log(), "IntEnable(1)");
  });
}

TEST(WdfInterrupt, WDF_281_WDF_282_TheDeviceInterruptsInPostIntAndPreIntAndNoLonger) {
  Rig rig(kIntDoorbells);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), "PrepareHardware; D0Entry(D3Final); IntEnable(1); PostInt(D3Final); Isr(1); Dpc(1)");
    ntos::po::sleep(PowerSystemSleeping3);
    // D0Exit rings too: nobody is connected any more.
    EXPECT_EQ(rig.log(), "PreInt(D3); Isr(1); Dpc(1); IntDisable(1); D0Exit(D3)");
    ntos::po::wake();
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "D0Entry(D3); IntEnable(1); PostInt(D3); Isr(1); Dpc(1)");
  });
}

}  // namespace
}  // namespace drydock::test::wdf
