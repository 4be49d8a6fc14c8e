// wdm_echo.sys through everything an application and its own threads can do to it.

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "../../../drivers/wdm_echo/wdm_echo_ioctl.h"
#include "contract/ntos/kernel_rig.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ob/object.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace nt;
namespace io = ntos::io;

constexpr std::u16string_view kLink = u"\\\\.\\WdmEcho";

class WdmEcho : public ::testing::Test {
 protected:
  /// Loads, runs `body` with an open handle, closes, unloads; the run must pass and leave nothing behind.
  void with_device(const std::function<void(io::user::File&)>& body) {
    const image::PeImage& image = guest("wdm_echo");
    OutcomeKind outcome = rig_.run([&] {
      io::LoadResult loaded = io::load_driver(image, "wdm_echo");
      EXPECT_EQ(loaded.status, STATUS_SUCCESS) << loaded.failure;
      if (loaded.driver == nullptr) return;
      {
        NTSTATUS status;
        io::user::File file = io::user::open(kLink, &status);
        EXPECT_EQ(status, STATUS_SUCCESS);
        if (file) body(file);
      }
      io::UnloadResult unloaded = io::unload_driver(loaded.driver);
      EXPECT_EQ(unloaded.status, STATUS_SUCCESS);
      for (const std::string& line : unloaded.left_behind) ADD_FAILURE() << line;
    });
    EXPECT_EQ(outcome, OutcomeKind::Completed) << rig_.what_happened();
    EXPECT_TRUE(rig_.findings().empty()) << rig_.what_happened();
  }

  static WDM_ECHO_STATISTICS statistics(io::user::File& file) {
    WDM_ECHO_STATISTICS result{};
    io::user::IoResult answer =
        file.ioctl(IOCTL_WDM_ECHO_STATISTICS, {}, std::as_writable_bytes(std::span(&result, 1)));
    EXPECT_EQ(answer.status, STATUS_SUCCESS);
    return result;
  }

  KernelRig rig_;
};

TEST_F(WdmEcho, IO_004_ReadsWhatWasWritten) {
  with_device([](io::user::File& file) {
    EXPECT_EQ(file.write(bytes_of("hello, dock")).information, 11u);
    std::byte got[32]{};
    io::user::IoResult read = file.read(got);
    EXPECT_EQ(read.status, STATUS_SUCCESS);
    EXPECT_EQ(read.information, 11u);
    EXPECT_EQ(std::memcmp(got, "hello, dock", 11), 0);
  });
}

TEST_F(WdmEcho, IO_014_AReadWaitsForAWrite) {
  with_device([](io::user::File& file) {
    auto read = file.start_read(16);
    EXPECT_FALSE(read->done());
    EXPECT_EQ(file.write(bytes_of("late")).status, STATUS_SUCCESS);
    io::user::IoResult result = read->wait();
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    EXPECT_EQ(result.information, 4u);
    EXPECT_EQ(std::memcmp(read->data().data(), "late", 4), 0);
  });
}

TEST_F(WdmEcho, IO_010_APendingReadCanBeCancelled) {
  with_device([](io::user::File& file) {
    auto read = file.start_read(16);
    EXPECT_TRUE(read->cancel());
    EXPECT_EQ(read->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(statistics(file).Cancelled, 1u);
  });
}

TEST_F(WdmEcho, IO_011_ClosingTheHandleCancelsWhatIsPending) {
  with_device([](io::user::File& file) {
    auto first = file.start_read(16);
    auto second = file.start_read(16);
    file.close();
    EXPECT_EQ(first->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(second->wait().status, STATUS_CANCELLED);
  });
}

TEST_F(WdmEcho, IO_012_EveryBufferMethodMovesItsBytes) {
  with_device([](io::user::File& file) {
    std::byte output[8]{};
    EXPECT_EQ(file.ioctl(IOCTL_WDM_ECHO_BUFFERED, bytes_of("abcdef"), output).information, 6u);
    EXPECT_EQ(std::memcmp(output, "abcdef", 6), 0);

    std::byte filled[8]{};
    EXPECT_EQ(file.ioctl(IOCTL_WDM_ECHO_OUT_DIRECT, bytes_of("xyz"), filled).status, STATUS_SUCCESS);
    EXPECT_EQ(std::memcmp(filled, "xyzxyzxy", 8), 0);

    std::byte sent[5];
    std::memcpy(sent, "12345", 5);
    EXPECT_EQ(file.ioctl(IOCTL_WDM_ECHO_IN_DIRECT, {}, sent).status, STATUS_SUCCESS);
    std::byte back[8]{};
    EXPECT_EQ(file.read(back).information, 5u);
    EXPECT_EQ(std::memcmp(back, "12345", 5), 0);
  });
}

TEST_F(WdmEcho, IO_014_TimerDpcAndWorkItemCompleteARequest) {
  with_device([](io::user::File& file) {
    std::byte output[4]{};
    machine::Time before = machine::Machine::current().now();
    EXPECT_EQ(file.ioctl(IOCTL_WDM_ECHO_AT_TICK, bytes_of("tick"), output).status, STATUS_SUCCESS);
    EXPECT_EQ(std::memcmp(output, "tick", 4), 0);
    EXPECT_GT(machine::Machine::current().now(), before);
    WDM_ECHO_STATISTICS seen = statistics(file);
    EXPECT_GE(seen.Ticks, 1u);
    EXPECT_GE(seen.WorkItemRuns, 1u);
  });
}

TEST_F(WdmEcho, IO_014_TheSystemThreadFillsTheRing) {
  with_device([](io::user::File& file) {
    unsigned int count = 300;
    EXPECT_EQ(file.ioctl(IOCTL_WDM_ECHO_GENERATE, std::as_bytes(std::span(&count, 1))).status, STATUS_SUCCESS);
    std::vector<std::byte> got;
    while (got.size() < count) {
      std::byte part[128];
      io::user::IoResult read = file.read(part);
      ASSERT_EQ(read.status, STATUS_SUCCESS);
      got.insert(got.end(), part, part + read.information);
    }
    std::vector<std::byte> wanted(count);
    for (unsigned i = 0; i < count; ++i) wanted[i] = static_cast<std::byte>(i);
    EXPECT_EQ(got, wanted);
  });
}

TEST_F(WdmEcho, IO_023_TheNameIsGoneAfterUnload) {
  with_device([](io::user::File&) {});
  rig_.run([&] {
    NTSTATUS status;
    io::user::File file = io::user::open(kLink, &status);
    EXPECT_FALSE(file);
    EXPECT_EQ(status, STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_TRUE(io::live_irps().empty());
    EXPECT_TRUE(ntos::ob::open_handles().empty());
  });
}

}  // namespace
}  // namespace drydock::tests
