// Decisions in words.

#include <fmt/format.h>

#include "models/edu/edu_faults.h"
#include "models/pvscsi/pvscsi_faults.h"
#include "report/event_text.h"

namespace drydock::report {

namespace {

struct SiteText {
  std::string_view site;
  const char* text;  ///< {0} is the answer, {1} of how many
};
constexpr SiteText kSites[] = {
    {"point.processor", "another processor goes on from here"},
    {"point.thread", "another thread of this processor goes on from here"},
    {"processor.next", "processors take their turns in another order"},
    {"thread.processor", "a thread that became ready goes to another idle processor"},
    {"interrupt.processor", "an interrupt goes to another processor"},
    {"order.disturbance", "the disturbance comes {0}/{1} of the way later in the load"},
    {"order.units", "the port turns to another unit first"},
    {"order.completions", "requests of one interrupt are completed in another order"},
    {"scsiport.tick_phase", "a request's timer began {0}/{1} of a tick earlier"},
    {"scsiport.early_interrupt", "an interrupt comes before HwScsiInitialize"},
    {"scsiport.hold_off_shortened", "the bus rests for {0}/{1} less after a reset"},
    {"pvscsi.late", "fault: a request ends long after its time"},
    {"rdrand", "a random number of the processor's"},
};

template <class Kinds>
const char* fault_at(const Kinds& kinds, std::string_view site) {
  for (const auto& kind : kinds)
    if (site == kind.site) return kind.meaning.data();
  return nullptr;
}

}  // namespace

std::string decision_text(std::string_view site, std::uint32_t answer, std::uint32_t of) {
  for (const SiteText& each : kSites)
    if (each.site == site) return fmt::format(fmt::runtime(each.text), answer, of);
  const char* fault = fault_at(models::pvscsi::kFaultKinds, site);
  if (fault == nullptr) fault = fault_at(models::edu::kFaultKinds, site);
  if (fault != nullptr) return fmt::format("fault: {}", fault);
  return fmt::format("answer {} of 0 to {}", answer, of - 1);
}

}  // namespace drydock::report
