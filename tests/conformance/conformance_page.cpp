#include "conformance/conformance_page.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace drydock::conformance {
namespace {

const char* word(State state) {
  switch (state) {
    case State::Pass:
      return "pass";
    case State::Fail:
      return "fail";
    case State::Untested:
      break;
  }
  return "untested";
}

/// "SP_167_SP_168_Name" names SP-167 and SP-168.
std::set<std::string> ids_in(const std::string& name) {
  static const std::regex kId("(^|[^A-Za-z0-9])([A-Z]+)_([0-9]{3})(?![A-Za-z0-9])");
  std::set<std::string> ids;
  for (std::sregex_iterator found(name.begin(), name.end(), kId), end; found != end; ++found)
    ids.insert((*found)[2].str() + "-" + (*found)[3].str());
  return ids;
}

/// "area/Prefix/Suite.SP_041_Name/7  # GetParam() = 7" without its parameter, unless that is what names the rule.
std::string shown_name(const std::string& name) {
  const std::string whole = name.substr(0, name.find("  # "));
  const std::size_t parameter = whole.find('/', whole.find('.'));
  if (parameter == std::string::npos || whole.find('.') == std::string::npos) return whole;
  return ids_in(whole.substr(0, parameter)).empty() ? whole : whole.substr(0, parameter);
}

std::string joined(const std::vector<std::string>& words, const std::string& before, const std::string& between,
                   const std::string& after) {
  std::string text;
  for (const std::string& each : words) text += (text.empty() ? "" : between) + before + each + after;
  return text;
}

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string row_of(const Verdict& verdict, const std::string& state) {
  return "| " + verdict.rule.id + " | " + state + " | " + cell(verdict.rule.sentence) + " | " +
         (verdict.tests.empty() ? cell(verdict.why) : joined(verdict.tests, "`", ", ", "`")) + " |";
}

/// Families in the order in which the contracts bring them.
std::vector<std::string> families_of(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> families;
  for (const Verdict& each : verdicts)
    if (std::find(families.begin(), families.end(), each.rule.family()) == families.end())
      families.push_back(each.rule.family());
  return families;
}

}  // namespace

std::vector<Verdict> judge(const std::vector<Rule>& rules, const std::vector<TestResult>& results,
                           const UntestedRules& untested) {
  struct Proof {
    std::set<std::string> tests;
    bool passed = false, failed = false;
  };
  std::map<std::string, Proof> proofs;
  for (const TestResult& result : results)
    for (const std::string& id : ids_in(result.name)) {
      Proof& proof = proofs[id];
      proof.tests.insert(shown_name(result.name));
      proof.passed |= result.outcome == Outcome::Passed;
      proof.failed |= result.outcome == Outcome::Failed;
    }
  std::vector<Verdict> verdicts;
  for (const Rule& rule : rules) {
    const Proof& proof = proofs[rule.id];
    verdicts.push_back({rule,
                        proof.failed   ? State::Fail
                        : proof.passed ? State::Pass
                                       : State::Untested,
                        {proof.tests.begin(), proof.tests.end()},
                        untested.why(rule.id)});
  }
  return verdicts;
}

std::vector<std::string> mistakes(const std::vector<Rule>& rules, const std::vector<TestResult>& results,
                                  const UntestedRules& untested) {
  std::vector<std::string> sentences = untested.mistakes;
  std::map<std::string, std::string> known;
  std::set<std::string> families;
  for (const Rule& rule : rules) {
    families.insert(rule.family());
    if (const auto [first, added] = known.emplace(rule.id, rule.file); !added)
      sentences.push_back(rule.id + " stands twice, in " + first->second + " and " + rule.file);
  }
  std::set<std::string> said;
  for (const TestResult& result : results)
    for (const std::string& id : ids_in(result.name))
      if (families.contains(id.substr(0, id.find('-'))) && !known.contains(id) &&
          said.insert(shown_name(result.name) + id).second)
        sentences.push_back(shown_name(result.name) + " names " + id + ", which no contract has");
  std::map<std::string, std::string> tested;
  for (const TestResult& result : results)
    for (const std::string& id : ids_in(result.name)) tested.emplace(id, shown_name(result.name));
  for (const auto& [id, reason] : untested.reasons) {
    if (!known.contains(id))
      sentences.push_back(reason.where + ": " + id + " is a rule of no contract");
    else if (const auto test = tested.find(id); test != tested.end())
      sentences.push_back(reason.where + ": " + id + " has a test, " + test->second + "; take the line out");
  }
  return sentences;
}

std::string table_of(const std::vector<Verdict>& verdicts) {
  std::string text = "id\tstate\ttest\n";
  for (const Verdict& each : verdicts)
    text += each.rule.id + "\t" + word(each.state) + "\t" + joined(each.tests, "", " ", "") + "\n";
  return text;
}

std::string page_of(const std::vector<Verdict>& verdicts) {
  std::string text =
      "# Conformance\n\n"
      "What Drydock promises, rule by rule, and the tests that prove it. `make test` writes this page from its "
      "results; it\n"
      "is not edited by hand. A rule's first sentence stands here, the rule itself in its contract. A rule passes when "
      "every\n"
      "test that carries its id does; untested means that none was run, whether or not what it says is built. Where\n"
      "contracts/untested.tsv says why, that stands in place of the tests.\n";
  for (const std::string& family : families_of(verdicts)) {
    std::size_t all = 0, proven = 0, failing = 0, explained = 0;
    std::string rows, file;
    for (const Verdict& each : verdicts) {
      if (each.rule.family() != family) continue;
      ++all;
      proven += each.state == State::Pass;
      failing += each.state == State::Fail;
      explained += each.tests.empty() && !each.why.empty();
      file = each.rule.file;
      rows += row_of(each, word(each.state)) + "\n";
    }
    text += "\n## " + family + "\n\n" + std::to_string(proven) + " of " + std::to_string(all) + " rules proven";
    if (failing) text += ", " + std::to_string(failing) + " failing";
    if (explained) text += ", " + std::to_string(explained) + " untested for a reason given";
    text += " ([contracts/" + file + "](contracts/" + file +
            "))\n\n| Rule | State | First sentence | Tests, or why none |\n| --- | --- | --- | --- |\n" + rows;
  }
  return text;
}

std::vector<std::string> stale_rows(const std::string& page, const std::vector<Verdict>& now) {
  static const std::regex kRow("^\\| ([A-Z]+-[0-9]+) \\| (\\w+) \\| ");
  std::map<std::string, std::string> rows;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);)
    if (std::smatch found; std::regex_search(line, found, kRow)) rows[found[1]] = line;

  std::vector<std::string> sentences;
  for (const Verdict& each : now) {
    const auto row = rows.find(each.rule.id);
    if (row == rows.end()) {
      sentences.push_back(each.rule.id + " is not on the page");
      continue;
    }
    const bool fits = row->second == row_of(each, word(State::Untested)) ||
                      (!each.tests.empty() && (row->second == row_of(each, word(State::Pass)) ||
                                               row->second == row_of(each, word(State::Fail))));
    if (!fits) sentences.push_back(each.rule.id + " reads otherwise now: " + row_of(each, word(each.state)));
    rows.erase(row);
  }
  for (const auto& [id, row] : rows) sentences.push_back(id + " is on the page and in no contract");
  return sentences;
}

}  // namespace drydock::conformance
