#pragma once
// Finds out what somebody else has written into shared memory, by a copy of how it was before.

#include <cstddef>
#include <functional>
#include <span>

#include "host/result.h"

namespace drydock::host {

class MemoryWatch {
 public:
  using Changed = std::function<void(std::size_t offset, std::span<const std::byte> now)>;

  /// The descriptor stays the caller's. Nothing here allocates afterwards.
  static Result<MemoryWatch> of(int descriptor, std::size_t bytes);
  MemoryWatch(MemoryWatch&& other) noexcept;
  MemoryWatch& operator=(MemoryWatch&&) = delete;
  ~MemoryWatch();

  /// How it is now is what differences() compares with.
  void remember();
  /// Each run of bytes that are others than were remembered, in ascending order.
  void differences(const Changed& changed) const;

 private:
  MemoryWatch(int descriptor, std::size_t bytes, std::byte* memory, std::byte* copy)
      : descriptor_(descriptor), bytes_(bytes), memory_(memory), copy_(copy) {}
  /// The parts that have contents: the others read as zero, and cost nothing.
  template <class Part>
  void for_each_part(Part part) const;

  int descriptor_;
  std::size_t bytes_;
  std::byte* memory_;
  std::byte* copy_;
};

}  // namespace drydock::host
