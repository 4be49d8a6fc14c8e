#pragma once
// The register interface of the VMware PVSCSI adapter. Little endian; addresses are physical; pages are 4 KiB.

#include <array>
#include <cstddef>
#include <cstdint>

namespace drydock::models::pvscsi {

inline constexpr std::uint16_t kVendorId = 0x15AD;
inline constexpr std::uint16_t kDeviceId = 0x07C0;
inline constexpr std::uint32_t kClassCode = 0x010000;  // SCSI bus controller
inline constexpr std::uint8_t kRevision = 2;
inline constexpr std::uint64_t kBar0Bytes = 32 * 1024;
inline constexpr unsigned kPciExpressOffset = 0x40;
inline constexpr unsigned kMsiOffset = 0x7C;
inline constexpr unsigned kPageShift = 12;
inline constexpr std::uint64_t kPageBytes = 1u << kPageShift;

/// Registers in BAR 0, 32 bits each.
namespace reg {
inline constexpr std::uint64_t kCommand = 0x0000;
inline constexpr std::uint64_t kCommandData = 0x0004;
inline constexpr std::uint64_t kCommandStatus = 0x0008;
inline constexpr std::uint64_t kInterruptStatus = 0x100C;  // write one to clear
inline constexpr std::uint64_t kInterruptMask = 0x2010;    // a set bit lets the interrupt through
inline constexpr std::uint64_t kKickOther = 0x3014;
inline constexpr std::uint64_t kKickReadWrite = 0x4018;
}  // namespace reg

enum class Command : std::uint32_t {
  None = 0,
  AdapterReset = 1,
  IssueScsi = 2,
  SetupRings = 3,
  ResetBus = 4,
  ResetDevice = 5,
  AbortCommand = 6,
  Config = 7,
  SetupMessageRing = 8,
  DeviceUnplug = 9,
};

namespace command_status {
inline constexpr std::uint32_t kGood = 0;
inline constexpr std::uint32_t kMoreData = 0xFFFFFFFE;
inline constexpr std::uint32_t kFailed = 0xFFFFFFFF;
}  // namespace command_status

namespace interrupt {
inline constexpr std::uint32_t kCompletion = 1u << 0;
inline constexpr std::uint32_t kMessage = 1u << 2;
inline constexpr std::uint32_t kAll = 0xF;
}  // namespace interrupt

inline constexpr unsigned kRingPagesMax = 32;
inline constexpr unsigned kMessageRingPagesMax = 16;

/// Arguments of the commands, as they come through the data register.
struct SetupRingsArguments {
  std::uint32_t request_pages;
  std::uint32_t completion_pages;
  std::uint64_t state_page;  // page numbers, here and below
  std::array<std::uint64_t, kRingPagesMax> request_page;
  std::array<std::uint64_t, kRingPagesMax> completion_page;
};
static_assert(sizeof(SetupRingsArguments) == 132 * 4);

struct ResetDeviceArguments {
  std::uint32_t target;
  std::array<std::uint8_t, 8> lun;
};
static_assert(sizeof(ResetDeviceArguments) == 3 * 4);

struct AbortArguments {
  std::uint64_t context;
  std::uint32_t target;
  std::uint32_t pad;
};
static_assert(sizeof(AbortArguments) == 4 * 4);

struct SetupMessageRingArguments {
  std::uint32_t pages;
  std::uint32_t pad;
  std::array<std::uint64_t, kMessageRingPagesMax> page;
};
static_assert(sizeof(SetupMessageRingArguments) == 34 * 4);

inline constexpr unsigned kConfigArgumentDwords = 6;

/// Fields of the state page. Indices run freely; the low log2 bits name the entry.
namespace ring_state {
inline constexpr unsigned kRequestProducer = 0;
inline constexpr unsigned kRequestConsumer = 4;
inline constexpr unsigned kRequestEntriesLog2 = 8;
inline constexpr unsigned kCompletionProducer = 12;
inline constexpr unsigned kCompletionConsumer = 16;
inline constexpr unsigned kCompletionEntriesLog2 = 20;
inline constexpr unsigned kMessageProducer = 128;
inline constexpr unsigned kMessageConsumer = 132;
inline constexpr unsigned kMessageEntriesLog2 = 136;
}  // namespace ring_state

struct RequestDescriptor {
  std::uint64_t context;
  std::uint64_t data_address;  // of the data, or of the list
  std::uint64_t data_length;   // of the data, either way
  std::uint64_t sense_address;
  std::uint32_t sense_length;
  std::uint32_t flags;
  std::array<std::uint8_t, 16> cdb;
  std::uint8_t cdb_length;
  std::array<std::uint8_t, 8> lun;  // number in byte 1
  std::uint8_t tag;
  std::uint8_t bus;
  std::uint8_t target;
  std::uint8_t processor_hint;
  std::array<std::uint8_t, 59> unused;
};
static_assert(sizeof(RequestDescriptor) == 128);
static_assert(offsetof(RequestDescriptor, cdb) == 40 && offsetof(RequestDescriptor, target) == 67);

namespace request_flag {
inline constexpr std::uint32_t kList = 1u << 0;
inline constexpr std::uint32_t kNoData = 1u << 2;
inline constexpr std::uint32_t kToHost = 1u << 3;
inline constexpr std::uint32_t kToDevice = 1u << 4;
}  // namespace request_flag

/// Queue tag messages.
inline constexpr std::uint8_t kOrderedTag = 0x22;

struct ListElement {
  std::uint64_t address;
  std::uint32_t length;
  std::uint32_t flags;
};
static_assert(sizeof(ListElement) == 16);
inline constexpr std::uint32_t kElementChains = 1u << 0;  // the address is that of more elements

struct CompletionDescriptor {
  std::uint64_t context;
  std::uint64_t data_length;  // bytes moved
  std::uint32_t sense_length;
  std::uint16_t host_status;
  std::uint16_t scsi_status;
  std::array<std::uint32_t, 2> pad;
};
static_assert(sizeof(CompletionDescriptor) == 32);

enum class HostStatus : std::uint16_t {
  Good = 0x00,
  SelectionTimeout = 0x11,
  DataRun = 0x12,
  InvalidParameter = 0x1A,
  BadMessage = 0x1D,
  Hardware = 0x20,
  BusReset = 0x25,
  Aborted = 0x26,
};

enum class MessageType : std::uint32_t { DeviceAdded = 0, DeviceRemoved = 1 };

struct MessageDescriptor {
  std::uint32_t type;
  std::uint32_t bus;
  std::uint32_t target;
  std::array<std::uint8_t, 8> lun;
  std::array<std::uint32_t, 27> unused;
};
static_assert(sizeof(MessageDescriptor) == 128);

}  // namespace drydock::models::pvscsi
