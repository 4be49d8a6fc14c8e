#pragma once
// wdf_io.sys loaded, opened, and asked what its queues have seen.

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "../../guest/wdf_io.h"
#include "contract/ntos/kernel_rig.h"
#include "wdf/framework.h"

namespace drydock::tests {

using namespace nt;
namespace io = ntos::io;

class WdfIo : public ::testing::Test {
 protected:
  enum class End { Orderly, AnyFindings, Stop };

  /// Loads, runs `body` with an open handle, closes, unloads.
  void with_device(const std::function<void(io::user::File&)>& body, End end = End::Orderly) {
    const image::PeImage& image = guest("test/wdf_io");
    const machine::OutcomeKind outcome = rig_.run([&] {
      wdf::framework().settings.verifier = verifier_;
      io::LoadResult loaded = io::load_driver(image, "wdf_io");
      EXPECT_EQ(loaded.status, STATUS_SUCCESS) << loaded.failure;
      if (!loaded.driver) return;
      {
        NTSTATUS status;
        io::user::File file = io::user::open(u"\\Device\\WdfIo", &status);
        EXPECT_EQ(status, STATUS_SUCCESS);
        if (file) body(file);
      }
      io::UnloadResult unloaded = io::unload_driver(loaded.driver);
      EXPECT_EQ(unloaded.status, STATUS_SUCCESS);
      if (end == End::Orderly)
        for (const std::string& line : unloaded.left_behind) ADD_FAILURE() << line;
    });
    EXPECT_EQ(outcome, end == End::Stop ? machine::OutcomeKind::BugCheck : machine::OutcomeKind::Completed)
        << rig_.what_happened();
    if (end == End::Orderly) {
      EXPECT_TRUE(rig_.findings().empty()) << rig_.what_happened();
    }
  }

  static WDF_IO_REPORT report(io::user::File& file, unsigned queue = kWdfQueueDefault) {
    WDF_IO_REPORT result{};
    const auto answer = file.ioctl(IOCTL_WDF_IO_STATE, std::as_bytes(std::span(&queue, 1)),
                                   std::as_writable_bytes(std::span(&result, 1)));
    EXPECT_EQ(answer.status, STATUS_SUCCESS);
    return result;
  }
  static NTSTATUS control(io::user::File& file, unsigned queue, unsigned action) {
    const WDF_IO_CONTROL what{queue, action};
    return file.ioctl(IOCTL_WDF_IO_CONTROL, std::as_bytes(std::span(&what, 1))).status;
  }
  /// The status the driver's retrieval gave.
  static NTSTATUS take(io::user::File& file, unsigned queue, unsigned then = kWdfIoTakeComplete) {
    const WDF_IO_TAKE what{queue, then};
    NTSTATUS result = -1;
    const auto answer = file.ioctl(IOCTL_WDF_IO_TAKE, std::as_bytes(std::span(&what, 1)),
                                   std::as_writable_bytes(std::span(&result, 1)));
    EXPECT_EQ(answer.status, STATUS_SUCCESS);
    return result;
  }
  /// The driver completes its oldest kept request.
  static NTSTATUS finish(io::user::File& file, NTSTATUS with = STATUS_SUCCESS) {
    return file.ioctl(IOCTL_WDF_IO_FINISH, std::as_bytes(std::span(&with, 1))).status;
  }
  void self_test(unsigned subject) {
    with_device([&](io::user::File& file) {
      GUEST_RESULT result{};
      const auto answer = file.ioctl(IOCTL_WDF_IO_SELF_TEST, std::as_bytes(std::span(&subject, 1)),
                                     std::as_writable_bytes(std::span(&result, 1)));
      EXPECT_EQ(answer.status, STATUS_SUCCESS);
      EXPECT_EQ(result.Failures, 0u) << "wdf_io.c:" << result.FirstFailure;
      EXPECT_GT(result.Checks, 2u);
    });
  }
  /// The one finding a mistake leaves, or the stop it ends in: "<rule or code> <name>: ...".
  std::string mistake(unsigned mode, End end, std::size_t length = 8) {
    with_device([&](io::user::File& file) { file.start_read(length, mode)->wait(); }, end);
    return rig_.what_happened();
  }
  std::uint64_t parameter(unsigned index) const {
    const auto& findings = rig_.findings();
    if (findings.empty() || !findings.front().bug_check) return ~0ull;
    return findings.front().bug_check->parameters[index];
  }

  bool verifier_ = false;
  KernelRig rig_;
};

}  // namespace drydock::tests
