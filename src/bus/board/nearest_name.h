#pragma once
// What somebody may have meant by a misspelt name.

#include <span>
#include <string>
#include <string_view>

namespace drydock::bus::board {

/// " (did you mean processors?)", or, if nothing is close, " (one of a, b, c)".
std::string suggestion(std::string_view written, std::span<const std::string_view> known);

}  // namespace drydock::bus::board
