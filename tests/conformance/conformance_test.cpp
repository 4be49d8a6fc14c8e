#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <places.h>

#include "conformance/conformance_page.h"

namespace drydock::conformance {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kContract = R"(# A contract

- **P** what the port does.
- **AB-001** **P** **OPEN** A stop ends it, e.g. here `a. B`; not this (ab. Cd). Then more. [page.md]
- **AB-002** A row | with a bar [page.md; other.md]
- **CD-010** A rule over
  two lines. And on.

1. a list
)";

std::vector<Rule> rules() {
  return rules_of(kContract, "some.md");
}

TEST(ContractRules, AreTheNumberedLinesWithTheirFirstSentence) {
  const std::vector<Rule> found = rules();
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].id, "AB-001");
  EXPECT_EQ(found[0].family(), "AB");
  EXPECT_EQ(found[0].sentence, "A stop ends it, e.g. here `a. B`; not this (ab. Cd).");
  EXPECT_EQ(found[1].sentence, "A row | with a bar");
  EXPECT_EQ(found[2].sentence, "A rule over two lines.");
}

TEST(ContractRules, OfEveryContractHaveASentence) {
  const std::vector<Rule> all = read_contracts(DRYDOCK_SOURCE_DIR "/docs/contracts");
  EXPECT_GT(all.size(), 1000u);
  for (const Rule& rule : all) EXPECT_GT(rule.sentence.size(), 8u) << rule.id;
}

/// A rule that is written in another way than the others would be no row anywhere, and nobody would miss it.
TEST(ContractRules, AreAllThatContractsSpeakOf) {
  std::set<std::string> read, families, spoken_of;
  for (const Rule& rule : read_contracts(DRYDOCK_SOURCE_DIR "/docs/contracts")) {
    read.insert(rule.id);
    families.insert(rule.family());
  }
  EXPECT_GE(std::count_if(read.begin(), read.end(), [](const std::string& id) { return id.starts_with("WDF-"); }), 504);
  EXPECT_GE(std::count_if(read.begin(), read.end(), [](const std::string& id) { return id.starts_with("SP-"); }), 376);
  static const std::regex kId("\\b([A-Z]+)-[0-9]{3}\\b");
  for (const auto& entry : std::filesystem::directory_iterator(DRYDOCK_SOURCE_DIR "/docs/contracts")) {
    if (entry.path().extension() != ".md") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (std::sregex_iterator found(text.begin(), text.end(), kId), end; found != end; ++found)
      if (families.contains((*found)[1])) spoken_of.insert(found->str());
  }
  for (const std::string& id : spoken_of) EXPECT_TRUE(read.contains(id)) << id;
}

TEST(Results, AreReadFromJunit) {
  const auto results = results_of_junit(R"(<testsuite name="x" tests="3">
	<testcase name="a/B.AB_001_C" classname="a/B.AB_001_C" time="0.1" status="run">
		<system-out>&lt;testcase name=&quot;no&quot;</system-out></testcase>
	<testcase name="a/B.D/&quot;x&quot;" classname="" time="0.1" status="fail"><failure message=""/></testcase>
	<testcase name="a/B.E" classname="" time="0" status="disabled"/></testsuite>)");
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].name, "a/B.AB_001_C");
  EXPECT_EQ(results[0].outcome, Outcome::Passed);
  EXPECT_EQ(results[1].name, "a/B.D/\"x\"");
  EXPECT_EQ(results[1].outcome, Outcome::Failed);
  EXPECT_EQ(results[2].outcome, Outcome::NotRun);
}

TEST(Results, AreReadFromAListing) {
  const auto results =
      results_of_listing("a", "Running main() from ./gtest_main.cc\nB.\n  C\n  D\nP/E.\n  F/x  # GetParam() = x\n");
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].name, "a/B.C");
  EXPECT_EQ(results[1].name, "a/B.D");
  EXPECT_EQ(results[2].name, "a/P/E.F/x  # GetParam() = x");
}

TEST(Judge, OneFailingTestFailsTheRule) {
  const auto verdicts = judge(rules(), {{"a/B.AB_001_CD_010_X", Outcome::Passed},
                                        {"a/P/B.AB_001_Y/1", Outcome::Passed},
                                        {"a/P/B.AB_001_Y/2", Outcome::Failed},
                                        {"a/B.AB_002_Z", Outcome::NotRun}});
  EXPECT_EQ(verdicts[0].state, State::Fail);
  EXPECT_THAT(verdicts[0].tests, ElementsAre("a/B.AB_001_CD_010_X", "a/P/B.AB_001_Y"));
  EXPECT_EQ(verdicts[1].state, State::Untested);
  EXPECT_EQ(verdicts[2].state, State::Pass);
  EXPECT_EQ(table_of(verdicts),
            "id\tstate\ttest\nAB-001\tfail\ta/B.AB_001_CD_010_X a/P/B.AB_001_Y\nAB-002\tuntested\ta/B.AB_002_Z\n"
            "CD-010\tpass\ta/B.AB_001_CD_010_X\n");
}

TEST(Judge, AnIdInAParameterCounts) {
  const auto verdicts = judge(rules(), {{"a/P/B.Ends/AB_002_x  # GetParam() = AB_002_x", Outcome::Passed}});
  EXPECT_THAT(verdicts[1].tests, ElementsAre("a/P/B.Ends/AB_002_x"));
}

TEST(Mistakes, AreRulesTwiceAndIdsOfNoRule) {
  EXPECT_THAT(mistakes(rules(), {{"a/B.AB_001_C", Outcome::Passed}, {"a/B.RAX_128_C", Outcome::Passed}}), IsEmpty());
  EXPECT_THAT(mistakes(rules(), {{"a/B.AB_003_C", Outcome::Passed}}), ElementsAre(HasSubstr("AB-003")));
  std::vector<Rule> twice = rules();
  twice.push_back(twice.front());
  EXPECT_THAT(mistakes(twice, {}), ElementsAre(HasSubstr("AB-001 stands twice")));
}

TEST(Untested, IsReadLineByLine) {
  const UntestedRules untested = untested_rules_of("id\twhy\nAB-002\tno | board has it\n", "u.tsv");
  EXPECT_THAT(untested.mistakes, IsEmpty());
  EXPECT_EQ(untested.why("AB-002"), "no | board has it");
  EXPECT_EQ(untested.why("AB-001"), "");
}

TEST(Untested, WhatCannotBeReadIsNamed) {
  EXPECT_THAT(untested_rules_of("AB-002\twhy not\nAB-002 no tab\nAB-001\t\nAB-001\ta\tb\n\n", "u.tsv").mistakes,
              ElementsAre(HasSubstr("u.tsv:1: the first line"), HasSubstr("u.tsv:2: "), HasSubstr("u.tsv:3: "),
                          HasSubstr("u.tsv:4: "), HasSubstr("u.tsv:5: ")));
  EXPECT_THAT(untested_rules_of("id\twhy\nAB-001\ta\nAB-001\tb\n", "u.tsv").mistakes,
              ElementsAre("u.tsv:3: AB-001 stands twice, first in u.tsv:2"));
}

TEST(Untested, ARuleWithATestOrWithoutAContractIsAMistake) {
  const UntestedRules untested = untested_rules_of("id\twhy\nAB-001\ta\nAB-002\tb\nXY-001\tc\nAB-009\td\n", "u.tsv");
  EXPECT_THAT(mistakes(rules(), {{"a/B.AB_002_C", Outcome::Passed}}, untested),
              ElementsAre("u.tsv:3: AB-002 has a test, a/B.AB_002_C; take the line out",
                          "u.tsv:5: AB-009 is a rule of no contract", "u.tsv:4: XY-001 is a rule of no contract"));
}

TEST(Untested, TheReasonStandsOnThePageInPlaceOfTests) {
  const UntestedRules untested = untested_rules_of("id\twhy\nAB-002\tno | board has it\n", "u.tsv");
  const auto verdicts = judge(rules(), {}, untested);
  EXPECT_THAT(page_of(verdicts), HasSubstr("| AB-002 | untested | A row \\| with a bar | no \\| board has it |\n"));
  EXPECT_THAT(page_of(verdicts), HasSubstr("0 of 2 rules proven, 1 untested for a reason given ("));
  EXPECT_THAT(stale_rows(page_of(verdicts), judge(rules(), {})), ElementsAre(HasSubstr("AB-002 reads otherwise")));
}

TEST(Page, IsCurrentWhateverTheTestsSaid) {
  const auto passed = judge(rules(), {{"a/B.AB_002_C", Outcome::Passed}});
  const auto failed = judge(rules(), {{"a/B.AB_002_C", Outcome::Failed}});
  EXPECT_THAT(page_of(passed), HasSubstr("1 of 2 rules proven ([contracts/some.md]"));
  EXPECT_THAT(page_of(failed), HasSubstr("0 of 2 rules proven, 1 failing"));
  EXPECT_THAT(page_of(passed), HasSubstr("| AB-002 | pass | A row \\| with a bar | `a/B.AB_002_C` |\n"));
  EXPECT_THAT(stale_rows(page_of(passed), passed), IsEmpty());
  EXPECT_THAT(stale_rows(page_of(failed), passed), IsEmpty());
}

TEST(Page, IsStaleWhenRulesOrTestsChange) {
  const auto before = judge(rules(), {{"a/B.AB_002_C", Outcome::Passed}});
  EXPECT_THAT(stale_rows(page_of(before), judge(rules(), {})), ElementsAre(HasSubstr("AB-002 reads otherwise")));
  auto renamed = rules();
  renamed[2].id = "CD-011";
  EXPECT_THAT(stale_rows(page_of(before), judge(renamed, {{"a/B.AB_002_C", Outcome::Passed}})),
              ElementsAre(HasSubstr("CD-011 is not on the page"), HasSubstr("CD-010 is on the page")));
}

}  // namespace
}  // namespace drydock::conformance
