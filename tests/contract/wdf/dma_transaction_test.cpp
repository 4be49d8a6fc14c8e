// DMA transactions, on wdf_transfers.sys and a device that moves the bytes.

#include "../../guest/wdf_transfers.h"
#include "contract/wdf/wdf_rig.h"
#include "machine/refusal.h"
#include "ntos/io/user.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

struct Rig : WdfRig {
  explicit Rig(PU32 variant) : WdfRig({}, "wdf_transfers") { orders(1).Variant = variant; }
};

/// Byte `i` of the driver's buffer, filled with `seed`.
std::byte pattern(unsigned seed, unsigned i) {
  return static_cast<std::byte>(static_cast<std::uint8_t>(seed + i * 7 + i / 256));
}

TEST(DmaTransaction, MovesEveryByteThereAndBackInHoweverManyTransfers) {
  for (const PU32 variant : {kTransferWhole, kTransferPieces, kTransferPartly, kTransferElements, kTransferPacket}) {
    Rig rig(variant);
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      EXPECT_EQ(rig.node(manager).state, DevnodeState::Started) << variant;
      rig.checked(20);
      for (unsigned i = 0; i < TRANSFER_BYTES; ++i) ASSERT_EQ(rig.model->memory[i], pattern(3, i)) << variant << " " << i;
      EXPECT_GT(rig.model->transfers, 1u);
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    });
  }
}

TEST(DmaTransaction, EndsWhereTheDeviceStopped) {
  Rig rig(kTransferFinal);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.checked(10);
  });
}

TEST(DmaTransaction, ThatMayNotBeSplitIsRefusedAtOnce) {
  Rig rig(kTransferSingle);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.checked(10);
  });
}

TEST(DmaTransaction, BeginsAnywhereInItsMdl) {
  Rig rig(kTransferOffset);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.checked(10);
    EXPECT_EQ(rig.model->memory[0], pattern(9, 0x1F00));
  });
}

TEST(DmaTransaction, OneThatWasRefusedIsReleasedAndUsedAnew) {
  Rig rig(kTransferRefused);
  rig.run([&](Manager& manager) {
    machine::Refusal refusal(1, "GetScatterGatherList");
    manager.enumerate_root();
    EXPECT_TRUE(refusal.made());
    rig.checked(10);
  });
  Rig next(kTransferRefusedNext);
  next.run([&](Manager& manager) {
    machine::Refusal refusal(2, "GetScatterGatherList");
    manager.enumerate_root();
    EXPECT_TRUE(refusal.made());
    next.checked(10);
  });
}

TEST(DmaTransaction, MovesARequestsBytes) {
  Rig rig(kTransferRequests);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    auto file = user::open(rig.device(manager));
    std::vector<std::byte> bytes(0x3210);
    for (unsigned i = 0; i < bytes.size(); ++i) bytes[i] = pattern(5, i);
    const user::IoResult written = file.write(bytes);
    EXPECT_EQ(written.status, STATUS_SUCCESS);
    EXPECT_EQ(written.information, bytes.size());
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), rig.model->memory.begin()));
    std::vector<std::byte> back(bytes.size());
    const user::IoResult read = file.read(back);
    EXPECT_EQ(read.status, STATUS_SUCCESS);
    EXPECT_EQ(read.information, bytes.size());
    EXPECT_EQ(back, bytes);
    rig.checked(8);
    file.close();
  });
}

class DmaTransactionMistake : public testing::TestWithParam<PU32> {};

TEST_P(DmaTransactionMistake, WDF_442_EndsTheRun) {
  Rig rig(GetParam());
  rig.expect_stop(8);
  rig.run([&](Manager& manager) {
    machine::Refusal refusal(GetParam() == kTransferExecutedAfterFailure ? 1 : 0, "GetScatterGatherList");
    manager.enumerate_root();
  });
}

INSTANTIATE_TEST_SUITE_P(All, DmaTransactionMistake,
                         testing::Values(kTransferCompletedTwice, kTransferExecutedTwice, kTransferInitializedAgain,
                                         kTransferReleasedUnderWay, kTransferDeletedUnderWay,
                                         kTransferExecutedAfterFailure));

}  // namespace
}  // namespace drydock::test::wdf
