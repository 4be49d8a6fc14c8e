// Mistakes with requests, each named at the moment it is made.

#include <gmock/gmock.h>

#include "contract/wdf/wdf_io_rig.h"

namespace drydock::tests {
namespace {

using ::testing::HasSubstr;

constexpr std::uint32_t kWdfViolation = 0x10D;

TEST_F(WdfIo, WDF_433_CompletedWhileCancelable) {
  EXPECT_THAT(mistake(kWdfIoCompleteCancelable, End::AnyFindings), HasSubstr("request-completed-while-cancelable"));
}

TEST_F(WdfIo, WDF_434_CompletedWithBufferReferences) {
  EXPECT_THAT(mistake(kWdfIoCompleteReferenced, End::Stop), HasSubstr("request-completed-with-buffer-references"));
  EXPECT_EQ(rig_.stop_code(), kWdfViolation);
  EXPECT_EQ(parameter(0), 3u);
  EXPECT_EQ(parameter(2), 1u);
}

TEST_F(WdfIo, WDF_432_CompletedTwiceWhileReferenced) {
  EXPECT_THAT(mistake(kWdfIoCompleteTwiceHeld, End::AnyFindings), HasSubstr("request-completed-twice"));
}

TEST_F(WdfIo, WDF_432_WDF_437_CompletedTwiceAndGone) {
  EXPECT_THAT(mistake(kWdfIoCompleteTwice, End::Stop), HasSubstr("invalid-handle"));
  EXPECT_EQ(rig_.stop_code(), kWdfViolation);
  EXPECT_EQ(parameter(0), 5u);
}

TEST_F(WdfIo, WDF_435_CompletedWithMoreBytesThanAskedFor) {
  verifier_ = true;
  EXPECT_THAT(mistake(kWdfIoCompleteTooLong, End::Stop), HasSubstr("request-length-too-long"));
  EXPECT_EQ(parameter(0), 6u);
  EXPECT_EQ(parameter(1), 4u);
}

TEST_F(WdfIo, WDF_435_WithoutTheVerifierNobodyCounts) {
  with_device([](io::user::File& file) { EXPECT_EQ(file.start_read(8, kWdfIoComplete)->wait().information, 8u); });
}

TEST_F(WdfIo, WDF_291_WDF_454_AcknowledgedWithoutBeingAsked) {
  EXPECT_THAT(mistake(kWdfIoAcknowledge, End::AnyFindings), HasSubstr("stop-acknowledged-outside-evtiostop"));
}

TEST_F(WdfIo, WDF_436_MovedWhileItIsAQueues) {
  verifier_ = true;
  const std::string said = mistake(kWdfIoForwardTwice, End::Stop);
  EXPECT_THAT(said, HasSubstr("request-not-in-queue"));
  EXPECT_EQ(parameter(0), 6u);
  EXPECT_EQ(parameter(1), 5u);
}

}  // namespace
}  // namespace drydock::tests
