// Trim: IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES and what becomes of it.

#include "contract/disk/disk_rig.h"
#include "nt/data_set.h"

namespace drydock::tests::disk {
namespace {

struct TrimRequest {
  DEVICE_MANAGE_DATA_SET_ATTRIBUTES head{};
  ULONG pad = 0;
  DEVICE_DATA_SET_RANGE ranges[2]{};

  TrimRequest(DEVICE_DATA_SET_RANGE first, DEVICE_DATA_SET_RANGE second) : ranges{first, second} {
    head.Size = sizeof(head);
    head.Action = DeviceDsmAction_Trim;
    head.DataSetRangesOffset = offsetof(TrimRequest, ranges);
    head.DataSetRangesLength = sizeof(ranges);
  }
  NTSTATUS send(user::File& file) {
    return file.ioctl(IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, std::as_bytes(std::span(this, 1))).status;
  }
};

TEST(DiskTrim, WholeBlocksOfEachRangeAreUnmapped) {
  DiskRig rig;
  rig.unit().unmaps = true;
  rig.run([&] {
    auto file = rig.open();
    // The second range loses its broken blocks at both ends.
    EXPECT_EQ(TrimRequest({0, 8 * 512}, {100 * 512 + 1, 4 * 512}).send(file), STATUS_SUCCESS);
  });
  const auto& lists = rig.unit().unmapped;
  ASSERT_EQ(lists.size(), 1u);
  ASSERT_EQ(lists[0].size(), 8u + 2 * 16);
  EXPECT_EQ(big_endian_32(lists[0].data() + 12), 0u);
  EXPECT_EQ(big_endian_32(lists[0].data() + 16), 8u);
  EXPECT_EQ(big_endian_32(lists[0].data() + 28), 101u);
  EXPECT_EQ(big_endian_32(lists[0].data() + 32), 3u);
  rig.expect_even_account();
}

TEST(DiskTrim, RangesBeyondTheDiskAreRefused) {
  DiskRig rig;
  rig.unit().unmaps = true;
  rig.run([&] {
    auto file = rig.open();
    EXPECT_EQ(TrimRequest({0, 1ull << 50}, {0, 0}).send(file), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(TrimRequest({-512, 512}, {0, 0}).send(file), STATUS_INVALID_PARAMETER);
    TrimRequest outside({0, 512}, {0, 512});
    outside.head.DataSetRangesOffset = 4096;
    EXPECT_EQ(outside.send(file), STATUS_INVALID_PARAMETER);
    TrimRequest other({0, 512}, {0, 512});
    other.head.Action = 2;
    EXPECT_EQ(other.send(file), STATUS_NOT_SUPPORTED);
  });
  EXPECT_TRUE(rig.unit().unmapped.empty());
}

TEST(DiskTrim, AUnitWithoutUnmapIsSaidToHaveNone) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    EXPECT_EQ(TrimRequest({0, 512}, {0, 512}).send(file), STATUS_NOT_SUPPORTED);
    STORAGE_PROPERTY_QUERY query{};
    query.PropertyId = StorageDeviceTrimProperty;
    DEVICE_TRIM_DESCRIPTOR descriptor{};
    const auto result = file.ioctl(IOCTL_STORAGE_QUERY_PROPERTY, std::as_bytes(std::span(&query, 1)),
                                   std::as_writable_bytes(std::span(&descriptor, 1)));
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    EXPECT_EQ(descriptor.TrimEnabled, FALSE);
  });
  EXPECT_TRUE(rig.unit().unmapped.empty());
}

}  // namespace
}  // namespace drydock::tests::disk
