// Child lists: scans, and what becomes of EvtChildListCreateDevice's answers (docs/contracts/wdf.md, section 16).

#include <algorithm>
#include <cstring>

#include "../../guest/wdf_bus.h"
#include "contract/wdf/wdf_rig.h"
#include "machine/decisions.h"
#include "machine/refusal.h"
#include "nt/interface.h"
#include "ntos/io/user.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

struct Rig : WdfRig {
  explicit Rig(PU32 variant = kBusPlain, std::function<std::unique_ptr<machine::Strategy>()> strategy = {})
      : WdfRig(std::move(strategy), "wdf_bus") {
    orders(1).Variant = variant;
  }
  void run(const std::function<void(Manager&)>& body) {
    WdfRig::run([&](Manager& manager) {
      body(manager);
      file.close();
    });
    ::new (static_cast<void*>(&file)) user::File;  // of a machine that stopped, nothing is left to close
  }
  void start(Manager& manager) {
    manager.enumerate_root();
    file = user::open(device(manager));
    EXPECT_TRUE(file);
    log();
    requests();
  }
  PU32 ask(std::uint32_t code, PU32 id = 0) {
    PU32 answer = 0;
    const auto result =
        file.ioctl(code, std::as_bytes(std::span(&id, 1)), std::as_writable_bytes(std::span(&answer, 1)));
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    return answer;
  }
  /// One scan that names these.
  void scan(Manager& manager, std::initializer_list<PU32> ids) {
    ask(IOCTL_WDF_BUS_BEGIN_SCAN);
    for (PU32 id : ids) ask(IOCTL_WDF_BUS_ADD, id);
    ask(IOCTL_WDF_BUS_END_SCAN);
    manager.wait_until_settled();
  }
  /// The log without the description callbacks.
  std::string events() {
    std::string text = log(), kept;
    for (std::size_t from = 0; from < text.size();) {
      const auto to = std::min(text.find("; ", from), text.size());
      const std::string each = text.substr(from, to - from);
      if (each.find("Note(") == std::string::npos || each == "Note(8)") kept += (kept.empty() ? "" : "; ") + each;
      from = to + 2;
    }
    return kept;
  }
  /// Statuses of the BusRelations queries since the last time.
  std::vector<NTSTATUS> queries(Manager& manager) {
    std::vector<NTSTATUS> all;
    const auto id = node(manager).id;
    const auto& sent = manager.sent_irps();
    for (; asked_ < sent.size(); ++asked_)
      if (sent[asked_].devnode == id && sent[asked_].major == IRP_MJ_PNP &&
          sent[asked_].minor == IRP_MN_QUERY_DEVICE_RELATIONS)
        all.push_back(sent[asked_].status);
    return all;
  }
  Devnode* child(Manager& manager, std::size_t index = 0) {
    const auto& children = manager.find(node(manager).id)->children;
    return index < children.size() ? children[index] : nullptr;
  }
  user::File file;

 private:
  std::size_t asked_ = 0;
};

TEST(ChildList, WDF_326_WDF_327_OnlyTheEndOfTheLastScanOrIterationCounts) {
  Rig rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1, 2});
    EXPECT_EQ(rig.events(), "Note(8); CreateChild(1); CreateChild(2); 2:PrepareHardware; 3:PrepareHardware");
    rig.ask(IOCTL_WDF_BUS_BEGIN_ITERATION);
    rig.ask(IOCTL_WDF_BUS_BEGIN_SCAN);
    rig.ask(IOCTL_WDF_BUS_BEGIN_SCAN);
    rig.ask(IOCTL_WDF_BUS_ADD, 1);
    rig.ask(IOCTL_WDF_BUS_END_SCAN);
    rig.ask(IOCTL_WDF_BUS_ADD, 3);
    rig.ask(IOCTL_WDF_BUS_END_SCAN);
    manager.wait_until_settled();
    EXPECT_EQ(rig.events(), "");
    rig.ask(IOCTL_WDF_BUS_END_ITERATION);
    manager.wait_until_settled();
    EXPECT_EQ(rig.events(),
              "Note(8); CreateChild(3); 3:ReportedMissing; 3:ObjCleanup; 3:ObjDestroy; 4:PrepareHardware");
    EXPECT_EQ(rig.ask(IOCTL_WDF_BUS_FIND, 1), 1u);
    EXPECT_EQ(rig.ask(IOCTL_WDF_BUS_FIND, 2), 0u);
    rig.checked();
  });
}

TEST(ChildList, WDF_328_WDF_457_SuccessWithoutADeviceDropsTheDescription) {
  Rig rig(kBusMakesNothing);
  rig.expect({"WDF-457"});
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1});
    EXPECT_EQ(rig.events(), "Note(8); CreateChild(1)");
    manager.scan(rig.node(manager).id);
    EXPECT_EQ(rig.events(), "Note(8)");
  });
}

TEST(ChildList, WDF_329_AfterCreatingTheChildIsTakenThroughRemoval) {
  Rig rig(kBusFailsAfterCreating);
  rig.orders(1).Status[PuppetCreateChild] = 0xC0000001;
  rig.orders(1).FailAfter[PuppetCreateChild] = 1;  // the first call fails
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1, 2});
    EXPECT_EQ(rig.events(), "Note(8); CreateChild(1); 2:ObjCleanup; 2:ObjDestroy; CreateChild(2); 3:PrepareHardware");
    EXPECT_EQ(rig.queries(manager).back(), STATUS_SUCCESS);
  });
}

TEST(ChildList, WDF_330_WDF_480_RetryKeepsTheDescriptionHoweverOften) {
  for (PU32 variant : {kBusPlain, kBusFailsAfterCreating}) {
    Rig rig(variant);
    rig.orders(1).Status[PuppetCreateChild] = 0xC000022D;  // STATUS_RETRY
    rig.orders(1).FailAfter[PuppetCreateChild] = 5;
    rig.expect({"WDF-480"});
    rig.run([&](Manager& manager) {
      rig.start(manager);
      rig.queries(manager);
      rig.scan(manager, {1});
      const std::string again =
          variant == kBusPlain ? "Note(8); CreateChild(1); " : "Note(8); CreateChild(1); 2:ObjCleanup; 2:ObjDestroy; ";
      EXPECT_EQ(rig.events(), again + again + again + again + again + "Note(8); CreateChild(1); 2:PrepareHardware");
      EXPECT_EQ(rig.queries(manager), std::vector<NTSTATUS>(6, STATUS_SUCCESS));
    });
  }
}

/// Refuses every pool allocation while it is told to.
struct PoolRefuser final : machine::Strategy {
  static bool on;
  std::uint32_t answer(const char* site, std::uint32_t n) override {
    return on && n == 2 && std::strcmp(site, "ExAllocatePoolWithTag") == 0 ? 1 : 0;
  }
};
bool PoolRefuser::on = false;

TEST(ChildList, WDF_331_AListThatCannotBeAllocatedIsAskedForThreeTimesMore) {
  Rig rig(kBusPlain, [] { return std::make_unique<PoolRefuser>(); });
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1});
    rig.queries(manager);
    rig.events();
    PoolRefuser::on = true;
    manager.scan(rig.node(manager).id);
    manager.wait_until_settled();
    PoolRefuser::on = false;
    EXPECT_EQ(rig.queries(manager), std::vector<NTSTATUS>(4, STATUS_INSUFFICIENT_RESOURCES));
    EXPECT_EQ(rig.child(manager)->state, DevnodeState::Started);  // a query that failed tells nothing
    EXPECT_EQ(rig.events(), "Note(8); Note(8); Note(8); Note(8)");
    manager.scan(rig.node(manager).id);
    EXPECT_EQ(rig.queries(manager), std::vector<NTSTATUS>{STATUS_SUCCESS});
  });
}

TEST(ChildList, WDF_331_WithAListFromAboveTheReportedChildrenAreMadeAnew) {
  WdfRig rig;  // device 1 is the bus, device 2 a filter above it with a child of its own
  rig.add_filter(true);
  rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
  rig.orders(2) = rig.orders(1);
  rig.orders(2).Filter = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    const auto started = rig.count(PuppetSmInit);
    EXPECT_EQ(started, 4u);
    const auto created = rig.count(PuppetCreateChild);
    rig.log();
    machine::Refusal refusal(2, "ExAllocatePoolWithTag");
    manager.scan(rig.node(manager).id);
    manager.wait_until_settled();
    EXPECT_TRUE(refusal.made());
    EXPECT_EQ(rig.count(PuppetCreateChild), created + 1);  // a clone of the bus's child alone
    EXPECT_EQ(rig.count(PuppetSurpriseRemoval), 1u);
    EXPECT_EQ(rig.count(PuppetSmInit), started + 1);
  });
}

TEST(ChildList, RST_096_WDF_336_ReenumerationIsAskedAboutUnderTheLockWhenNoScanIsOpen) {
  Rig rig;
  rig.orders(1).ChildrenAsk = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1});
    rig.events();
    REENUMERATE_SELF_INTERFACE_STANDARD self{};
    const auto answer = user::send(rig.child(manager)->pdo, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE,
                                   [&](IRP* irp, IO_STACK_LOCATION* location) {
                                     irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                                     auto& query = location->Parameters.QueryInterface;
                                     query.InterfaceType = &GUID_REENUMERATE_SELF_INTERFACE_STANDARD;
                                     query.Size = sizeof self;
                                     query.Version = 1;
                                     query.Interface = reinterpret_cast<INTERFACE*>(&self);
                                   });
    ASSERT_EQ(answer.status, STATUS_SUCCESS);
    rig.ask(IOCTL_WDF_BUS_BEGIN_SCAN);
    machine::call_driver(self.SurpriseRemoveAndReenumerateSelf, self.Context);
    manager.wait_until_settled();
    EXPECT_EQ(rig.events(), "");
    rig.ask(IOCTL_WDF_BUS_ADD, 1);
    rig.ask(IOCTL_WDF_BUS_END_SCAN);
    machine::call_driver(self.InterfaceDereference, self.Context);
    manager.wait_until_settled();
    const std::string events = rig.events();
    EXPECT_EQ(events.find("2:Reenumerated; Note(8); CreateChild(1); 2:ReportedMissing; 2:ObjCleanup; 2:ObjDestroy; "
                          "2:PrepareHardware"),
              0u)
        << events;
    EXPECT_EQ(rig.irql_of(PuppetReenumerated), 2u);
  });
}

TEST(ChildList, WDF_345_DescriptionCallbacksRunUnderTheLockTheCleanupOnesWithout) {
  Rig rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1});
    rig.scan(manager, {1});
    rig.ask(IOCTL_WDF_BUS_FIND, 1);
    rig.ask(IOCTL_WDF_BUS_MISSING, 1);
    manager.wait_until_settled();
    unsigned seen[8] = {};
    for (unsigned i = 0; i < rig.puppet().Calls; ++i) {
      const PUPPET_ENTRY& entry = rig.puppet().Log[i];
      if (entry.Call != PuppetNote || entry.Argument >= 8) continue;
      ++seen[entry.Argument];
      const bool cleanup = entry.Argument == kBusCleanup || entry.Argument == kBusAddressCleanup;
      EXPECT_EQ(entry.Irql, cleanup ? 0u : 2u) << entry.Argument;
    }
    for (unsigned each :
         {kBusDuplicate, kBusCompare, kBusCleanup, kBusAddressDuplicate, kBusAddressCopy, kBusAddressCleanup})
      EXPECT_GT(seen[each], 0u) << each;
  });
}

TEST(ChildList, ARequestOfAChildGoesToItsBus) {
  Rig rig(kBusForwards);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1});
    rig.log();
    user::File child = user::open(rig.child(manager)->pdo);
    const auto answer = child.start_read(16)->wait();
    EXPECT_EQ(answer.status, STATUS_SUCCESS);
    EXPECT_EQ(answer.information, 16u);
    EXPECT_EQ(rig.log(), "2:IoRead; IoRead");
    rig.checked(3);
  });
}

TEST(ChildList, WDF_285_APdoStartedAgainCountsAsOpenFromThatStartOn) {
  Rig rig(kBusQueues);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1});
    EXPECT_NE(rig.log().find("2:PrepareHardware; 2:Note(20)"), std::string::npos);  // held
    const auto child = rig.child(manager)->id;
    EXPECT_TRUE(manager.disable(child).ok());
    EXPECT_TRUE(manager.enable(child).ok());
    EXPECT_EQ(rig.log(), "2:PrepareHardware; 2:Note(21)");  // open
  });
}

TEST(ChildList, WDF_345_WDF_356_WDF_463_ADriverDeletesNoList) {
  Rig rig;
  rig.expect({"WDF-463"});
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.ask(IOCTL_WDF_BUS_DELETE_LIST);
    rig.scan(manager, {1});
    EXPECT_EQ(rig.ask(IOCTL_WDF_BUS_FIND, 1), 1u);
  });
}

TEST(ChildList, WDF_345_AListBelongsToAnFdo) {
  Rig rig;
  rig.expect_stop(5);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.scan(manager, {1});
    rig.ask(IOCTL_WDF_BUS_LIST_OF_CHILD, 1);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
