#pragma once
// How a report may look: box drawing or plain characters, colours or none, how wide.

#include <string>
#include <string_view>
#include <vector>

namespace drydock::report {

enum class Tone { Plain, Good, Bad, Warn, Dim, Strong };

struct Look {
  bool unicode = false;
  bool colour = false;
  unsigned columns = 120;

  /// `text` in its tone, if there are colours.
  std::string paint(Tone tone, std::string_view text) const;
  std::string_view rule() const { return unicode ? "─" : "-"; }
  std::string_view bar() const { return unicode ? "│" : "|"; }
  std::string_view tick() const { return unicode ? "✓" : "ok"; }
  std::string_view cross() const { return unicode ? "✗" : "XX"; }
  std::string_view dot() const { return unicode ? "·" : "-"; }
};

/// What standard output is: box drawing and colours for a terminal, unless NO_COLOR is set; plain for everything else.
Look look_of_output(bool plain);

/// Characters of UTF-8 text.
std::size_t width_of(std::string_view text);
/// Breaks `text` between words into lines of at most `width` characters.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace drydock::report
