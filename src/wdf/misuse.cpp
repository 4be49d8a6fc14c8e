#include "wdf/misuse.h"

#include <fmt/format.h>

#include "host/check.h"
#include "nt/bugcheck.h"
#include "wdf/um/host_process.h"

namespace drydock::wdf {

namespace {

void report(const char* rule, const char* name, const std::string& summary, std::vector<std::string> details,
            machine::Severity severity) {
  machine::Finding finding = machine::finding(rule, fmt::format("{}: {}", name, summary), severity);
  finding.details = std::move(details);
  machine::Machine::current().report(std::move(finding));
}

}  // namespace

void stop(Violation violation, const char* name, std::string summary, std::uint64_t p2, std::uint64_t p3,
          std::uint64_t p4) {
  // WDF-424: a user-mode driver's mistake ends its process only.
  if (um::serving()) throw um::Misuse{fmt::format("breaks a rule, {}: {}", name, summary)};
  machine::Machine::current().bug_check(WDF_VIOLATION, static_cast<std::uint32_t>(violation), p2, p3, p4,
                                        fmt::format("{}: {}", name, summary));
}

void record(const char* rule, const char* name, std::string summary, std::vector<std::string> details) {
  report(rule, name, summary, std::move(details), machine::Severity::Recorded);
}

void halt(const char* rule, const char* name, std::string summary) {
  report(rule, name, summary, {}, machine::Severity::Fatal);
  HOST_CHECK(!"a fatal finding returned");
  __builtin_unreachable();
}

void warn(const char* rule, const char* name, std::string summary) {
  report(rule, name, summary, {}, machine::Severity::Warning);
}

}  // namespace drydock::wdf
