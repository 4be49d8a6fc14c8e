// What disk.sys does about SRBs that fail.

#include "contract/disk/disk_rig.h"

namespace drydock::tests::disk {
namespace {

constexpr ULONG kSlow = SRB_FLAGS_DISABLE_DISCONNECT | SRB_FLAGS_DISABLE_SYNCH_TRANSFER;

TEST(Disk, SP_197_RetriesABusResetFourTimesAtOnce) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer_all(SCSIOP_READ, kBusReset);
    std::vector<std::byte> data(512);
    EXPECT_EQ(file.read(data).status, STATUS_IO_DEVICE_ERROR);
  });
  const auto reads = rig.unit().commands(SCSIOP_READ);
  ASSERT_EQ(reads.size(), 5u);
  EXPECT_EQ(reads.back().at, reads.front().at);
  EXPECT_EQ(rig.account().bus_resets, 5u);
  EXPECT_EQ(rig.account().packets_retried, 4u);
  EXPECT_EQ(rig.account().errors_counted, 0u);
  rig.expect_even_account();
}

TEST(Disk, SP_197_AResetThatEndsCostsTheRequestNothing) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    const auto data = pattern(0x20000);
    rig.unit().answer(SCSIOP_WRITE,
                      {kBusReset, kBusReset, check_condition(SCSI_SENSE_UNIT_ATTENTION, SCSI_ADSENSE_BUS_RESET)});
    EXPECT_EQ(file.write(data).information, data.size());
    EXPECT_EQ(std::memcmp(rig.unit().medium.data(), data.data(), data.size()), 0);
  });
  rig.expect_even_account();
}

TEST(Disk, SP_198_TheLastRetryComesUntaggedAndSlow) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer(SCSIOP_READ, {kBusReset, kBusReset, kBusReset, kBusReset});
    std::vector<std::byte> data(512);
    EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
    EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
  });
  const auto reads = rig.unit().commands(SCSIOP_READ);
  ASSERT_EQ(reads.size(), 6u);
  for (std::size_t i : {0, 1, 2, 3, 5}) {
    EXPECT_TRUE(reads[i].srb.SrbFlags & SRB_FLAGS_QUEUE_ACTION_ENABLE) << i;
    EXPECT_FALSE(reads[i].srb.SrbFlags & kSlow) << i;
  }
  EXPECT_FALSE(reads[4].srb.SrbFlags & SRB_FLAGS_QUEUE_ACTION_ENABLE);
  EXPECT_EQ(reads[4].srb.SrbFlags & kSlow, kSlow);
  EXPECT_EQ(reads[4].srb.QueueTag, SP_UNTAGGED);
  EXPECT_EQ(rig.account().last_retries, 1u);
}

TEST(Disk, SP_201_RetriesAfterUnitAttentionAndCountsAPossibleMediaChange) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer(SCSIOP_READ, {check_condition(SCSI_SENSE_UNIT_ATTENTION, SCSI_ADSENSE_BUS_RESET)});
    std::vector<std::byte> data(512);
    EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
  });
  EXPECT_EQ(rig.unit().commands(SCSIOP_READ).size(), 2u);
  EXPECT_EQ(rig.account().unit_attentions, 1u);
  EXPECT_EQ(rig.account().media_changes, 1u);
}

TEST(Disk, SP_237_FourErrorsEndTaggingAndEightDisconnects) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    std::vector<std::byte> data(512);
    auto flags_of_a_read = [&] {
      rig.unit().script = nullptr;
      EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
      return rig.unit().commands(SCSIOP_READ).back().srb.SrbFlags;
    };
    auto errors = [&](unsigned count) {
      rig.unit().answer(SCSIOP_READ, std::vector<Reply>(count, kTimeout));
      EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
    };
    constexpr ULONG kQueued = SRB_FLAGS_NO_QUEUE_FREEZE | SRB_FLAGS_QUEUE_ACTION_ENABLE;
    errors(3);
    EXPECT_EQ(flags_of_a_read() & (kQueued | kSlow), kQueued);
    errors(1);
    EXPECT_EQ(flags_of_a_read() & (kQueued | kSlow), SRB_FLAGS_DISABLE_SYNCH_TRANSFER);
    errors(3);
    EXPECT_EQ(flags_of_a_read() & (kQueued | kSlow), SRB_FLAGS_DISABLE_SYNCH_TRANSFER);
    errors(1);
    EXPECT_EQ(flags_of_a_read() & (kQueued | kSlow), kSlow);
  });
  EXPECT_EQ(rig.account().errors_counted, 8u);
}

TEST(Disk, SP_260_RetriesTimeoutsAndGivesUpWithIoTimeout) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer_all(SCSIOP_READ, kTimeout);
    std::vector<std::byte> data(512);
    EXPECT_EQ(file.read(data).status, STATUS_IO_TIMEOUT);
  });
  EXPECT_EQ(rig.unit().commands(SCSIOP_READ).size(), 5u);
}

TEST(Disk, SP_239_ReleasesAQueueThatAFailureFroze) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer(SCSIOP_READ, {{.srb_status = SRB_STATUS_BUS_RESET | SRB_STATUS_QUEUE_FROZEN}});
    std::vector<std::byte> data(512);
    rig.unit().diary.clear();
    EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
    EXPECT_EQ(rig.unit().diary, (std::vector<std::string>{"READ", "RELEASE_QUEUE", "READ"}));
  });
  EXPECT_EQ(rig.account().queue_releases, 1u);
}

TEST(Disk, SP_239_ReleasesAQueueThatFreezesAgainWhileItIsBeingReleased) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().script = [](const SCSI_REQUEST_BLOCK& srb) -> std::optional<Reply> {
      const bool held = srb.Function == SRB_FUNCTION_RELEASE_QUEUE ||
                        (srb.Function == SRB_FUNCTION_EXECUTE_SCSI && srb.Cdb[0] == SCSIOP_READ);
      return held ? std::optional(kHold) : std::nullopt;
    };
    auto first = file.start_read(512), second = file.start_read(512, 512);
    constexpr Reply kFrozen{.srb_status = SRB_STATUS_PARITY_ERROR | SRB_STATUS_QUEUE_FROZEN};
    rig.unit().finish(kFrozen);
    rig.unit().finish(kFrozen);
    while (!rig.unit().held.empty()) rig.unit().finish();
    EXPECT_TRUE(first->wait().ok());
    EXPECT_TRUE(second->wait().ok());
  });
  EXPECT_EQ(rig.unit().functions(SRB_FUNCTION_RELEASE_QUEUE).size(), 2u);
}

TEST(Disk, SP_247_FlushesTheQueueOfRemovableMediaInstead) {
  DiskRig rig;
  rig.unit().removable = true;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer(SCSIOP_READ, {{.srb_status = SRB_STATUS_BUS_RESET | SRB_STATUS_QUEUE_FROZEN}});
    std::vector<std::byte> data(512);
    EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
  });
  EXPECT_EQ(rig.unit().functions(SRB_FUNCTION_FLUSH_QUEUE).size(), 1u);
  EXPECT_EQ(rig.unit().functions(SRB_FUNCTION_RELEASE_QUEUE).size(), 0u);
}

TEST(Disk, SP_157_SP_209_ResetsTheBusWhenADiskStaysBusy) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer(SCSIOP_READ, {{.srb_status = SRB_STATUS_ERROR, .scsi_status = SCSISTAT_BUSY}});
    std::vector<std::byte> data(512);
    EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
  });
  const auto resets = rig.unit().functions(SRB_FUNCTION_RESET_BUS);
  ASSERT_EQ(resets.size(), 1u);
  EXPECT_EQ(resets[0].srb.SrbFlags, 0u);
  EXPECT_EQ(resets[0].srb.TimeOutValue, 0u);
  EXPECT_EQ(resets[0].srb.DataBuffer, nullptr);
  EXPECT_EQ(resets[0].srb.CdbLength, 0);
  rig.expect_even_account();
}

TEST(DiskRetry, StartsAStoppedUnitAndTriesAgain) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer(SCSIOP_READ, {check_condition(SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY,
                                                    SCSI_SENSEQ_INIT_COMMAND_REQUIRED)});
    std::vector<std::byte> data(512);
    EXPECT_EQ(file.read(data).status, STATUS_SUCCESS);
  });
  EXPECT_EQ(rig.unit().commands(SCSIOP_START_STOP_UNIT).size(), 1u);
  const auto reads = rig.unit().commands(SCSIOP_READ);
  ASSERT_EQ(reads.size(), 2u);
  EXPECT_GE(reads[1].at - reads[0].at, 1s);
}

TEST(DiskRetry, EndsAtOnceWhatNoRetryMends) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    std::vector<std::byte> data(512);
    rig.unit().answer_all(SCSIOP_READ, check_condition(SCSI_SENSE_MEDIUM_ERROR, SCSI_ADSENSE_UNRECOVERED_ERROR));
    EXPECT_EQ(file.read(data).status, STATUS_DEVICE_DATA_ERROR);
    rig.unit().answer_all(SCSIOP_WRITE, check_condition(SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT));
    EXPECT_EQ(file.write(data).status, STATUS_MEDIA_WRITE_PROTECTED);
  });
  EXPECT_EQ(rig.unit().transfers(), 2u);
}

}  // namespace
}  // namespace drydock::tests::disk
