#pragma once
// Reading and writing an open file at a place. Whoever opened the descriptor closes it.

#include <cstddef>
#include <cstdint>
#include <span>

namespace drydock::host {

/// All of it or false. What lies beyond the end of the file reads as zeros.
bool read_at(int descriptor, std::uint64_t offset, std::span<std::byte> to);
bool write_at(int descriptor, std::uint64_t offset, std::span<const std::byte> from);
/// These bytes read as zeros from now on, and take no room where the file system can do that.
bool discard_at(int descriptor, std::uint64_t offset, std::uint64_t bytes);
/// Waits until what was written is on stable storage.
bool flush_file(int descriptor);

}  // namespace drydock::host
