#include "scenario/verifier_options.h"

#include <algorithm>

namespace drydock::scenario {

namespace {

struct Option {
  std::string_view name;
  bool VerifierOptions::*flag;
};
constexpr Option kOptions[] = {
    {"special-pool", &VerifierOptions::special_pool},
    {"io", &VerifierOptions::io},
    {"wdf", &VerifierOptions::framework},
};

}  // namespace

std::string to_text(const VerifierOptions& options) {
  std::string text;
  for (const Option& each : kOptions)
    if (options.*each.flag) text += (text.empty() ? "" : "+") + std::string(each.name);
  return text;
}

host::Result<VerifierOptions> parse_verifier(std::string_view text) {
  VerifierOptions options;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",+"), text.size());
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    const auto* found = std::find_if(std::begin(kOptions), std::end(kOptions),
                                     [name](const Option& each) { return each.name == name; });
    if (found == std::end(kOptions))
      return host::error("there is no verifier option '", name, "'; there are special-pool, io and wdf");
    options.*found->flag = true;
  }
  return options;
}

}  // namespace drydock::scenario
