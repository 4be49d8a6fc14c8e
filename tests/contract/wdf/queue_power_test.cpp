// Power-managed queues over sleep, rebalance and removal (contract, section 13), on wdf_power.sys.

#include <gmock/gmock.h>

#include "../../guest/wdf_power.h"
#include "contract/ntos/kernel_rig.h"
#include "contract/pnp/pnp_rig.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"
#include "wdf/structures.h"

namespace drydock::tests {
namespace {

using namespace test::pnp;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace io = ntos::io;

constexpr const char16_t* kId = u"ROOT\\WDFPOWER";
constexpr const char16_t* kChildId = u"TEST\\CHILD";

class WdfPower : public ::testing::Test {
 protected:
  WdfPower() { guest("test/wdf_power"); }  // parsed outside of the machine
  /// Starts the device below the root and opens it.
  void with_device(const std::function<void(io::user::File&)>& body) {
    rig_.run([&](Manager& manager) {
      install(manager, kId);
      manager.add_root_device({.device_id = kId, .instance_id = u"0", .hardware_ids = {kId}});
      manager.enumerate_root();
      open(body);
    });
  }
  /// The same on a bus that `pull` takes the device from.
  void with_child(const std::function<void(io::user::File&, const std::function<void()>& pull)>& body) {
    Script& bus = rig_.driver("bus", {kPvscsiId});
    bus.is_bus = true;
    bus.children = {u"a"};
    rig_.run([&](Manager& manager) {
      install(manager, kChildId);
      manager.enumerate_root();
      open([&](io::user::File& file) {
        body(file, [&] {
          bus.children.clear();
          manager.scan(manager.served_by(u"bus").at(0)->id);
        });
      });
    });
  }
  void install(Manager& manager, const char16_t* device_id) {
    manager_ = &manager;
    const image::PeImage& image = guest("test/wdf_power");
    ntos::pnp::Service service;
    service.name = u"wdf_power";
    service.load = [&image](DRIVER_OBJECT** driver) {
      const io::LoadResult loaded = io::load_driver(image, "wdf_power");
      *driver = loaded.driver;
      return loaded.status;
    };
    manager.store().add(std::move(service));
    ntos::pnp::DriverPackage package;
    package.service = u"wdf_power";
    package.ids = {device_id};
    package.lower_filters = lower_filters_;
    manager.store().add(std::move(package));
  }
  static void open(const std::function<void(io::user::File&)>& body) {
    NTSTATUS status;
    io::user::File file = io::user::open(u"\\Device\\WdfPower", &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
    if (!file) return;
    diary(file);
    body(file);
  }
  ntos::pnp::DevnodeId id() { return manager_->served_by(u"wdf_power").at(0)->id; }

  /// What the driver wrote down since it was last asked: line and argument in one number.
  static std::vector<unsigned> diary(io::user::File& file) {
    std::uint16_t lines[256];
    const auto answer = file.ioctl(IOCTL_WDF_POWER_DIARY, {}, std::as_writable_bytes(std::span(lines)));
    std::vector<unsigned> result;
    for (std::size_t i = 0; i < answer.information / 2; ++i) result.push_back(lines[i]);
    return result;
  }
  static unsigned line(unsigned what, unsigned argument = 0) { return argument << 8 | what; }
  static NTSTATUS take(io::user::File& file) {
    NTSTATUS status = -1;
    file.ioctl(IOCTL_WDF_POWER_TAKE, {}, std::as_writable_bytes(std::span(&status, 1)));
    return status;
  }
  static unsigned queue_state(io::user::File& file) {
    unsigned state[3] = {};
    file.ioctl(IOCTL_WDF_POWER_STATE, {}, std::as_writable_bytes(std::span(state)));
    return state[0];
  }

  /// The driver stops its default queue, or starts it again.
  static void stop_queue(io::user::File& file, bool stop) {
    const unsigned start = !stop;
    EXPECT_TRUE(file.ioctl(IOCTL_WDF_POWER_STOP, std::as_bytes(std::span(&start, 1))).ok());
  }

  PnpRig rig_;
  std::vector<std::u16string> lower_filters_;
  Manager* manager_ = nullptr;
};

constexpr unsigned kD3 = 4, kD3Final = 5;

TEST_F(WdfPower, WDF_287_WDF_292_WDF_298_KeptRequestsAreStoppedAndResumed) {
  with_device([&](io::user::File& file) {
    auto read = file.start_read(4, kPowerAckKeep);
    ASSERT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_FALSE(read->done());
    EXPECT_TRUE(queue_state(file) & wdf::WdfIoQueuePnpHeld);  // asked through a queue that is not power-managed
    EXPECT_THAT(diary(file), ElementsAre(line(kDiaryRead, kPowerAckKeep), line(kDiarySmSuspend),
                                         line(kDiaryStopSuspend, kPowerAckKeep), line(kDiaryD0Exit, kD3)));
    ASSERT_TRUE(ntos::po::wake().ok());
    EXPECT_THAT(diary(file),
                ElementsAre(line(kDiaryD0Entry, kD3), line(kDiaryResume, kPowerAckKeep), line(kDiarySmRestart)));
    EXPECT_FALSE(queue_state(file) & wdf::WdfIoQueuePnpHeld);
    EXPECT_EQ(file.ioctl(IOCTL_WDF_POWER_FINISH).status, STATUS_SUCCESS);
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfPower, WDF_290_ARequeuedRequestIsDeliveredAgainFirstWithoutResume) {
  with_device([&](io::user::File& file) {
    auto read = file.start_read(4, kPowerAckRequeue);
    stop_queue(file, true);
    auto later = file.start_read(4, kPowerComplete);  // waits when the first comes back
    ASSERT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    ASSERT_TRUE(ntos::po::wake().ok());
    diary(file);
    stop_queue(file, false);
    EXPECT_THAT(diary(file), ElementsAre(line(kDiaryRead, kPowerAckRequeue), line(kDiaryRead, kPowerComplete)));
    file.ioctl(IOCTL_WDF_POWER_FINISH);
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfPower, WDF_290_EvtIoStopMayComplete) {
  with_device([&](io::user::File& file) {
    auto read = file.start_read(4, kPowerStopCompletes);
    ASSERT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(read->wait().status, STATUS_DEVICE_NOT_READY);
    ASSERT_TRUE(ntos::po::wake().ok());
  });
}

TEST_F(WdfPower, WDF_289_WDF_290_PowerDownWaitsForARequestThatIsNotAnswered) {
  with_device([&](io::user::File& file) {
    auto read = file.start_read(4, kPowerStopIgnores);
    const machine::Time before = machine::Machine::current().now();
    ASSERT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_TRUE(read->done());
    EXPECT_GE(machine::Machine::current().now() - before, std::chrono::milliseconds(15));
    ASSERT_TRUE(ntos::po::wake().ok());
  });
}

TEST_F(WdfPower, WDF_288_EvtIoStopIsToldWhatIsCancelable) {
  with_device([&](io::user::File& file) {
    auto read = file.start_read(4, kPowerCancelable);
    ASSERT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_THAT(diary(file), ElementsAre(line(kDiaryRead, kPowerCancelable), line(kDiarySmSuspend),
                                         line(kDiaryStopCancelable, kPowerCancelable),
                                         line(kDiaryStopSuspend, kPowerCancelable), line(kDiaryD0Exit, kD3)));
    ASSERT_TRUE(ntos::po::wake().ok());
    EXPECT_TRUE(read->cancel());
    EXPECT_EQ(read->wait().status, STATUS_CANCELLED);
  });
}

TEST_F(WdfPower, WDF_286_AHeldQueueAcceptsAndHandRetrievalIsPaused) {
  with_device([&](io::user::File& file) {
    auto manual = file.start_read(4, kPowerManual);
    ASSERT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(take(file), STATUS_WDF_PAUSED);
    auto late = file.start_read(4, kPowerComplete);
    EXPECT_FALSE(late->done());
    EXPECT_THAT(diary(file),
                ElementsAre(line(kDiaryRead, kPowerManual), line(kDiarySmSuspend), line(kDiaryD0Exit, kD3)));
    ASSERT_TRUE(ntos::po::wake().ok());
    EXPECT_EQ(late->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(take(file), STATUS_SUCCESS);
    EXPECT_EQ(manual->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfPower, ARebalanceStopsAndResumesWhatTheDriverKeeps) {
  with_device([&](io::user::File& file) {
    auto read = file.start_read(4, kPowerAckKeep);
    ASSERT_TRUE(manager_->rebalance(id()).ok());
    EXPECT_THAT(diary(file), ElementsAre(line(kDiaryRead, kPowerAckKeep), line(kDiarySmSuspend),
                                         line(kDiaryStopSuspend, kPowerAckKeep), line(kDiaryD0Exit, kD3Final),
                                         line(kDiaryRelease), line(kDiaryPrepare), line(kDiaryD0Entry, kD3Final),
                                         line(kDiaryResume, kPowerAckKeep), line(kDiarySmRestart)));
    file.ioctl(IOCTL_WDF_POWER_FINISH);
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(file.start_read(4, kPowerComplete)->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfPower, WDF_115_WDF_116_BetweenStopAndStartOnlyManagedQueuesAreHeld) {
  Script& below = rig_.driver("below");
  lower_filters_ = {u"below"};
  with_device([&](io::user::File& file) {
    std::unique_ptr<io::user::Request> late;
    below.on_start = [&](DEVICE_OBJECT*, IRP*) {  // START has not come to wdf_power.sys
      late = file.start_read(4, kPowerComplete);
      EXPECT_FALSE(late->done());
      EXPECT_TRUE(queue_state(file) & wdf::WdfIoQueuePnpHeld);
    };
    ASSERT_TRUE(manager_->rebalance(id()).ok());
    ASSERT_TRUE(late);
    EXPECT_EQ(late->wait().status, STATUS_SUCCESS);
    EXPECT_THAT(diary(file), ElementsAre(line(kDiarySmSuspend), line(kDiaryD0Exit, kD3Final), line(kDiaryRelease),
                                         line(kDiaryPrepare), line(kDiaryD0Entry, kD3Final),
                                         line(kDiaryRead, kPowerComplete), line(kDiarySmRestart)));
  });
}

TEST_F(WdfPower, WDF_301_AQueueTheDriverStoppedStaysStopped) {
  with_device([&](io::user::File& file) {
    stop_queue(file, true);
    auto read = file.start_read(4, kPowerComplete);
    ASSERT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    ASSERT_TRUE(ntos::po::wake().ok());
    EXPECT_FALSE(read->done());
    stop_queue(file, false);
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfPower, WDF_134_WDF_294_WDF_296_SurpriseRemovalPurgesWhatWaitsAndStopsWhatTheDriverHas) {
  with_child([&](io::user::File& file, const std::function<void()>& pull) {
    auto kept = file.start_read(4, kPowerAckKeep);
    auto cancelable = file.start_read(4, kPowerCancelable);
    auto waiting = file.start_read(4, kPowerManual);
    diary(file);
    pull();
    EXPECT_EQ(waiting->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(cancelable->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(kept->wait().status, STATUS_NO_SUCH_DEVICE);  // SmFlush
    // WDF-147. The queue that is not power-managed still answers while the handle is open (WDF-153).
    EXPECT_THAT(diary(file),
                ElementsAre(line(kDiarySurprise), line(kDiarySmSuspend), line(kDiaryStopSuspend, kPowerAckKeep),
                            line(kDiaryStopCancelable, kPowerCancelable), line(kDiaryStopSuspend, kPowerCancelable),
                            line(kDiaryD0Exit, kD3Final), line(kDiaryRelease), line(kDiaryCancel, kPowerCancelable),
                            line(kDiaryStopPurge, kPowerAckKeep), line(kDiarySmFlush)));
    // WDF-295
    EXPECT_EQ(file.start_read(4, kPowerComplete)->wait().status, STATUS_INVALID_DEVICE_STATE);
  });
}

}  // namespace
}  // namespace drydock::tests
