#pragma once
// Numbers of the SCSI standards (SPC-4, SBC-3, SAM-5) that our logical units use.

#include <cstdint>

namespace drydock::models::scsi {

enum class Status : std::uint8_t {
  Good = 0x00,
  CheckCondition = 0x02,
  Busy = 0x08,
  ReservationConflict = 0x18,
  TaskSetFull = 0x28,
};

namespace opcode {
inline constexpr std::uint8_t kTestUnitReady = 0x00;
inline constexpr std::uint8_t kRequestSense = 0x03;
inline constexpr std::uint8_t kRead6 = 0x08;
inline constexpr std::uint8_t kWrite6 = 0x0A;
inline constexpr std::uint8_t kInquiry = 0x12;
inline constexpr std::uint8_t kReserve6 = 0x16;
inline constexpr std::uint8_t kRelease6 = 0x17;
inline constexpr std::uint8_t kModeSense6 = 0x1A;
inline constexpr std::uint8_t kStartStopUnit = 0x1B;
inline constexpr std::uint8_t kSendDiagnostic = 0x1D;
inline constexpr std::uint8_t kPreventAllowRemoval = 0x1E;
inline constexpr std::uint8_t kReadCapacity10 = 0x25;
inline constexpr std::uint8_t kRead10 = 0x28;
inline constexpr std::uint8_t kWrite10 = 0x2A;
inline constexpr std::uint8_t kVerify10 = 0x2F;
inline constexpr std::uint8_t kSynchronizeCache10 = 0x35;
inline constexpr std::uint8_t kUnmap = 0x42;
inline constexpr std::uint8_t kReserve10 = 0x56;
inline constexpr std::uint8_t kRelease10 = 0x57;
inline constexpr std::uint8_t kModeSense10 = 0x5A;
inline constexpr std::uint8_t kRead16 = 0x88;
inline constexpr std::uint8_t kWrite16 = 0x8A;
inline constexpr std::uint8_t kVerify16 = 0x8F;
inline constexpr std::uint8_t kSynchronizeCache16 = 0x91;
inline constexpr std::uint8_t kServiceActionIn16 = 0x9E;
inline constexpr std::uint8_t kReportLuns = 0xA0;
inline constexpr std::uint8_t kRead12 = 0xA8;
inline constexpr std::uint8_t kWrite12 = 0xAA;
}  // namespace opcode

inline constexpr std::uint8_t kServiceReadCapacity16 = 0x10;

/// Sense key, additional code and qualifier, as people write them: 6/29/00.
struct Sense {
  std::uint8_t key = 0;
  std::uint8_t code = 0;
  std::uint8_t qualifier = 0;
  bool operator==(const Sense&) const = default;
};

namespace sense {
inline constexpr Sense kNone{0x0, 0x00, 0x00};
inline constexpr Sense kStopped{0x2, 0x04, 0x02};  ///< initialising command required
inline constexpr Sense kReadError{0x3, 0x11, 0x00};
inline constexpr Sense kWriteError{0x3, 0x0C, 0x00};
inline constexpr Sense kInvalidOpcode{0x5, 0x20, 0x00};
inline constexpr Sense kLbaOutOfRange{0x5, 0x21, 0x00};
inline constexpr Sense kInvalidFieldInCdb{0x5, 0x24, 0x00};
inline constexpr Sense kLunNotSupported{0x5, 0x25, 0x00};
inline constexpr Sense kInvalidFieldInParameters{0x5, 0x26, 0x00};
inline constexpr Sense kReset{0x6, 0x29, 0x00};  ///< power on, reset or bus device reset occurred
inline constexpr Sense kReportedLunsChanged{0x6, 0x3F, 0x0E};
inline constexpr Sense kWriteProtected{0x7, 0x27, 0x00};
inline constexpr Sense kMiscompare{0xE, 0x1D, 0x00};
}  // namespace sense

inline constexpr unsigned kFixedSenseBytes = 18;

}  // namespace drydock::models::scsi
