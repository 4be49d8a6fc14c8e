#pragma once
// The data phase of one command: bytes in order, through whatever the adapter uses as a data buffer.

#include <cstddef>
#include <cstdint>
#include <span>

namespace drydock::models::scsi {

class DataStream {
 public:
  virtual ~DataStream() = default;
  /// Moves as much as fits and returns how much that was. Less than asked for: the buffer is full (or used up), the
  /// command moves data the other way, or the buffer is not memory; the adapter knows which.
  virtual std::size_t to_initiator(std::span<const std::byte> data) = 0;
  virtual std::size_t from_initiator(std::span<std::byte> data) = 0;
};

}  // namespace drydock::models::scsi
