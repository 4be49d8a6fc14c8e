#pragma once
#include <string>
#include <vector>

namespace drydock::conformance {

enum class Outcome { Passed, Failed, NotRun };

struct TestResult {
  std::string name;  ///< as ctest says it: "contract/Start.SP_011_FillsTheDriverObject"
  Outcome outcome = Outcome::NotRun;
};

/// From the file `ctest --output-junit` writes.
std::vector<TestResult> results_of_junit(const std::string& xml);
/// From what a test program prints for --gtest_list_tests: every test there is, as if it had passed.
std::vector<TestResult> results_of_listing(const std::string& area, const std::string& text);

}  // namespace drydock::conformance
