#pragma once
// SCSI numbers, most significant byte first.

#include <cstddef>
#include <cstdint>
#include <span>

namespace drydock::models::scsi {

constexpr std::uint64_t get_big_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

constexpr void put_big_endian(std::span<std::byte> bytes, std::uint64_t value) {
  for (std::size_t i = bytes.size(); i-- > 0; value >>= 8) bytes[i] = static_cast<std::byte>(value);
}

}  // namespace drydock::models::scsi
