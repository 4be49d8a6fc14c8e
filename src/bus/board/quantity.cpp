#include "bus/board/quantity.h"

#include <charconv>

namespace drydock::bus::board {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// A decimal number with an optional fraction of up to nine digits, then a unit.
std::optional<std::uint64_t> parse(std::string_view text, std::initializer_list<Unit> units) {
  std::uint64_t whole = 0;
  auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (failure != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));

  std::uint64_t fraction = 0, scale = 1;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      if (scale >= 1'000'000'000) return std::nullopt;
      fraction = fraction * 10 + static_cast<unsigned>(text.front() - '0');
      scale *= 10;
      text.remove_prefix(1);
    }
  }
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);

  for (const Unit& unit : units) {
    if (unit.name != text) continue;
    auto value = static_cast<unsigned __int128>(whole) * unit.factor * scale +
                 static_cast<unsigned __int128>(fraction) * unit.factor;
    if (value % scale != 0) return std::nullopt;
    value /= scale;
    if (value > INT64_MAX) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> size_of_text(std::string_view text) {
  return parse(text,
               {{"", 1}, {"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}});
}

std::optional<std::int64_t> nanoseconds_of_text(std::string_view text) {
  auto value = parse(text, {{"ns", 1},
                            {"us", 1'000},
                            {"ms", 1'000'000},
                            {"s", 1'000'000'000},
                            {"min", 60'000'000'000},
                            {"h", 3'600'000'000'000}});
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

}  // namespace drydock::bus::board
