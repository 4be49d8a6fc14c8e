#include "conformance/untested_rules.h"

#include <regex>
#include <sstream>

namespace drydock::conformance {

std::string UntestedRules::why(const std::string& id) const {
  const auto found = reasons.find(id);
  return found == reasons.end() ? "" : found->second.why;
}

UntestedRules untested_rules_of(const std::string& text, const std::string& file) {
  static const std::regex kRow("([A-Z]+-[0-9]+)\t([^\t]*[^\t ])");
  UntestedRules rules;
  std::istringstream lines(text);
  unsigned number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string where = file + ":" + std::to_string(++number);
    std::smatch found;
    if (number == 1) {
      if (line != "id\twhy") rules.mistakes.push_back(where + ": the first line must read id<TAB>why");
    } else if (!std::regex_match(line, found, kRow)) {
      rules.mistakes.push_back(where + ": a line must read id<TAB>why, e.g. SP-041<TAB>needs a board with EISA slots");
    } else if (!rules.reasons.emplace(found[1], Reason{found[2], where}).second) {
      rules.mistakes.push_back(where + ": " + found[1].str() + " stands twice, first in " +
                               rules.reasons.at(found[1]).where);
    }
  }
  return rules;
}

}  // namespace drydock::conformance
