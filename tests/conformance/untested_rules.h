#pragma once
// docs/contracts/untested.tsv: why a rule has no test.

#include <map>
#include <string>
#include <vector>

namespace drydock::conformance {

struct Reason {
  std::string why;
  std::string where;  ///< "docs/contracts/untested.tsv:7"
};

struct UntestedRules {
  std::map<std::string, Reason> reasons;  ///< by rule id
  std::vector<std::string> mistakes;      ///< lines that cannot be read and ids that stand twice, a sentence each

  /// Why `id` has no test, "" if the file does not say.
  std::string why(const std::string& id) const;
};

/// The header `id<TAB>why`, then a line for each rule: its id and one line of text. `file` is for the sentences.
UntestedRules untested_rules_of(const std::string& text, const std::string& file);

}  // namespace drydock::conformance
