// Section 13: what the tests of ioctl_test.cpp leave of pass-through and of resets by IOCTL.

#include "nt/pass_through.h"

#include "contract/scsiport/puppet_test.h"
#include "machine/refusal.h"
#include "nt/ioctl.h"
#include "nt/storage.h"
#include "port/scsiport/kernel.h"

namespace drydock::tests::scsiport {
namespace {

namespace kernel = port::scsiport;

class PassThrough : public PuppetTest {
 protected:
  NTSTATUS direct(SCSI_PASS_THROUGH_DIRECT& request) {
    return rig.ioctl(rig.unit().pdo, IOCTL_SCSI_PASS_THROUGH_DIRECT, std::as_bytes(std::span(&request, 1)),
                     std::as_writable_bytes(std::span(&request, 1)));
  }
  static SCSI_PASS_THROUGH_DIRECT request(PVOID buffer, ULONG length, UCHAR operation) {
    SCSI_PASS_THROUGH_DIRECT result{};
    result.Length = sizeof(result);
    result.CdbLength = 10;
    result.DataIn = SCSI_IOCTL_DATA_IN;
    result.DataTransferLength = length;
    result.TimeOutValue = 5;
    result.DataBuffer = buffer;
    result.Cdb[0] = operation;
    return result;
  }
};

TEST_F(PassThrough, SP_319_TheCommandIsNotLookedAt) {
  rig.run_started([&] {
    for (UCHAR operation : {0x00, 0x2A, 0x04, 0xC1, 0xFF}) {  // FORMAT UNIT and vendors' own among them
      SCSI_PASS_THROUGH_DIRECT sent = request(nullptr, 0, operation);
      EXPECT_EQ(direct(sent), STATUS_SUCCESS);
      EXPECT_EQ(seen().Cdb[0], operation);
      EXPECT_EQ(seen().CdbLength, 10);
    }
  });
  expect_clean();
}

TEST_F(PassThrough, SP_321_DirectUsesTheCallersBufferAndAsksForAlignment) {
  rig.run([&] {
    rig.script(PuppetFindAdapter, {{PuppetAlignment, 3, 0}});
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    auto* buffer = static_cast<char*>(kernel::ExAllocatePoolWithTag(NonPagedPool, 512, 0x54736353));
    std::memset(buffer, 0, 512);
    SCSI_PASS_THROUGH_DIRECT sent = request(buffer + 4, 36, 0x12);
    EXPECT_EQ(direct(sent), STATUS_SUCCESS);
    EXPECT_EQ(std::memcmp(buffer + 4 + 8, "DRYDOCK ", 8), 0);
    sent = request(buffer + 2, 36, 0x12);
    EXPECT_EQ(direct(sent), STATUS_INVALID_PARAMETER);
    sent = request(nullptr, 36, 0x12);
    EXPECT_EQ(direct(sent), STATUS_INVALID_PARAMETER);
    kernel::ExFreePoolWithTag(buffer, 0);
  });
  expect_clean();
}

TEST_F(PassThrough, SP_321_ABufferThatCannotBeLockedFailsTheRequestAlone) {
  rig.run_started([&] {
    SCSI_PASS_THROUGH_DIRECT nowhere = request(reinterpret_cast<PVOID>(0x10000), 36, 0x12);
    EXPECT_EQ(direct(nowhere), STATUS_ACCESS_VIOLATION);
    auto* buffer = static_cast<char*>(kernel::ExAllocatePoolWithTag(NonPagedPool, 512, 0x54736353));
    SCSI_PASS_THROUGH_DIRECT refused = request(buffer, 36, 0x12);
    machine::Refusal refusal(1, "MmProbeAndLockPages");
    EXPECT_EQ(direct(refused), STATUS_WORKING_SET_QUOTA);
    EXPECT_TRUE(refusal.made());
    kernel::ExFreePoolWithTag(buffer, 0);
  });
  expect_clean();
}

TEST_F(PassThrough, SP_325_ResetBusEndsWhatIsOwnedAndLeavesWhatWaits) {
  constexpr ULONG kAccess = IOCTL_STORAGE_RESET_BUS >> 14 & 3;
  EXPECT_EQ(kAccess, FILE_READ_ACCESS);
  rig.run_started([&] {
    hold_requests();
    Sent& owned = rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
    Sent& waits = rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
    const STORAGE_BUS_RESET_REQUEST reset{0};
    std::byte answer[4];
    EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_STORAGE_RESET_BUS, std::as_bytes(std::span(&reset, 1)), answer),
              STATUS_SUCCESS);
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_BUS_RESET);
    EXPECT_FALSE(waits.done);
    answer_requests();
    rig.advance(5s);
    EXPECT_EQ(waits.srb_status(), SRB_STATUS_SUCCESS);
  });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
