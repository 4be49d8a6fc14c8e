#include "conformance/test_results.h"

#include <sstream>
#include <utility>

namespace drydock::conformance {
namespace {

std::string unescaped(std::string text) {
  static constexpr std::pair<const char*, const char*> kEntities[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}};
  for (const auto& [entity, character] : kEntities)
    for (std::size_t at = 0; (at = text.find(entity, at)) != std::string::npos; ++at)
      text.replace(at, std::char_traits<char>::length(entity), character);
  return text;
}

std::string attribute(const std::string& tag, const std::string& name) {
  const std::string start = " " + name + "=\"";
  const std::size_t at = tag.find(start);
  if (at == std::string::npos) return {};
  const std::size_t from = at + start.size();
  return unescaped(tag.substr(from, tag.find('"', from) - from));
}

}  // namespace

// A test's own output stands in the file too, but escaped: what looks like a tag is one.
std::vector<TestResult> results_of_junit(const std::string& xml) {
  static const std::string kTag = "<testcase ";
  std::vector<TestResult> results;
  for (std::size_t at = 0; (at = xml.find(kTag, at)) != std::string::npos; at += kTag.size()) {
    const std::string tag = xml.substr(at, xml.find('>', at) - at);
    const std::string status = attribute(tag, "status");
    results.push_back({attribute(tag, "name"), status == "run"    ? Outcome::Passed
                                               : status == "fail" ? Outcome::Failed
                                                                  : Outcome::NotRun});
  }
  return results;
}

std::vector<TestResult> results_of_listing(const std::string& area, const std::string& text) {
  std::vector<TestResult> results;
  std::istringstream lines(text);
  std::string suite;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  "))
      results.push_back({area + "/" + suite + line.substr(2), Outcome::Passed});
    else
      suite = line.substr(0, line.find('.') + 1);
  }
  return results;
}

}  // namespace drydock::conformance
