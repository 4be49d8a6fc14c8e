#include "conformance/contract_rules.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <regex>
#include <sstream>

namespace drydock::conformance {
namespace {

/// Where the first sentence ends: a stop before a capital, code, a marker or a parenthesis.
std::size_t end_of_sentence(const std::string& text) {
  static const std::string kOpeners = "`*([";
  bool code = false;
  int open = 0;
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const char c = text[i];
    if (c == '`') code = !code;
    if (code) continue;
    if (c == '(') ++open;
    if (c == ')') --open;
    if (c != '.' || open > 0 || text[i + 1] != ' ') continue;
    const char next = text[i + 2];
    if (std::isupper(static_cast<unsigned char>(next)) || kOpeners.find(next) != std::string::npos) return i + 1;
  }
  return text.size();
}

std::string first_sentence(std::string text) {
  static const std::regex kMarker("^\\*\\*[A-Z]+\\*\\* *"), kSources("( *\\[[^\\]]*\\])+ *$");
  text = std::regex_replace(text, kSources, "");
  for (std::smatch found; std::regex_search(text, found, kMarker);)
    text.erase(0, static_cast<std::size_t>(found.length()));
  text.resize(end_of_sentence(text));
  return text;
}

}  // namespace

std::vector<Rule> rules_of(const std::string& text, const std::string& file) {
  static const std::regex kRule("^- \\*\\*([A-Z]+-[0-9]+)\\*\\* +");
  std::vector<Rule> rules;
  std::istringstream lines(text);
  std::string rule_text;
  auto finish = [&] {
    if (!rule_text.empty()) rules.back().sentence = first_sentence(std::move(rule_text));
    rule_text.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (std::smatch found; std::regex_search(line, found, kRule)) {
      finish();
      rules.push_back({found[1], {}, file});
      rule_text = found.suffix();
    } else if (!rule_text.empty() && line.starts_with("  ")) {
      rule_text += line.substr(1);
    } else {
      finish();
    }
  }
  finish();
  return rules;
}

std::vector<Rule> read_contracts(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Rule> rules;
  for (const auto& file : files) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    const std::vector<Rule> found = rules_of(text.str(), file.filename().string());
    rules.insert(rules.end(), found.begin(), found.end());
  }
  return rules;
}

}  // namespace drydock::conformance
