#pragma once
// Sizes and durations as people write them: "64 MiB", "2.5 ms".

#include <cstdint>
#include <optional>
#include <string_view>

namespace drydock::bus::board {

/// Bytes of "512", "64 KiB", "64 MiB", "2 GiB"; nothing if `text` is no size or no whole number of bytes.
std::optional<std::uint64_t> size_of_text(std::string_view text);
/// Nanoseconds of "4 s", "250 ms", "10 us", "100 ns", "2 min"; nothing if `text` is no duration.
std::optional<std::int64_t> nanoseconds_of_text(std::string_view text);

}  // namespace drydock::bus::board
