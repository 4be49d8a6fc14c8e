// Requests in reserve for want of memory (WdfIoQueueAssignForwardProgressPolicy), on wdf_reserve.sys.

#include "../../guest/wdf_reserve.h"
#include "contract/wdf/wdf_rig.h"
#include "machine/refusal.h"
#include "ntos/io/irp.h"
#include "ntos/io/user.h"
#include "ntos/ke/event.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

struct Rig : WdfRig {
  explicit Rig(PU32 variant = kReserveAlways, bool completes = false) : WdfRig({}, "wdf_reserve") {
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

TEST(ForwardProgress, TheReserveIsEquippedAtOnceAndServesWhereThereIsNoMemory) {
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

TEST(ForwardProgress, WhenTheReserveIsOutOthersWaitForItInOrder) {
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

TEST(ForwardProgress, WhoeverWaitsWhenTheDeviceGoesIsEnded) {
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

TEST(ForwardProgress, TheQueueGoesWhenEveryReservedRequestIsBackFromWhereverItWentTo) {
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

TEST(ForwardProgress, ADriverThatCannotEquipARequestGetsAReservedOne) {
  Rig rig(kReserveAlways, true);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    rig.orders(1).Status[PuppetNote] = 0xC000009A;
    EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "Note(2); ChildObjCleanup(0); Note(12)");
  });
}

TEST(ForwardProgress, TheDriverMayLookAtTheIrpFirst) {
  Rig rig(kReserveExamine, true);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    EXPECT_EQ(rig.read_in_need(file)->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "Note(3); Note(12)");
    EXPECT_EQ(rig.read_in_need(file, RESERVE_UNWORTHY)->wait().status, STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(rig.log(), "Note(3)");
  });
}

TEST(ForwardProgress, OrOnlyPagingIsWorthIt) {
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

TEST(ForwardProgress, WrongPoliciesAreRefused) {
  Rig rig(kReserveSpoilt, true);
  rig.run([&](Manager& manager) {
    user::File file = rig.open(manager);
    EXPECT_EQ(rig.read_in_need(file)->wait().status, STATUS_SUCCESS);
    rig.checked(6);
  });
}

TEST(ForwardProgress, AReserveThatCannotBeFilledIsNone) {
  Rig fails;
  fails.orders(1).FailInterrupt = 2;  // of the second
  fails.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(fails.log(), "Note(1); Note(1); ChildObjCleanup(1); ChildObjCleanup(2)");
    EXPECT_EQ(manager.find_id(kWdfId)->state == DevnodeState::Started, false);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
