#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace drydock::conformance {

/// One numbered promise, a line `- **SP-041** ...` of a contract.
struct Rule {
  std::string id;        ///< "SP-041"
  std::string sentence;  ///< its first sentence, without markers and sources
  std::string file;      ///< "scsiport.md"

  std::string family() const { return id.substr(0, id.find('-')); }
};

/// The rules of one contract file, in its order.
std::vector<Rule> rules_of(const std::string& text, const std::string& file);
/// The rules of every *.md of a directory, files in order of their names.
std::vector<Rule> read_contracts(const std::filesystem::path& directory);

}  // namespace drydock::conformance
