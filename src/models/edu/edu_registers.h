#pragma once
// The register interface of QEMU's educational device (QEMU, docs/specs/edu). Little endian; BAR 0 takes accesses of 4
// bytes below kWideRegisters, of 4 or 8 bytes from there on; everything else reads all ones and writes nothing.

#include <cstdint>

namespace drydock::models::edu {

inline constexpr std::uint16_t kVendorId = 0x1234;
inline constexpr std::uint16_t kDeviceId = 0x11E8;
inline constexpr std::uint32_t kClassCode = 0x00FF00;  // unclassified, other
inline constexpr std::uint8_t kRevision = 0x10;
inline constexpr std::uint64_t kBar0Bytes = 1u << 20;

// Capabilities. QEMU's device has MSI only; power management and PCI Express are what a function-level reset needs.
inline constexpr unsigned kMsiOffset = 0x40;
inline constexpr unsigned kPowerManagementOffset = 0x50;
inline constexpr unsigned kPciExpressOffset = 0x60;

namespace reg {
inline constexpr std::uint64_t kIdentification = 0x00;  // read only
inline constexpr std::uint64_t kLiveness = 0x04;        // reads back inverted
inline constexpr std::uint64_t kFactorial = 0x08;       // the number in, its factorial out
inline constexpr std::uint64_t kStatus = 0x20;
inline constexpr std::uint64_t kInterruptStatus = 0x24;  // read only: what raised the interrupt
inline constexpr std::uint64_t kInterruptRaise = 0x60;   // write only: these bits into the interrupt status
inline constexpr std::uint64_t kInterruptAcknowledge = 0x64;
inline constexpr std::uint64_t kWideRegisters = 0x80;
inline constexpr std::uint64_t kDmaSource = 0x80;
inline constexpr std::uint64_t kDmaDestination = 0x88;
inline constexpr std::uint64_t kDmaCount = 0x90;
inline constexpr std::uint64_t kDmaCommand = 0x98;
}  // namespace reg

inline constexpr std::uint32_t kIdentification = 0x010000ED;  // version 1.0 of "edu"

namespace status {
inline constexpr std::uint32_t kComputing = 0x01;            // read only
inline constexpr std::uint32_t kInterruptAfterwards = 0x80;  // raise kFactorial when the factorial is there
}  // namespace status

namespace interrupt {
inline constexpr std::uint32_t kFactorial = 0x001;
inline constexpr std::uint32_t kDma = 0x100;
}  // namespace interrupt

namespace dma {
inline constexpr std::uint64_t kStart = 0x1;       // reads as 1 until the transfer is over
inline constexpr std::uint64_t kToRam = 0x2;       // else from RAM
inline constexpr std::uint64_t kInterrupt = 0x4;   // raise kDma when it is over
inline constexpr std::uint64_t kBuffer = 0x40000;  // the device's own end of every transfer
inline constexpr std::uint64_t kBufferBytes = 4096;
inline constexpr unsigned kAddressBits = 28;  // of RAM that it reaches
}  // namespace dma

}  // namespace drydock::models::edu
