// A disk's life: arrival, removal in order and by surprise, power, device control.

#include "contract/disk/disk_rig.h"
#include "ntos/cm/registry.h"

namespace drydock::tests::disk {
namespace {

using ntos::pnp::DevnodeState;

template <class T>
std::span<std::byte> bytes_of(T& value) {
  return {reinterpret_cast<std::byte*>(&value), sizeof(value)};
}

TEST(Disk, HasItsNamesOnceItIsStarted) {
  DiskRig rig;
  rig.run([&] {
    EXPECT_EQ(rig.devnode().state, DevnodeState::Started);
    EXPECT_TRUE(rig.open(u"\\\\.\\PhysicalDrive0"));
    EXPECT_TRUE(rig.open(u"\\Device\\Harddisk0\\DR0"));
    EXPECT_TRUE(rig.open(u"\\Device\\Harddisk0\\Partition0"));
    EXPECT_TRUE(rig.open(u"\\??\\TEST#Disk#0#{53f56307-b6bf-11d0-94f2-00a0c91efb8b}"));
  });
}

TEST(Disk, RST_197_ADiskInThePathOfAPagingFileRefusesToBeRemoved) {
  DiskRig rig;
  rig.run([&] {
    auto use = [&](BOOLEAN in_path) {
      return user::send(rig.devnode().pdo, IRP_MJ_PNP, IRP_MN_DEVICE_USAGE_NOTIFICATION,
                        [in_path](IRP* irp, IO_STACK_LOCATION* location) {
                          irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                          location->Parameters.UsageNotification.InPath = in_path;
                          location->Parameters.UsageNotification.Type = DeviceUsageTypePaging;
                        })
          .status;
    };
    auto& manager = ntos::pnp::manager();
    const auto id = rig.devnode().id;
    EXPECT_EQ(use(TRUE), STATUS_SUCCESS);
    EXPECT_EQ(manager.remove(id).status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(manager.rebalance(id).status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(rig.devnode().state, DevnodeState::Started);
    EXPECT_EQ(use(FALSE), STATUS_SUCCESS);
    EXPECT_TRUE(manager.remove(id).ok());
  });
}

TEST(Disk, SP_094_ClaimsItsUnitAndReleasesItOnRemoval) {
  DiskRig rig;
  rig.run([&] {
    EXPECT_TRUE(rig.unit().claimed);
    EXPECT_TRUE(ntos::pnp::manager().remove(rig.devnode().id).ok());
    EXPECT_FALSE(rig.unit().claimed);
    NTSTATUS status = 0;
    EXPECT_FALSE(rig.open(u"\\\\.\\PhysicalDrive0", &status));
    EXPECT_EQ(status, STATUS_OBJECT_NAME_NOT_FOUND);
  });
  EXPECT_FALSE(rig.account().present);
}

TEST(Disk, SP_094_AClaimedUnitGetsNoSecondDisk) {
  DiskRig rig;
  rig.unit().script = [](const SCSI_REQUEST_BLOCK& srb) -> std::optional<Reply> {
    if (srb.Function == SRB_FUNCTION_CLAIM_DEVICE) return Reply{.srb_status = SRB_STATUS_BUSY};
    return {};
  };
  rig.run([&] { EXPECT_EQ(rig.devnode().problem, ntos::pnp::Problem::FailedAdd); });
}

TEST(Disk, ComesBackAfterRemovalUnderTheSameNumber) {
  DiskRig rig;
  rig.run([&] {
    auto& manager = ntos::pnp::manager();
    const auto id = rig.devnode().id;
    EXPECT_TRUE(manager.remove(id).ok());
    EXPECT_TRUE(manager.start(id).ok());
    auto file = rig.open();
    ASSERT_TRUE(file);
    std::vector<std::byte> data(512);
    EXPECT_TRUE(file.read(data).ok());
  });
  EXPECT_EQ(class_::disk::disk_statistics(rig.machine()).size(), 2u);
  EXPECT_EQ(rig.account(1).number, 0u);
  EXPECT_EQ(rig.account(1).requests_received, 1u);
}

TEST(Disk, SurvivesARebalance) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    EXPECT_TRUE(ntos::pnp::manager().rebalance(rig.devnode().id).ok());
    std::vector<std::byte> data(512);
    EXPECT_TRUE(file.read(data).ok());
  });
}

TEST(Disk, EveryRequestEndsWhenTheDeviceIsGone) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer_all(SCSIOP_READ, kHold);
    std::vector<std::unique_ptr<user::Request>> requests;
    for (unsigned i = 0; i < 400; ++i) requests.push_back(file.start_read(1024, i * 1024));
    // One of them waits for its retry.
    rig.unit().finish(check_condition(SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, SCSI_SENSEQ_BECOMING_READY));
    rig.pull();
    for (auto& request : requests) {
      EXPECT_TRUE(request->done());
      const NTSTATUS status = request->wait().status;
      EXPECT_TRUE(status == STATUS_NO_SUCH_DEVICE || status == STATUS_DEVICE_DOES_NOT_EXIST) << std::hex << status;
    }
    std::vector<std::byte> data(512);
    EXPECT_EQ(file.read(data).status, STATUS_DEVICE_DOES_NOT_EXIST);
    EXPECT_EQ(file.flush().status, STATUS_DEVICE_DOES_NOT_EXIST);
    EXPECT_EQ(file.ioctl(IOCTL_STORAGE_CHECK_VERIFY2).status, STATUS_DEVICE_DOES_NOT_EXIST);
    requests.clear();
    file.close();
    ntos::pnp::manager().wait_until_settled();
    EXPECT_EQ(rig.unit().device, nullptr);
  });
  rig.expect_even_account();
  EXPECT_FALSE(rig.account().present);
}

TEST(Disk, RetriesNothingOnceTheDeviceIsGone) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().answer_all(SCSIOP_READ, kHold);
    auto request = file.start_read(512);
    IRP* irp = rig.unit().held[0];
    rig.unit().held.clear();  // the port keeps it through the removal
    rig.pull();
    EXPECT_FALSE(request->done());
    rig.unit().held.push_back(irp);
    rig.unit().finish(kBusReset);
    EXPECT_EQ(request->wait().status, STATUS_DEVICE_DOES_NOT_EXIST);
  });
  EXPECT_EQ(rig.unit().commands(SCSIOP_READ).size(), 1u);
  rig.expect_even_account();
}

TEST(Disk, FailsToStartWhereThereIsNoUnitAnyMore) {
  DiskRig rig;
  rig.unit().script = [](const SCSI_REQUEST_BLOCK& srb) -> std::optional<Reply> {
    if (srb.Function == SRB_FUNCTION_EXECUTE_SCSI) return Reply{.srb_status = SRB_STATUS_NO_DEVICE};
    return {};
  };
  rig.run([&] { EXPECT_EQ(rig.devnode().problem, ntos::pnp::Problem::FailedStart); });
  rig.expect_even_account();
}

TEST(Disk, StartsThroughTheUnitAttentionOfPowerOn) {
  DiskRig rig;
  rig.unit().script = [first = true](const SCSI_REQUEST_BLOCK& srb) mutable -> std::optional<Reply> {
    if (srb.Function != SRB_FUNCTION_EXECUTE_SCSI || srb.Cdb[0] == SCSIOP_INQUIRY || !first) return {};
    first = false;
    return check_condition(SCSI_SENSE_UNIT_ATTENTION, SCSI_ADSENSE_BUS_RESET);
  };
  rig.run([&] { EXPECT_EQ(rig.devnode().state, DevnodeState::Started); });
}

TEST(Disk, SP_255_PowersDownBehindALockedQueue) {
  DiskRig rig;
  rig.unit().write_cache = true;
  rig.run([&] {
    rig.unit().diary.clear();
    EXPECT_EQ(rig.set_power(DevicePowerState, PowerDeviceD3), STATUS_SUCCESS);
    EXPECT_EQ(rig.unit().diary, (std::vector<std::string>{"LOCK_QUEUE", "QUIESCE_DEVICE", "SYNCHRONIZE_CACHE",
                                                          "START_STOP_UNIT", "D3", "UNLOCK_QUEUE"}));
    rig.unit().diary.clear();
    EXPECT_EQ(rig.set_power(DevicePowerState, PowerDeviceD0), STATUS_SUCCESS);
    EXPECT_EQ(rig.unit().diary, (std::vector<std::string>{"LOCK_QUEUE", "D0", "START_STOP_UNIT", "UNLOCK_QUEUE"}));
  });
  for (UCHAR function : {SRB_FUNCTION_LOCK_QUEUE, SRB_FUNCTION_UNLOCK_QUEUE, SRB_FUNCTION_QUIESCE_DEVICE})
    for (const Arrival& one : rig.unit().functions(function))
      EXPECT_EQ(one.srb.SrbFlags, SRB_FLAGS_BYPASS_LOCKED_QUEUE | SRB_FLAGS_NO_QUEUE_FREEZE);
  const auto starts = rig.unit().commands(SCSIOP_START_STOP_UNIT);
  ASSERT_EQ(starts.size(), 2u);
  EXPECT_EQ(starts[0].srb.Cdb[4], 0);
  EXPECT_EQ(starts[1].srb.Cdb[4], 1);
}

TEST(Disk, SP_256_AFailedQuiesceIsTolerated) {
  DiskRig rig;
  rig.run([&] {
    rig.unit().script = [](const SCSI_REQUEST_BLOCK& srb) -> std::optional<Reply> {
      if (srb.Function == SRB_FUNCTION_QUIESCE_DEVICE) return kTimeout;
      return {};
    };
    EXPECT_EQ(rig.set_power(DevicePowerState, PowerDeviceD3), STATUS_SUCCESS);
    EXPECT_EQ(rig.unit().functions(SRB_FUNCTION_UNLOCK_QUEUE).size(), 1u);
  });
}

TEST(Disk, ASystemStateAsksForADeviceState) {
  DiskRig rig;
  rig.run([&] {
    rig.unit().diary.clear();
    EXPECT_EQ(rig.set_power(SystemPowerState, PowerSystemSleeping3), STATUS_SUCCESS);
    EXPECT_EQ(rig.devnode().device_power, PowerDeviceD3);
    EXPECT_EQ(rig.set_power(SystemPowerState, PowerSystemWorking), STATUS_SUCCESS);
    EXPECT_EQ(rig.devnode().device_power, PowerDeviceD0);
  });
}

TEST(Disk, SP_317_MarksPassThroughAsComingThroughAClassDriver) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    rig.unit().ioctls.clear();
    std::vector<std::byte> buffer(64);
    file.ioctl(IOCTL_SCSI_PASS_THROUGH, buffer, buffer);
    file.ioctl(IOCTL_STORAGE_RESET_BUS, std::span(buffer).first(1));
    ASSERT_EQ(rig.unit().ioctls.size(), 2u);
    EXPECT_EQ(rig.unit().ioctls[0], std::make_pair(IOCTL_SCSI_PASS_THROUGH, IRP_MN_SCSI_CLASS));
    EXPECT_EQ(rig.unit().ioctls[1], std::make_pair(IOCTL_STORAGE_RESET_BUS, UCHAR{0}));
  });
}

TEST(Disk, TellsItsSizeGeometryAndNumber) {
  DiskRig rig;
  rig.run([&] {
    auto file = rig.open();
    GET_LENGTH_INFORMATION length{};
    EXPECT_EQ(file.ioctl(IOCTL_DISK_GET_LENGTH_INFO, {}, bytes_of(length)).information, sizeof(length));
    EXPECT_EQ(length.Length.QuadPart, 4 << 20);
    DISK_GEOMETRY geometry{};
    EXPECT_TRUE(file.ioctl(IOCTL_DISK_GET_DRIVE_GEOMETRY, {}, bytes_of(geometry)).ok());
    EXPECT_EQ(geometry.BytesPerSector, 512u);
    EXPECT_EQ(geometry.MediaType, FixedMedia);
    DISK_GEOMETRY_EX extended{};
    EXPECT_TRUE(file.ioctl(IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, {}, bytes_of(extended)).ok());
    EXPECT_EQ(extended.DiskSize.QuadPart, 4 << 20);
    STORAGE_DEVICE_NUMBER number{};
    EXPECT_TRUE(file.ioctl(IOCTL_STORAGE_GET_DEVICE_NUMBER, {}, bytes_of(number)).ok());
    EXPECT_EQ(number.DeviceNumber, 0u);
    SCSI_ADDRESS address{};
    EXPECT_TRUE(file.ioctl(IOCTL_SCSI_GET_ADDRESS, {}, bytes_of(address)).ok());
    EXPECT_EQ(address.TargetId, 3);
    std::byte small[4];
    EXPECT_EQ(file.ioctl(IOCTL_DISK_GET_LENGTH_INFO, {}, small).status, STATUS_BUFFER_TOO_SMALL);
  });
  EXPECT_EQ(rig.account().target, 3);
  EXPECT_EQ(rig.account().lun, 1);
}

TEST(Disk, SP_228_TakesTheTimeoutFromTheRegistry) {
  DiskRig rig;
  rig.machine().enter([] { ntos::cm::registry().service(u"Disk").set_dword(u"TimeoutValue", 60); });
  rig.run([&] {
    std::vector<std::byte> data(512);
    EXPECT_TRUE(rig.open().read(data).ok());
  });
  EXPECT_EQ(rig.unit().commands(SCSIOP_READ)[0].srb.TimeOutValue, 60u);
}

}  // namespace
}  // namespace drydock::tests::disk
