// Requests in reserve for want of memory (WdfIoQueueAssignForwardProgressPolicy), on wdf_reserve.sys.

#include "../../guest/wdf_reserve.h"
#include "contract/wdf/wdf_rig.h"
#include "machine/decisions.h"
#include "machine/refusal.h"
#include "ntos/io/irp.h"
#include "ntos/io/user.h"
#include "ntos/ke/event.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

struct Rig : WdfRig {
  explicit Rig(PU32 variant = kReserveAlways, bool completes = false,
               std::function<std::unique_ptr<machine::Strategy>()> strategy = {}, unsigned processors = 0)
      : WdfRig(std::move(strategy), "wdf_reserve", processors) {
    orders(1).Variant = variant;
    orders(1).CompletesReads = completes;
  }
  user::File open(Manager& manager) {
    manager.enumerate_root();
    user::File file = user::open(device(manager));
    log();
    return file;
  }
  /// A read for which there is no memory.
  static std::unique_ptr<user::Request> read_in_need(user::File& file, std::size_t bytes = 4) {
    const machine::Refusal refusal(1, "wdf.object");
    auto request = file.start_read(bytes);
    EXPECT_TRUE(refusal.made());
    return request;
  }
  static void finish_one(user::File& file) {
    const std::byte byte{};
    EXPECT_EQ(file.write(std::span(&byte, 1)).status, STATUS_SUCCESS);
  }
};

TEST(ForwardProgress, WDF_358_WDF_505_WDF_506_WDF_508_TheReserveIsEquippedAtOnceAndServesWhereThereIsNoMemory) {
  Rig rig(kReserveAlways, true);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), "Note(1); Note(1)");
    user::File file = user::open(rig.device(manager));
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "Note(2); Note(10); ChildObjCleanup(0)");
    for (int again = 0; again < 5; ++again) {
      auto request = rig.read_in_need(file);
      const user::IoResult result = request->wait();
      EXPECT_EQ(result.status, STATUS_SUCCESS);
      EXPECT_EQ(result.information, 4u);
      EXPECT_EQ(request->data()[3], std::byte{0x52});  // the same one, with its context, and nothing cleaned up
      EXPECT_EQ(rig.log(), "Note(12)");
    }
    file.close();
    rig.log();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(), "ChildObjCleanup(1); ChildObjCleanup(2)");
    rig.checked(10);
  });
}

TEST(ForwardProgress, WDF_507_WhenTheReserveIsOutOthersWaitForItInOrder) {
  Rig rig;
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    auto first = rig.read_in_need(file), second = rig.read_in_need(file), third = rig.read_in_need(file),
         fourth = rig.read_in_need(file), fifth = rig.read_in_need(file);
    EXPECT_EQ(rig.log(), "Note(12); Note(11)");
    EXPECT_TRUE(fourth->cancel());
    EXPECT_EQ(fourth->wait().status, STATUS_CANCELLED);
    rig.finish_one(file);
    EXPECT_TRUE(first->done());
    EXPECT_FALSE(third->done());
    EXPECT_EQ(rig.log(), "Note(2); Note(12); ChildObjCleanup(0)");  // the write has its own, the third what the first had
    rig.finish_one(file);
    EXPECT_EQ(rig.log(), "Note(2); Note(11); ChildObjCleanup(0)");
    EXPECT_FALSE(fifth->done());
    for (int i = 0; i < 2; ++i) rig.finish_one(file);
    for (auto* request : {&first, &second, &third, &fifth}) EXPECT_EQ((*request)->wait().status, STATUS_SUCCESS);
    for (auto* request : {&first, &second, &third, &fourth, &fifth}) request->reset();
    file.close();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
  });
}

TEST(ForwardProgress, WDF_508_WhoeverWaitsWhenTheDeviceGoesIsEnded) {
  Rig rig;
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    std::vector<std::unique_ptr<user::Request>> requests;
    for (int i = 0; i < 6; ++i) requests.push_back(rig.read_in_need(file));
    rig.unplug();
    manager.wait_until_settled();
    for (auto& request : requests) EXPECT_FALSE(request->wait().ok());
    requests.clear();
    file.close();
    manager.wait_until_settled();
  });
}

TEST(ForwardProgress, WDF_508_TheQueueGoesWhenEveryReservedRequestIsBackFromWhereverItWentTo) {
  Rig rig(kReserveForwards);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    std::byte page[4];
    LARGE_INTEGER start{};
    KEVENT done;
    IO_STATUS_BLOCK answer{};
    ntos::KeInitializeEvent(&done, NotificationEvent, FALSE);
    // The kernel's own, of no file: it does not keep the device from going.
    IRP* irp = ntos::io::IoBuildSynchronousFsdRequest(IRP_MJ_READ, rig.device(manager), page, sizeof page, &start, &done,
                                                      &answer);
    ASSERT_NE(irp, nullptr);
    {
      const machine::Refusal refusal(1, "wdf.object");
      EXPECT_EQ(ntos::io::IofCallDriver(rig.device(manager), irp), STATUS_PENDING);
    }
    rig.log();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(answer.Status, STATUS_CANCELLED);
    EXPECT_EQ(rig.log(), "Note(20); ChildObjCleanup(1); ChildObjCleanup(2)");
  });
}

TEST(ForwardProgress, WDF_506_ADriverThatCannotEquipARequestGetsAReservedOne) {
  Rig rig(kReserveAlways, true);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    rig.orders(1).Status[PuppetNote] = 0xC000009A;
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "Note(2); ChildObjCleanup(0); Note(12)");
  });
}

TEST(ForwardProgress, WDF_506_TheDriverMayLookAtTheIrpFirst) {
  Rig rig(kReserveExamine, true);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    EXPECT_EQ(rig.read_in_need(file)->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "Note(3); Note(12)");
    EXPECT_EQ(rig.read_in_need(file, RESERVE_UNWORTHY)->wait().status, STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(rig.log(), "Note(3)");
  });
}

TEST(ForwardProgress, WDF_506_OrOnlyPagingIsWorthIt) {
  Rig rig(kReservePaging, true);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    EXPECT_EQ(rig.read_in_need(file)->wait().status, STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(rig.log(), "");
    std::byte page[4];
    LARGE_INTEGER start{};
    KEVENT done;
    IO_STATUS_BLOCK answer{};
    ntos::KeInitializeEvent(&done, NotificationEvent, FALSE);
    IRP* irp = ntos::io::IoBuildSynchronousFsdRequest(IRP_MJ_READ, rig.device(manager), page, sizeof page, &start, &done,
                                                      &answer);
    ASSERT_NE(irp, nullptr);
    irp->Flags |= IRP_PAGING_IO;
    const machine::Refusal refusal(1, "wdf.object");
    EXPECT_EQ(ntos::io::IofCallDriver(rig.device(manager), irp), STATUS_PENDING);
    EXPECT_EQ(rig.log(), "Note(12)");
    EXPECT_EQ(answer.Status, STATUS_SUCCESS);
  });
}

TEST(ForwardProgress, WDF_505_WrongPoliciesAreRefused) {
  Rig rig(kReserveSpoilt, true);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    EXPECT_EQ(rig.read_in_need(file)->wait().status, STATUS_SUCCESS);
    rig.checked(6);
  });
}

TEST(ForwardProgress, WDF_505_AReserveThatCannotBeFilledIsNone) {
  Rig fails;
  fails.orders(1).FailInterrupt = 2;  // of the second
  fails.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(fails.log(), "Note(1); Note(1); ChildObjCleanup(1); ChildObjCleanup(2)");
    EXPECT_EQ(manager.find_id(kWdfId)->state == DevnodeState::Started, false);
  });
}

TEST(ForwardProgress, WDF_505_APolicyIsAssignedOnce) {
  Rig rig(kReserveAgain, true);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    EXPECT_EQ(rig.read_in_need(file)->wait().status, STATUS_SUCCESS);
    rig.checked(6);
  });
}

TEST(ForwardProgress, WDF_505_AReserveBeyondAllMemoryIsRefused) {
  Rig rig(kReserveHuge);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.checked(1);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(ForwardProgress, WDF_509_WhoWaitedComesToTheQueueFromNoCallersContext) {
  Rig rig(kReserveInCallerContext);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    auto first = rig.read_in_need(file), second = rig.read_in_need(file), third = rig.read_in_need(file);
    EXPECT_EQ(rig.log(), "Note(30); Note(12); Note(30); Note(11)");
    rig.finish_one(file);
    EXPECT_EQ(rig.log(), "Note(2); Note(30); Note(12); ChildObjCleanup(0)");
    for (int i = 0; i < 2; ++i) rig.finish_one(file);
    for (auto* request : {&first, &second, &third}) EXPECT_EQ((*request)->wait().status, STATUS_SUCCESS);
  });
}

TEST(ForwardProgress, WDF_507_ACallbackThatBlocksKeepsNobodyElseWaiting) {
  Rig rig(kReserveBlocks);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    auto first = rig.read_in_need(file), second = rig.read_in_need(file), third = rig.read_in_need(file, RESERVE_BLOCKS),
         fourth = rig.read_in_need(file, RESERVE_FREES);
    rig.beside([&] { rig.finish_one(file); },
               [&] {
                 rig.sleep(1ms);
                 rig.finish_one(file);
               });
    for (int i = 0; i < 2; ++i) rig.finish_one(file);
    for (auto* request : {&first, &second, &third, &fourth}) EXPECT_EQ((*request)->wait().status, STATUS_SUCCESS);
    rig.checked(5);
  });
}

TEST(ForwardProgress, WDF_508_ATimerOfTheWayBeforeDoesNotEndTheNext) {
  Rig rig(kReserveSends);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    rig.orders(1).Status[PuppetNote] = 0xC000009A;  // every read takes the reserved one
    std::unique_ptr<user::Request> second;
    unsigned notes = 0;
    rig.on(PuppetNote, [&] {
      if (++notes == 2) second = file.start_read(4);  // while the first is in EvtIoRead
    });
    auto first = file.start_read(4);
    EXPECT_EQ(first->wait().status, STATUS_SUCCESS);
    rig.sleep(100ms);
    ASSERT_NE(second, nullptr);
    EXPECT_FALSE(second->done());
    rig.orders(1).Status[PuppetNote] = 0;
    rig.finish_one(file);
    EXPECT_EQ(second->wait().status, STATUS_SUCCESS);
    rig.checked(5);
  });
}

/// Chooses among schedules alone: memory is never refused.
class Schedules final : public machine::Strategy {
 public:
  explicit Schedules(std::uint64_t seed) : all_(machine::random(seed)) {}
  std::uint32_t answer(const char* site, std::uint32_t n) override {
    const std::string_view name(site);
    return name.starts_with("point.") || name.starts_with("processor.") ? all_->answer(site, n) : 0;
  }
  bool asks_at_points() const override { return true; }

 private:
  std::unique_ptr<machine::Strategy> all_;
};

/// Whoever waits is seen to, though the waiter for the reserve runs as soon as the only request is back.
TEST(ForwardProgress, WDF_508_NobodyIsForgottenWhenTheQueueGoes) {
  for (std::uint64_t seed = 1; seed <= 32; ++seed) {
    Rig rig(kReserveOne, false, [seed] { return std::make_unique<Schedules>(seed); }, 2);
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      std::byte page[4];
      LARGE_INTEGER start{};
      KEVENT done[2];
      IO_STATUS_BLOCK answer[2] = {};
      for (int i = 0; i < 2; ++i) {
        ntos::KeInitializeEvent(&done[i], NotificationEvent, FALSE);
        IRP* irp = ntos::io::IoBuildSynchronousFsdRequest(IRP_MJ_READ, rig.device(manager), page, sizeof page, &start,
                                                          &done[i], &answer[i]);
        ASSERT_NE(irp, nullptr);
        const machine::Refusal refusal(1, "wdf.object");
        EXPECT_EQ(ntos::io::IofCallDriver(rig.device(manager), irp), STATUS_PENDING);
      }
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
      EXPECT_EQ(answer[0].Status, STATUS_CANCELLED) << seed;
      EXPECT_EQ(answer[1].Status, STATUS_INVALID_DEVICE_STATE) << seed;
    });
  }
}

}  // namespace
}  // namespace drydock::test::wdf
