#pragma once
// A finding as a Windows engineer would paste it.

#include <string>

#include "report/look.h"
#include "scenario/run.h"

namespace drydock::report {

/// Name and code, arguments with their meaning, image and offset, stack, details.
std::string finding_text(const scenario::FindingReport& report, std::size_t number, const Look& look);

/// What the parameters of a bug check mean, as its documentation says; "" where that is not known.
struct ParameterGloss {
  std::string_view meaning[4];
};
ParameterGloss gloss_of(std::uint32_t bug_check);

}  // namespace drydock::report
