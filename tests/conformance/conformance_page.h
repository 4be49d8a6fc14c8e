#pragma once
// Rules against tests: the table build/conformance.tsv, the page docs/conformance.md, and whether that page is current.

#include <string>
#include <vector>

#include "conformance/contract_rules.h"
#include "conformance/test_results.h"
#include "conformance/untested_rules.h"

namespace drydock::conformance {

enum class State { Pass, Fail, Untested };

struct Verdict {
  Rule rule;
  State state = State::Untested;
  std::vector<std::string> tests;  ///< that carry the rule's id, parameters left away, in order of their names
  std::string why;                 ///< it has none, if untested.tsv says so
};

/// One verdict per rule. A rule fails if one of its tests does, and passes if one passed and none failed.
std::vector<Verdict> judge(const std::vector<Rule>& rules, const std::vector<TestResult>& results,
                           const UntestedRules& untested = {});

/// Rules that stand twice, tests that name a rule of a known family which no contract has, and lines of untested.tsv
/// that cannot be read or whose rule has a test or does not exist.
std::vector<std::string> mistakes(const std::vector<Rule>& rules, const std::vector<TestResult>& results,
                                  const UntestedRules& untested = {});

std::string table_of(const std::vector<Verdict>& verdicts);
std::string page_of(const std::vector<Verdict>& verdicts);

/// Where a page no longer fits rules and tests, a sentence each. Whether the tests passed is not compared: a page that
/// says fail was true when it was written, and must not keep the run that repairs it from passing.
std::vector<std::string> stale_rows(const std::string& page, const std::vector<Verdict>& now);

}  // namespace drydock::conformance
