// The end of a host process, and what becomes of its devices (contract, section 21; scenario S45).

#include "contract/wdf/umdf_rig.h"
#include "ntos/io/user.h"

namespace drydock::test::wdf {
namespace {

namespace io = ntos::io;

struct Rig : UmdfRig {
  explicit Rig(UmdfOptions options = {}) : UmdfRig(options) {
    orders().Interrupts = 2;
    orders().MapsBar = 1;
    orders().Queue = 1;
  }
  /// Only the first instance of the device does it.
  void once(PuppetUmFault fault, PuppetCall call) {
    orders(1) = orders();
    misbehave(fault, call, 1);
  }
};

constexpr const char* kStart = "PrepareHardware; D0Entry(D3Final); IntEnable(1); IntEnable(2); PostInt(D3Final); SmInit";

TEST(UmdfEnd, WDF_424_WDF_427_WDF_430_S45_RequestsEndAndTheStackIsBuiltAnew) {
  Rig rig;
  rig.expect({"WDF-424"});
  rig.once(UmNullWrite, PuppetIsr);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    io::user::File file = io::user::open(rig.device(manager));
    auto read = file.start_read(16);
    EXPECT_FALSE(read->done());
    rig.log();
    rig.requests();
    rig.misbehave(UmNothing, PuppetIsr, 1);
    rig.orders(1).UmFault = UmNullWrite;
    rig.orders(1).UmFaultIn = 1 + PuppetIoRead;
    auto fatal = file.start_read(16);
    EXPECT_EQ(fatal->wait().status, STATUS_DRIVER_PROCESS_TERMINATED);
    EXPECT_EQ(read->wait().status, STATUS_DRIVER_PROCESS_TERMINATED);
    rig.sleep(10ms);
    // The application sees a surprise removal, and holds the stack.
    EXPECT_EQ(rig.requests(), "SURPRISE_REMOVAL");
    EXPECT_EQ(rig.log(), "IoRead");
    EXPECT_LT(file.start_read(16)->wait().status, 0);
    EXPECT_EQ(rig.processes().size(), 1u);
    read.reset();
    fatal.reset();
    file.close();
    manager.wait_until_settled();
    rig.sleep(10ms);
    EXPECT_EQ(rig.requests(), "REMOVE START");
    // A new process, S41; nothing more in the old one.
    EXPECT_EQ(rig.log(), std::string("DriverEntry; 2:DeviceAdd; 2:") + [] {
      std::string text = kStart;
      for (std::size_t at = 0; (at = text.find("; ", at)) != std::string::npos; at += 4) text.insert(at + 2, "2:");
      return text;
    }());
    EXPECT_EQ(rig.processes().size(), 2u);
    EXPECT_TRUE(rig.processes()[0]->ended());
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(UmdfEnd, WDF_424_TheReportNamesTheFaultWithTheDriversStack) {
  Rig rig;
  rig.expect({"WDF-424"});
  rig.once(UmNullWrite, PuppetPrepareHardware);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_NE(rig.last_summary().find("host process 1 of wdf_puppet_um.dll: the driver writes at "
                                      "wdf_puppet_um.dll!Misbehave"),
              std::string::npos)
        << rig.last_summary();
    EXPECT_NE(rig.last_summary().find("near null"), std::string::npos);
    const std::vector<std::string> stack = rig.last_stack();
    ASSERT_GE(stack.size(), 2u);
    EXPECT_EQ(stack[0].find("wdf_puppet_um.dll!Misbehave"), 0u);
    std::string all;
    for (const std::string& frame : stack) all += frame + "; ";
    EXPECT_NE(all.find("wdf_puppet_um.dll!Play"), std::string::npos) << all;  // called last of all by the callback
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);  // the next instance
  });
}

TEST(UmdfEnd, WDF_424_EveryMistakeEndsTheProcessAndNothingElse) {
  struct Mistake {
    PuppetUmFault fault;
    const char* says;
  };
  for (const Mistake each : {Mistake{UmNullWrite, "writes"}, Mistake{UmBadInstruction, "invalid instruction"},
                             Mistake{UmSystemCall, "no user-mode code may"}, Mistake{UmBadHandle, "invalid-handle"},
                             Mistake{UmKernelPointer, "gives the framework a buffer"},
                             Mistake{UmKernelCallback, "a callback at"}, Mistake{UmDeepRecursion, "writes"}}) {
    SCOPED_TRACE(each.says);
    Rig rig;
    rig.expect({"WDF-424"});
    rig.once(each.fault, PuppetSmInit);
    rig.run([&](Manager& manager) {
      auto* kernel = static_cast<std::uint32_t*>(rig.machine().memory().allocate_pages(1));
      *kernel = 7;
      rig.puppet().Address = reinterpret_cast<std::uint64_t>(kernel);
      manager.enumerate_root();
      manager.wait_until_settled();
      EXPECT_NE(rig.last_summary().find(each.says), std::string::npos) << rig.last_summary();
      EXPECT_EQ(*kernel, 7u);
      EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
      EXPECT_EQ(rig.processes().size(), 2u);
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    });
  }
}

TEST(UmdfEnd, WDF_427_NothingRunsInTheDriverAfterIt) {
  struct Place {
    PuppetCall call;
    const char* name;
  };
  for (const Place where :
       {Place{PuppetPrepareHardware, "PrepareHardware"}, Place{PuppetD0Entry, "D0Entry(D3Final)"},
        Place{PuppetIntEnable, "IntEnable(1)"}, Place{PuppetPostInt, "PostInt(D3Final)"}, Place{PuppetSmInit, "SmInit"},
        Place{PuppetQueryRemove, "QueryRemove"}, Place{PuppetSmSuspend, "SmSuspend"},
        Place{PuppetD0Exit, "D0Exit(D3Final)"}, Place{PuppetReleaseHardware, "ReleaseHardware"},
        Place{PuppetSmCleanup, "SmCleanup"}}) {
    SCOPED_TRACE(where.name);
    Rig rig;
    rig.expect({"WDF-424"});
    rig.once(UmNullWrite, where.call);
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      if (rig.count(where.call) == 0) manager.remove(rig.node(manager).id);
      manager.wait_until_settled();
      rig.sleep(10ms);
      const std::string calls = rig.log(1);
      const std::size_t last = calls.rfind("; ");
      EXPECT_EQ(calls.substr(last == std::string::npos ? 0 : last + 2), where.name) << calls;
      EXPECT_TRUE(rig.processes()[0]->ended());
      EXPECT_EQ(rig.processes()[0]->visits(), 0u);
      EXPECT_TRUE(rig.processes()[0]->released);
    });
  }
}

TEST(UmdfEnd, WDF_425_APnpRequestWithoutProgressForSixtySecondsEndsIt) {
  Rig rig;
  rig.expect({"WDF-425"});
  rig.once(UmWaits, PuppetPrepareHardware);
  rig.run([&](Manager& manager) {
    const machine::Time began = rig.machine().now();
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_GE(rig.machine().now() - began, 60s);
    EXPECT_LT(rig.machine().now() - began, 70s);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    EXPECT_EQ(rig.processes().size(), 2u);
  });
}

TEST(UmdfEnd, WDF_425_ALoopWithoutEndIsNoProgress) {
  Rig rig;
  rig.expect({"WDF-425"});
  rig.once(UmSpins, PuppetD0Entry);
  rig.run([&](Manager& manager) {
    const machine::Time began = rig.machine().now();
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_GE(rig.machine().now() - began, 60s);
    EXPECT_NE(rig.last_summary().find("runs on and on at wdf_puppet_um.dll!Misbehave"), std::string::npos)
        << rig.last_summary();
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(UmdfEnd, WDF_426_ADeviceOfItsOwnProcessIsRestartedFiveTimes) {
  Rig rig;
  rig.expect(std::vector<std::string>(6, "WDF-424"));
  rig.misbehave(UmNullWrite, PuppetSmInit);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    for (int i = 0; i < 20; ++i) {
      manager.wait_until_settled();
      rig.sleep(10ms);
    }
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 6u);  // the first, and five restarts
    EXPECT_EQ(rig.processes().size(), 6u);
    EXPECT_NE(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(UmdfEnd, WDF_426_AfterThirtyMinutesTheCountBeginsAgain) {
  Rig rig;
  rig.expect(std::vector<std::string>(7, "WDF-424"));
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    for (int failure = 0; failure < 7; ++failure) {
      if (failure == 5) rig.sleep(31min);
      rig.misbehave(UmNullWrite, PuppetIsr);
      rig.model->interrupt(0);
      rig.sleep(10ms);
      rig.misbehave(UmNothing, PuppetIsr);
      manager.wait_until_settled();
      rig.sleep(10ms);
      ASSERT_EQ(rig.node(manager).state, DevnodeState::Started) << failure;
    }
  });
}

TEST(UmdfEnd, WDF_426_DevicesOfASharedProcessEndAndStartTogether) {
  Rig rig({.shares_process = true});
  rig.expect({"WDF-424", "WDF-424"});
  rig.run([&](Manager& manager) {
    rig.plug_neighbour();
    manager.enumerate_root();
    ASSERT_EQ(manager.served_by(u"wdf_puppet").size(), 2u);
    EXPECT_EQ(rig.processes().size(), 1u);
    EXPECT_TRUE(rig.processes()[0]->shared());
    EXPECT_EQ(rig.count(PuppetDriverEntry), 1u);

    const auto fail_first = [&] {
      rig.misbehave(UmNullWrite, PuppetIsr);
      rig.model->interrupt(0);
      rig.sleep(10ms);
      rig.misbehave(UmNothing, PuppetIsr);
      manager.wait_until_settled();
      rig.sleep(10ms);
    };
    fail_first();
    EXPECT_EQ(manager.served_by(u"wdf_puppet").size(), 2u);
    EXPECT_EQ(rig.processes().size(), 2u);  // one for both again
    EXPECT_TRUE(rig.processes()[1]->shared());
    fail_first();
    EXPECT_EQ(manager.served_by(u"wdf_puppet").size(), 2u);
    EXPECT_EQ(rig.processes().size(), 4u);  // each has failed in a shared one twice
    EXPECT_FALSE(rig.processes()[3]->shared());
  });
}

TEST(UmdfEnd, WDF_493_DriverEntryRunsOncePerProcess) {
  Rig rig;
  rig.run([&](Manager& manager) {
    rig.plug_neighbour();
    unsigned entries = 0;
    rig.on_loaded = [&entries](UmdfRig::HostProcess&) { ++entries; };
    manager.enumerate_root();
    EXPECT_EQ(rig.processes().size(), 2u);
    EXPECT_EQ(entries, 2u);
    EXPECT_EQ(rig.count(PuppetDriverEntry), 2u);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
