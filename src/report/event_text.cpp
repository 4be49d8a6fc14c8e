#include "report/event_text.h"

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/status.h"

namespace drydock::report {

using machine::Event;
using machine::Thing;
using machine::TraceRecord;

namespace {

const EventText* text_of(Event event) {
  for (std::span<const EventText> family : {machine_event_texts(), io_event_texts(), scsi_event_texts()})
    for (const EventText& text : family)
      if (text.event == event) return &text;
  return nullptr;
}

/// "ScsiPort0" for "\Device\ScsiPort0".
std::string_view last_component(std::string_view name) {
  const std::size_t slash = name.rfind('\\');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

/// The driver that runs, as far as the trace says.
std::string driver_on(const Reading& reading, unsigned processor) {
  const auto& calls = reading.calls[processor];
  return calls.empty() ? "driver" : reading.adapter_name(calls.back().adapter);
}

/// Registers are of interest where a miniport resets its adapter, and otherwise noise.
Weight weight_of_access(const Reading& reading, unsigned processor) {
  const auto& calls = reading.calls[processor];
  const bool resetting = !calls.empty() && calls.back().routine == port::scsiport::Routine::ResetBus;
  return resetting ? Weight::Step : Weight::Fine;
}

template <char kWay, bool kPort>
void write_access(Reading& reading, const TraceRecord& record, Line& line) {
  line.who = driver_on(reading, record.processor);
  line.weight = weight_of_access(reading, record.processor);
  line.what = kWay == 'r' ? fmt::format("reads {}{:#x}", kPort ? "port " : "", record.a)
                          : fmt::format("writes {:#x} to {}{:#x}", record.c, kPort ? "port " : "", record.a);
  if (kWay == 'r') line.status = fmt::format("{:#x}", record.c);
}

constexpr EventText kTexts[] = {
    {Event::ThreadSwitch, Weight::Fine,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       line.who = "scheduler";
       line.what = fmt::format("to thread {}, {}", record.a, reading.name_of(Thing::Thread, record.a, "thread"));
     }},
    {Event::InterruptEntry, Weight::Fine,
     [](Reading&, const TraceRecord& record, Line& line) {
       line.who = "processor";
       line.what = fmt::format("takes interrupt, vector {:#x}", record.a);
     }},
    {Event::InterruptExit, Weight::Fine,
     [](Reading&, const TraceRecord& record, Line& line) {
       line.who = "processor";
       line.what = fmt::format("returns from interrupt, vector {:#x}", record.a);
       line.status = record.b ? "claimed" : "not claimed";
     }},
    {Event::DpcStart, Weight::Fine,
     [](Reading&, const TraceRecord& record, Line& line) {
       line.who = "processor";
       line.what = record.a ? "runs a DPC" : "runs a DPC of the kernel's own";
     }},
    {Event::DpcEnd, Weight::Fine,
     [](Reading&, const TraceRecord&, Line& line) {
       line.who = "processor";
       line.what = "the DPC returns";
     }},
    {Event::RegisterRead, Weight::Fine, write_access<'r', false>},
    {Event::RegisterWrite, Weight::Fine, write_access<'w', false>},
    {Event::PortRead, Weight::Fine, write_access<'r', true>},
    {Event::PortWrite, Weight::Fine, write_access<'w', true>},
    {Event::ImageLoaded, Weight::Step,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       line.who = "kernel";
       line.what = reading.name_of(Thing::Image, record.a, "image") + " loaded";
     }},
    {Event::ImageUnloaded, Weight::Step,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       line.who = "kernel";
       line.what = reading.name_of(Thing::Image, record.a, "image") + " unloaded";
     }},
    {Event::Finding, Weight::Always,
     [](Reading&, const TraceRecord& record, Line& line) {
       line.who = "Drydock";
       line.what = fmt::format("files finding {}", record.a);
     }},
    {Event::BugCheck, Weight::Always,
     [](Reading&, const TraceRecord& record, Line& line) {
       const char* name = nt::bugcheck_name(static_cast<std::uint32_t>(record.a));
       line.who = "kernel";
       line.what = fmt::format("bug check {:#x}", record.a);
       line.status = name ? name : "";
     }},
    {Event::Decision, Weight::Fine,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       const machine::DecisionRecord decision = machine::decision_of(record);
       const std::string site = reading.name_of(Thing::DecisionSite, decision.site, "site");
       line.who = "decision";
       line.what = fmt::format("{} ({})", decision_text(site, decision.answer, decision.of), site);
     }},
    {Event::ScenarioStep, Weight::Fine,
     [](Reading&, const TraceRecord& record, Line& line) {
       line.who = "scenario";
       line.what = fmt::format("step {}", record.a + 1);
     }},
};

}  // namespace

std::span<const EventText> machine_event_texts() {
  return kTexts;
}

Line Reading::line_of(const TraceRecord& record) {
  Line line;
  line.at = record.at;
  line.processor = record.processor;
  if (const EventText* text = text_of(record.event)) {
    line.weight = text->weight;
    text->write(*this, record, line);
  } else {
    line.who = "?";
    line.what = fmt::format("{} {:#x} {:#x} {:#x}", machine::event_name(record.event), record.a, record.b, record.c);
  }
  return line;
}

Line Reading::line_of(const machine::Trace::Note& note) const {
  Line line;
  line.at = note.at;
  line.processor = note.processor;
  line.weight = Weight::Step;
  line.what = note.text;
  return line;
}

std::string Reading::name_of(Thing thing, std::uint64_t number, std::string_view otherwise) const {
  std::string_view rest = trace_.name_of(thing, number);
  if (rest.empty()) return fmt::format("{} {}", otherwise, number);
  std::string shown;
  while (!rest.empty()) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    shown += (shown.empty() ? "" : " ");
    shown += last_component(rest.substr(0, space));
    rest.remove_prefix(std::min(rest.size(), space + 1));
  }
  return shown;
}

std::string status_word(std::uint64_t status) {
  const char* name = nt::status_name(static_cast<nt::NTSTATUS>(status));
  return name ? name : fmt::format("0x{:08X}", static_cast<std::uint32_t>(status));
}

}  // namespace drydock::report
