// Reads, writes and flushes through disk.sys.

#include "contract/disk/disk_rig.h"

namespace drydock::tests::disk {
namespace {

TEST(Disk, SP_311_ReadsBackWhatItWroteInPartsTheAdapterTakes) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    ASSERT_TRUE(file);
    const auto data = pattern(300 * 1024);
    auto result = file.write(data, 64 * 512);
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    EXPECT_EQ(result.information, data.size());
    std::vector<std::byte> back(data.size());
    result = file.read(back, 64 * 512);
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    EXPECT_EQ(result.information, data.size());
    EXPECT_EQ(back, data);
    EXPECT_EQ(std::memcmp(rig.unit().medium.data() + 64 * 512, data.data(), data.size()), 0);
  });
  const auto writes = rig.unit().commands(SCSIOP_WRITE);
  ASSERT_EQ(writes.size(), 5u);  // 64 KiB each, the last of 44 KiB
  for (std::size_t i = 0; i < writes.size(); ++i) {
    EXPECT_EQ(writes[i].block(), 64 + i * 128);
    EXPECT_EQ(writes[i].srb.DataTransferLength, i < 4 ? 0x10000u : 44u * 1024);
    EXPECT_EQ(writes[i].srb.QueueSortKey, writes[i].block());
  }
  rig.expect_even_account();
  EXPECT_EQ(rig.account().requests_received, 2u);
  EXPECT_EQ(rig.account().bytes_written, 300u * 1024);
  EXPECT_EQ(rig.account().bytes_read, 300u * 1024);
}

TEST(Disk, SP_310_CutsByPhysicalPagesWhereTheyAreTheLimit) {
  DiskRig rig;
  rig.unit().transfer_bytes_max = 0x100000;
  rig.unit().physical_pages_max = 9;
  rig.run([&] {
    auto file = rig.open();
    std::vector<std::byte> data(64 * 1024);
    EXPECT_TRUE(file.read(data).ok());
  });
  const auto reads = rig.unit().commands(SCSIOP_READ);
  ASSERT_EQ(reads.size(), 2u);
  for (const Arrival& read : reads)
    EXPECT_LE(ADDRESS_AND_SIZE_TO_SPAN_PAGES(read.srb.DataBuffer, read.srb.DataTransferLength), 9u);
}

TEST(Disk, SP_067_LeavesTheAddressToThePort) {
  DiskRig rig;
  rig.run([&] {
    std::vector<std::byte> data(512);
    EXPECT_TRUE(rig.open().read(data).ok());
  });
  for (const Arrival& one : rig.unit().arrivals) {
    EXPECT_EQ(one.srb.PathId | one.srb.TargetId | one.srb.Lun, 0);
    EXPECT_EQ(one.srb.Length, sizeof(SCSI_REQUEST_BLOCK));
  }
}

TEST(Disk, SP_237_TransfersToAFixedDiskFreezeNothingAndAreTagged) {
  DiskRig rig;
  rig.run([&] {
    std::vector<std::byte> data(512);
    EXPECT_TRUE(rig.open().read(data).ok());
    EXPECT_TRUE(rig.open().write(data).ok());
  });
  const SCSI_REQUEST_BLOCK read = rig.unit().commands(SCSIOP_READ)[0].srb;
  const SCSI_REQUEST_BLOCK write = rig.unit().commands(SCSIOP_WRITE)[0].srb;
  constexpr ULONG kAlways = SRB_FLAGS_NO_QUEUE_FREEZE | SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_ADAPTER_CACHE_ENABLE;
  EXPECT_EQ(read.SrbFlags, kAlways | SRB_FLAGS_DATA_IN);
  EXPECT_EQ(write.SrbFlags, kAlways | SRB_FLAGS_DATA_OUT);
  EXPECT_EQ(read.QueueAction, SRB_SIMPLE_TAG_REQUEST);
  EXPECT_EQ(read.ScsiStatus, 0);
}

TEST(Disk, SP_237_TransfersToARemovableDiskFreezeTheQueue) {
  DiskRig rig;
  rig.unit().removable = true;
  rig.unit().queues = false;
  rig.run([&] {
    std::vector<std::byte> data(512);
    EXPECT_TRUE(rig.open().read(data).ok());
  });
  EXPECT_EQ(rig.unit().commands(SCSIOP_READ)[0].srb.SrbFlags, SRB_FLAGS_ADAPTER_CACHE_ENABLE | SRB_FLAGS_DATA_IN);
}

TEST(Disk, RefusesWhatLiesOutsideOrBetweenSectors) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    const std::uint64_t size = rig.unit().medium.size();
    std::vector<std::byte> data(1024);
    EXPECT_EQ(file.read(data, size - 512).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(file.read(data, size).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(file.read(data, 100).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(file.read(std::span(data).first(100), 0).status, STATUS_INVALID_PARAMETER);
    EXPECT_EQ(file.read({}, 0).status, STATUS_SUCCESS);
    EXPECT_EQ(file.read(data, size - 1024).status, STATUS_SUCCESS);
  });
  EXPECT_EQ(rig.unit().commands(SCSIOP_READ).size(), 1u);
  EXPECT_EQ(rig.account().requests_failed, 4u);
  rig.expect_even_account();
}

TEST(Disk, UsesCommandsOf16BytesBeyond2TiB) {
  DiskRig rig;
  rig.unit().blocks_claimed = 0x2'0000'0000;
  rig.run([&] {
    std::vector<std::byte> data(1024);
    EXPECT_TRUE(rig.open().read(data, 0x1'0000'0010ull * 512).ok());
  });
  const auto reads = rig.unit().commands(SCSIOP_READ16);
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(big_endian_64(reads[0].srb.Cdb + 2), 0x1'0000'0010ull);
  EXPECT_EQ(reads[0].srb.CdbLength, 16);
}

TEST(Disk, EndsAsItsFirstBadPartDoes) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().script = [](const SCSI_REQUEST_BLOCK& srb) -> std::optional<Reply> {
      if (srb.Cdb[0] != SCSIOP_READ || srb.Function != SRB_FUNCTION_EXECUTE_SCSI) return {};
      return kHold;
    };
    auto request = file.start_read(3 * 0x10000);
    ASSERT_EQ(rig.unit().held.size(), 3u);
    std::swap(rig.unit().held[0], rig.unit().held[2]);
    rig.unit().finish(check_condition(SCSI_SENSE_DATA_PROTECT));  // the third part
    EXPECT_FALSE(request->done());
    rig.unit().finish(check_condition(SCSI_SENSE_MEDIUM_ERROR));  // the second
    EXPECT_FALSE(request->done());
    rig.unit().finish();
    const auto result = request->wait();
    EXPECT_EQ(result.status, STATUS_DEVICE_DATA_ERROR);
    EXPECT_EQ(result.information, 0u);
  });
  rig.expect_even_account();
}

TEST(Disk, MoreRequestsThanPacketsWaitTheirTurn) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer_all(SCSIOP_READ, kHold);
    std::vector<std::unique_ptr<user::Request>> requests;
    for (unsigned i = 0; i < 400; ++i) requests.push_back(file.start_read(512, i * 512));
    EXPECT_LT(rig.unit().held.size(), 400u);
    EXPECT_GE(rig.unit().held.size(), 16u);
    unsigned finished = 0;
    for (; !rig.unit().held.empty(); ++finished) rig.unit().finish();
    EXPECT_EQ(finished, 400u);
    for (auto& request : requests) EXPECT_EQ(request->wait().status, STATUS_SUCCESS);
  });
  // First come, first served.
  const auto reads = rig.unit().commands(SCSIOP_READ);
  ASSERT_EQ(reads.size(), 400u);
  for (std::size_t i = 0; i < reads.size(); ++i) EXPECT_EQ(reads[i].block(), i);
  rig.expect_even_account();
}

TEST(Disk, ARequestOfMorePartsThanPacketsIsSentAsTheyComeBack) {
  DiskRig rig;
  rig.unit().transfer_bytes_max = 4096;
  rig.unit().physical_pages_max = 2;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer_all(SCSIOP_READ, kHold);
    auto request = file.start_read(300 * 4096);
    auto second = file.start_read(512);
    EXPECT_LT(rig.unit().held.size(), 300u);
    while (!rig.unit().held.empty()) rig.unit().finish();
    EXPECT_EQ(request->wait().information, 300u * 4096);
    EXPECT_TRUE(second->wait().ok());
  });
  EXPECT_EQ(rig.unit().commands(SCSIOP_READ).size(), 301u);
  rig.expect_even_account();
}

TEST(Disk, AFailedPartEndsARequestThatStillWaitsForPackets) {
  DiskRig rig;
  rig.unit().transfer_bytes_max = 4096;
  rig.unit().physical_pages_max = 2;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer_all(SCSIOP_READ, kHold);
    auto request = file.start_read(300 * 4096);
    while (!rig.unit().held.empty()) rig.unit().finish(check_condition(SCSI_SENSE_MEDIUM_ERROR));
    EXPECT_EQ(request->wait().status, STATUS_DEVICE_DATA_ERROR);
  });
  EXPECT_LT(rig.unit().commands(SCSIOP_READ).size(), 300u);
  rig.expect_even_account();
}

TEST(Disk, FlushesItsCacheThenTheAdapters) {
  DiskRig rig;
  rig.unit().write_cache = true;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().diary.clear();
    EXPECT_EQ(file.flush().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.unit().diary, (std::vector<std::string>{"SYNCHRONIZE_CACHE", "FLUSH"}));
  });
  rig.expect_even_account();
}

TEST(Disk, WithoutAWriteCacheOnlyTheAdapterIsFlushed) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().diary.clear();
    EXPECT_EQ(file.flush().status, STATUS_SUCCESS);
    EXPECT_EQ(rig.unit().diary, std::vector<std::string>{"FLUSH"});
  });
}

TEST(Disk, SP_228_ATransferHasTheDisksTimeoutWhateverItsLength) {
  DiskRig rig;
  rig.run([&] {
    std::vector<std::byte> data(0x10000);
    EXPECT_TRUE(rig.open().read(data).ok());
    EXPECT_TRUE(rig.open().read(std::span(data).first(512)).ok());
  });
  for (const Arrival& read : rig.unit().commands(SCSIOP_READ)) EXPECT_EQ(read.srb.TimeOutValue, 10u);
}

TEST(Disk, SP_228_AVerifyHasItOncePer128SectorsBegun) {
  DiskRig rig;
  rig.run([&] {
    VERIFY_INFORMATION range{};
    range.StartingOffset.QuadPart = 512;
    range.Length = 257 * 512;
    std::span<const std::byte> input(reinterpret_cast<const std::byte*>(&range), sizeof(range));
    EXPECT_EQ(rig.open().ioctl(IOCTL_DISK_VERIFY, input).status, STATUS_SUCCESS);
  });
  const auto verifies = rig.unit().commands(SCSIOP_VERIFY);
  ASSERT_EQ(verifies.size(), 1u);
  EXPECT_EQ(verifies[0].block(), 1u);
  EXPECT_EQ(verifies[0].srb.TimeOutValue, 30u);
}

}  // namespace
}  // namespace drydock::tests::disk
