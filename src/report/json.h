#pragma once
// The same as the table, for programs.

#include <string>

#include "report/table.h"

namespace drydock::report {

/// One object; keys stay as they are from version to version.
std::string json_of(const scenario::RunResult& result, const std::string& replay);
std::string json_of(const CampaignSummary& summary, const std::vector<std::string>& failed_runs);
/// Imports and headers of a driver, for `inspect --json`.
std::string json_of(const scenario::DriverFile& driver, const scenario::ImportSurvey& survey);

}  // namespace drydock::report
