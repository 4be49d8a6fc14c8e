#include "report/look.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "host/terminal.h"

namespace drydock::report {
namespace {

std::string_view code_of(Tone tone) {
  switch (tone) {
    case Tone::Good:
      return "\x1b[32m";
    case Tone::Bad:
      return "\x1b[1;31m";
    case Tone::Warn:
      return "\x1b[33m";
    case Tone::Dim:
      return "\x1b[2m";
    case Tone::Strong:
      return "\x1b[1m";
    case Tone::Plain:
      break;
  }
  return {};
}

}  // namespace

std::string Look::paint(Tone tone, std::string_view text) const {
  const std::string_view code = code_of(tone);
  if (!colour || code.empty()) return std::string(text);
  return std::string(code) + std::string(text) + "\x1b[0m";
}

Look look_of_output(bool plain) {
  Look look;
  if (plain || !host::is_terminal(host::Stream::Output)) return look;
  const char* locale = std::getenv("LC_ALL");
  if (!locale || !*locale) locale = std::getenv("LC_CTYPE");
  if (!locale || !*locale) locale = std::getenv("LANG");
  const std::string_view encoding = locale ? locale : "";
  look.unicode = encoding.find("UTF-8") != std::string_view::npos || encoding.find("utf8") != std::string_view::npos;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  look.colour = !(no_colour && *no_colour) && !(terminal && std::string_view(terminal) == "dumb");
  if (const unsigned columns = host::terminal_columns(host::Stream::Output))
    look.columns = std::clamp(columns, 80u, 160u);
  return look;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!line.empty() && width_of(line) + 1 + width_of(word) > width) lines.push_back(std::exchange(line, {}));
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace drydock::report
