#include "explore/replay_token.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "host/check.h"

namespace drydock::explore {

using Kind = scenario::StrategyChoice::Kind;

namespace {

constexpr std::string_view kFileHead = "# A run of Drydock. Repeat it with: drydock replay <this file>";

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' ||
         c == '_' || c == '-' || c == '+' || c == ':' || c == '@';
}

/// So that no shell and no parser of ours takes a character for its own.
std::string escape(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (is_safe(c))
      escaped += c;
    else
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

bool unescape(std::string_view text, std::string& plain) {
  plain.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 3 > text.size()) return false;
    const auto [end, failed] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (failed != std::errc{} || end != text.data() + i + 3) return false;
    plain += static_cast<char>(value);
    i += 2;
  }
  return true;
}

template <class T>
bool read_number(std::string_view text, T& number, int base = 10) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return failed == std::errc{} && end == text.data() + text.size() && !text.empty();
}

std::vector<std::pair<std::string, std::string>> parts_of(const ReplayToken& token) {
  std::vector<std::pair<std::string, std::string>> parts;
  for (const std::string& driver : token.drivers) parts.emplace_back("driver", escape(driver));
  parts.emplace_back("board", escape(token.board));
  parts.emplace_back("scenario", escape(token.scenario));
  parts.emplace_back("processors", std::to_string(token.processors));
  parts.emplace_back("requests", std::to_string(token.requests));
  if (token.budget.count() != 0) parts.emplace_back("budget", std::to_string(token.budget.count()));
  if (token.verifier != scenario::VerifierOptions{})
    parts.emplace_back("verifier", scenario::to_text(token.verifier));
  if (token.strategy.kind != Kind::Steady) parts.emplace_back("seed", std::to_string(token.strategy.seed));
  HOST_CHECK(token.strategy.kind != Kind::BySite);
  if (token.strategy.kind == Kind::Recorded) parts.emplace_back("decisions", machine::to_text(token.strategy.answers));
  if (token.fingerprint != 0) parts.emplace_back("file", fmt::format("{:016x}", token.fingerprint));
  if (!token.digest.empty()) parts.emplace_back("digest", token.digest);
  return parts;
}

/// Takes one part in; an error message, or "".
std::string take_part(ReplayToken& token, std::string_view key, std::string_view value) {
  std::string text;
  if (!unescape(value, text)) return fmt::format("{}={} is badly escaped", key, value);
  bool good = true;
  if (key == "driver") {
    token.drivers.push_back(text);
    good = !text.empty();
  } else if (key == "board") {
    token.board = text;
  } else if (key == "scenario") {
    token.scenario = text;
  } else if (key == "processors") {
    good = read_number(text, token.processors);
  } else if (key == "requests") {
    good = read_number(text, token.requests) && token.requests > 0;
  } else if (key == "budget") {
    std::int64_t ns = 0;
    good = read_number(text, ns) && ns > 0;
    token.budget = machine::Duration{ns};
  } else if (key == "verifier") {
    auto options = scenario::parse_verifier(text);
    good = static_cast<bool>(options);
    if (good) token.verifier = *options;
  } else if (key == "seed") {
    good = read_number(text, token.strategy.seed);
    if (token.strategy.kind == Kind::Steady) token.strategy.kind = Kind::Random;
  } else if (key == "decisions") {
    token.strategy.answers = machine::answers_of(text, good);
    token.strategy.kind = Kind::Recorded;
  } else if (key == "file") {
    good = read_number(text, token.fingerprint, 16);
  } else if (key == "digest") {
    token.digest = text;
  } else {
    return fmt::format(
        "'{}' is no part of a run; there are driver, board, scenario, processors, requests, budget, verifier, seed, "
        "decisions, file and digest",
        key);
  }
  return good ? "" : fmt::format("{}={} cannot be read", key, value.substr(0, 40));
}

}  // namespace

std::string to_text(const ReplayToken& token) {
  std::string text;
  for (const auto& [key, value] : parts_of(token)) text += fmt::format("{}{}={}", text.empty() ? "" : ",", key, value);
  return text;
}

std::string to_file(ReplayToken token, const std::vector<std::uint32_t>& answers) {
  // A steady run asks fewer questions than a recorded one; it needs no answers to be repeated.
  if (token.strategy.kind != Kind::Steady) {
    token.strategy.kind = Kind::Recorded;
    token.strategy.answers = answers;
  }
  std::string text = std::string(kFileHead) + "\n";
  for (const auto& [key, value] : parts_of(token)) text += fmt::format("{}={}\n", key, value);
  return text;
}

host::Result<ReplayToken> parse_token(std::string_view text) {
  ReplayToken token;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",\n"), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    while (!part.empty() && (part.back() == '\r' || part.back() == ' ')) part.remove_suffix(1);
    if (part.empty() || part.front() == '#') continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos)
      return host::error(
          "'", part.substr(0, 60),
          "' is no part of a run: a token reads driver=...,board=...,scenario=..., a file has a line for each");
    const std::string wrong = take_part(token, part.substr(0, equals), part.substr(equals + 1));
    if (!wrong.empty()) return host::error("the run cannot be replayed: ", wrong);
  }
  if (token.drivers.empty()) return host::error("the run cannot be replayed: it names no driver");
  if (token.board.empty() || token.scenario.empty())
    return host::error("the run cannot be replayed: it names no board or no scenario");
  return token;
}

ReplayToken token_of(const scenario::RunConfig& config, const scenario::RunResult& result) {
  ReplayToken token;
  for (const scenario::DriverFile* driver : config.drivers) token.drivers.push_back(driver->path);
  token.board = result.board;
  token.scenario = result.scenario;
  token.processors = result.processors;
  token.requests = result.requests;
  if (config.budget.virtual_time != scenario::Budget{}.virtual_time) token.budget = config.budget.virtual_time;
  token.verifier = config.verifier;
  token.strategy = config.strategy;
  token.digest = result.digest;
  token.fingerprint = config.drivers.front()->fingerprint;
  return token;
}

}  // namespace drydock::explore
