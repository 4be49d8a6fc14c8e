#pragma once
// What a probe found, for people and for programs.

#include <string>

#include "report/look.h"
#include "scenario/probe.h"

namespace drydock::report {

/// A paragraph for each device, then the verdict.
std::string text_of(const scenario::ProbeResult& result, const Look& look);
std::string json_of(const scenario::ProbeResult& result);

}  // namespace drydock::report
