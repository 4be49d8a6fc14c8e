// conformance write <source> <tests.xml> <table>      after a run: the table, and docs/conformance.md
// conformance check <source> <area>=<program>...      is the committed page that of the rules and tests there are?

#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>

#include "conformance/conformance_page.h"

namespace {
using namespace drydock::conformance;

std::string read_all(std::istream&& stream) {
  return {std::istreambuf_iterator<char>(stream), {}};
}

UntestedRules read_untested(const std::string& source) {
  const std::string name = "docs/contracts/untested.tsv";
  return untested_rules_of(read_all(std::ifstream(source + "/" + name)), name);
}

bool write_all(const std::string& path, const std::string& text) {
  if (std::ofstream stream(path, std::ios::binary); stream << text << std::flush) return true;
  std::fprintf(stderr, "conformance: %s cannot be written\n", path.c_str());
  return false;
}

int write(const std::string& source, const std::string& junit, const std::string& table) {
  const std::vector<TestResult> results = results_of_junit(read_all(std::ifstream(junit)));
  if (results.empty()) {
    std::fprintf(stderr, "conformance: no tests in %s\n", junit.c_str());
    return 1;
  }
  const std::vector<Verdict> verdicts =
      judge(read_contracts(source + "/docs/contracts"), results, read_untested(source));
  return write_all(table, table_of(verdicts)) && write_all(source + "/docs/conformance.md", page_of(verdicts)) ? 0 : 1;
}

std::optional<std::string> listing_of(const std::string& program) {
  std::string text;
  FILE* pipe = popen(("'" + program + "' --gtest_list_tests").c_str(), "r");
  if (pipe == nullptr) return {};
  char part[4096];
  for (std::size_t size; (size = std::fread(part, 1, sizeof part, pipe)) > 0;) text.append(part, size);
  if (pclose(pipe) != 0) return {};
  return text;
}

int check(const std::string& source, std::span<char*> programs) {
  std::vector<TestResult> tests;
  for (const std::string each : programs) {
    const std::size_t equals = each.find('=');
    const std::optional<std::string> listing = listing_of(each.substr(equals + 1));
    if (!listing) {
      std::fprintf(stderr, "conformance: %s lists no tests\n", each.c_str());
      return 1;
    }
    const std::vector<TestResult> listed = results_of_listing(each.substr(0, equals), *listing);
    tests.insert(tests.end(), listed.begin(), listed.end());
  }
  const std::vector<Rule> rules = read_contracts(source + "/docs/contracts");
  const UntestedRules untested = read_untested(source);
  const std::vector<std::string> wrong = mistakes(rules, tests, untested);
  const std::vector<std::string> stale =
      stale_rows(read_all(std::ifstream(source + "/docs/conformance.md")), judge(rules, tests, untested));
  for (const std::string& sentence : wrong) std::printf("%s\n", sentence.c_str());
  for (const std::string& sentence : stale) std::printf("%s\n", sentence.c_str());
  if (!stale.empty())
    std::printf("docs/conformance.md is stale: make test writes it anew at its end; commit what it wrote\n");
  return wrong.empty() && stale.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "write" && argc == 5) return write(argv[2], argv[3], argv[4]);
  if (what == "check" && argc > 3) return check(argv[2], std::span(argv, argc).subspan(3));
  std::fprintf(
      stderr,
      "usage: conformance write <source> <tests.xml> <table> | conformance check <source> <area>=<program>...\n");
  return 2;
}
