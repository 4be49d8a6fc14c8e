#include "report/perfetto.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "nt/irp_codes.h"
#include "report/story.h"

namespace drydock::report {

using machine::Event;
using machine::Thing;
using machine::TraceRecord;
using nlohmann::ordered_json;
using port::scsiport::Routine;

namespace {

/// Groups of tracks, in the order in which they are drawn; what has several of its kind adds its number.
enum Group : unsigned {
  kScenario = 1,
  kProcessors = 2,
  kPnp = 3,
  kRegisters = 4,
  kAdapters = 0x100,
  kQueues = 0x1000,
};
enum AdapterTrack : unsigned { kRoutines = 1, kPassiveRoutines, kBusState };

struct Track {
  unsigned group = 0, row = 0;
  auto operator<=>(const Track&) const = default;
};

class Writer {
 public:
  void begin(Track track, machine::Time at, const std::string& name, ordered_json arguments = {}) {
    ordered_json event = base("B", track, at);
    event["name"] = name;
    if (!arguments.is_null()) event["args"] = std::move(arguments);
    put(event);
    ++open_[track];
  }
  /// Nothing if nothing is open there: a bug check leaves calls that never return, a trace begins amid others.
  void end(Track track, machine::Time at) {
    unsigned& open = open_[track];
    if (open == 0) return;
    --open;
    put(base("E", track, at));
  }
  void end_all(machine::Time at) {
    for (auto& [track, open] : open_)
      while (open != 0) end(track, at);
  }
  bool is_open(Track track) const {
    const auto found = open_.find(track);
    return found != open_.end() && found->second != 0;
  }
  void instant(Track track, machine::Time at, const std::string& name) {
    ordered_json event = base("i", track, at);
    event["name"] = name;
    event["s"] = "t";
    put(event);
  }
  void counter(Track track, machine::Time at, const std::string& name, std::uint64_t value) {
    ordered_json event = base("C", track, at);
    event["name"] = name;
    event["args"] = {{"requests", value}};
    put(event);
  }
  /// `phase` s or f: from the slice that is open here to the other one.
  void flow(const char* phase, Track track, machine::Time at, std::uint64_t id) {
    ordered_json event = base(phase, track, at);
    event["name"] = "request";
    event["cat"] = "request";
    event["id"] = id;
    if (*phase == 'f') event["bp"] = "e";
    put(event);
  }
  void name_group(unsigned group, const std::string& name) {
    if (!groups_.insert(group).second) return;
    put({{"ph", "M"}, {"pid", group}, {"tid", 0}, {"name", "process_name"}, {"args", {{"name", name}}}});
    put({{"ph", "M"}, {"pid", group}, {"tid", 0}, {"name", "process_sort_index"}, {"args", {{"sort_index", group}}}});
  }
  void name_row(Track track, const std::string& name) {
    if (!rows_.insert(track).second) return;
    put({{"ph", "M"}, {"pid", track.group}, {"tid", track.row}, {"name", "thread_name"}, {"args", {{"name", name}}}});
  }
  std::string text() && { return std::move(text_) + "\n]}\n"; }

 private:
  static ordered_json base(const char* phase, Track track, machine::Time at) {
    return {{"ph", phase},
            {"pid", track.group},
            {"tid", track.row},
            {"ts", static_cast<double>(at.count()) / 1e3}};  // microseconds, as the format has them
  }
  void put(const ordered_json& event) {
    text_ += first_ ? "\n" : ",\n";
    first_ = false;
    text_ += event.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  }

  std::string text_ = R"({"displayTimeUnit":"ns","traceEvents":[)";
  bool first_ = true;
  std::map<Track, unsigned> open_;
  std::set<unsigned> groups_;
  std::set<Track> rows_;
};

class Exporter {
 public:
  Exporter(const machine::Trace& trace, const std::vector<std::string>& steps) : reading_(trace), steps_(steps) {
    out_.name_group(kScenario, "scenario");
    out_.name_row({kScenario, 1}, "steps");
    out_.name_group(kProcessors, "processors");
  }

  void take(const Line& line, const TraceRecord& record);
  std::string finish(machine::Time at) {
    out_.end_all(at);
    return std::move(out_).text();
  }
  Reading& reading() { return reading_; }

 private:
  struct Place {
    unsigned group = 0;
    unsigned row = 0;
    bool inner = false;  ///< the miniport owns it
  };

  Track threads_of(unsigned processor) {
    const Track track{kProcessors, processor * 2 + 1};
    out_.name_row(track, fmt::format("processor {}: threads", processor));
    return track;
  }
  Track interrupts_of(unsigned processor) {
    const Track track{kProcessors, processor * 2 + 2};
    out_.name_row(track, fmt::format("processor {}: interrupts and DPCs", processor));
    return track;
  }
  Track routines_of(std::uint64_t id) {
    const auto adapter = static_cast<unsigned>(id >> 8);
    const auto routine = static_cast<Routine>(id & 0xFF);
    const unsigned group = kAdapters + adapter;
    out_.name_group(group, fmt::format("adapter {}: {}", adapter, reading_.adapter_name(adapter)));
    const bool passive = routine == Routine::FindAdapter || routine == Routine::AdapterControl;
    const Track track{group, passive ? kPassiveRoutines : kRoutines};
    out_.name_row(track, passive ? "HwScsi routines, PASSIVE_LEVEL" : "HwScsi routines");
    return track;
  }
  /// The lowest row of the queue that is free.
  Place& place(std::map<std::uint64_t, Place>& places, std::uint64_t number, unsigned group) {
    unsigned row = 1;
    while (!taken_.insert({group, row}).second) ++row;
    return places[number] = {group, row, false};
  }
  void leave(std::map<std::uint64_t, Place>& places, std::uint64_t number, machine::Time at) {
    const auto found = places.find(number);
    if (found == places.end()) return;
    const Track track{found->second.group, found->second.row};
    if (found->second.inner) out_.end(track, at);
    out_.end(track, at);
    taken_.erase(track);
    places.erase(found);
  }
  void irp_sent(const Line& line, const TraceRecord& record);
  void srb_started(const TraceRecord& record);
  void srb_given_back(const TraceRecord& record);

  Reading reading_;
  const std::vector<std::string>& steps_;
  Writer out_;
  std::map<std::uint64_t, Place> irps_, own_srbs_;
  std::set<Track> taken_;
  std::map<std::uint64_t, unsigned> owned_;         ///< by the miniport, per adapter
  std::map<std::uint64_t, std::uint64_t> started_;  ///< srb -> adapter, while owned
};

void Exporter::irp_sent(const Line& line, const TraceRecord& record) {
  leave(irps_, record.a, record.at);
  const auto group = kQueues + static_cast<unsigned>(record.c);
  out_.name_group(group, "requests of " + reading_.name_of(Thing::Device, record.c, "dev#"));
  const Place& at = place(irps_, record.a, group);
  out_.name_row({group, at.row}, fmt::format("{}", at.row));
  out_.begin({group, at.row}, record.at, line.what, {{"irp", record.a}});
}

/// HwScsiStartIo is called: within the request's own slice the miniport's time begins.
void Exporter::srb_started(const TraceRecord& record) {
  const std::uint64_t adapter = record.a >> 8, number = record.b;
  const Reading::Srb& srb = reading_.srbs[number];
  started_[number] = adapter;
  out_.counter({kAdapters + static_cast<unsigned>(adapter), 0}, record.at, "owned by the miniport", ++owned_[adapter]);
  const auto irp = irps_.find(srb.irp);
  const ordered_json arguments{{"srb", number}, {"irp", srb.irp}};
  if (srb.irp != 0 && irp != irps_.end()) {
    irp->second.inner = true;
    out_.begin({irp->second.group, irp->second.row}, record.at, srb.text, arguments);
    return;
  }
  const unsigned group = kAdapters + static_cast<unsigned>(adapter);
  unsigned row = kBusState + 1;
  while (!taken_.insert({group, row}).second) ++row;
  own_srbs_[number] = {group, row, false};
  out_.name_row({group, row}, "requests of the port's own");
  out_.begin({group, row}, record.at, srb.text, arguments);
}

void Exporter::srb_given_back(const TraceRecord& record) {
  const auto started = started_.find(record.a);
  if (started == started_.end()) return;
  const auto group = kAdapters + static_cast<unsigned>(started->second);
  out_.counter({group, 0}, record.at, "owned by the miniport", --owned_[started->second]);
  const Track routines{group, kRoutines};
  if (out_.is_open(routines)) out_.flow("f", routines, record.at, record.a);
  started_.erase(started);
  leave(own_srbs_, record.a, record.at);
  const auto irp = irps_.find(reading_.srbs[record.a].irp);
  if (irp == irps_.end() || !irp->second.inner) return;
  irp->second.inner = false;
  out_.end({irp->second.group, irp->second.row}, record.at);
}

void Exporter::take(const Line& line, const TraceRecord& record) {
  const machine::Time at = record.at;
  switch (record.event) {
    case Event::ScenarioStep:
      out_.end({kScenario, 1}, at);
      out_.begin({kScenario, 1}, at, record.a < steps_.size() ? steps_[record.a] : line.what);
      break;
    case Event::ThreadSwitch: {
      const Track track = threads_of(record.processor);
      out_.end(track, at);
      const std::string name = reading_.name_of(Thing::Thread, record.a, "thread");
      if (!name.starts_with("idle")) out_.begin(track, at, name, {{"thread", record.a}});
      break;
    }
    case Event::InterruptEntry:
      out_.begin(interrupts_of(record.processor), at, fmt::format("interrupt {:#x}", record.a));
      break;
    case Event::DpcStart:
      out_.begin(interrupts_of(record.processor), at, "DPC");
      break;
    case Event::InterruptExit:
    case Event::DpcEnd:
      out_.end(interrupts_of(record.processor), at);
      break;
    case Event::RegisterRead:
    case Event::RegisterWrite:
    case Event::PortRead:
    case Event::PortWrite:
      out_.name_group(kRegisters, "registers");
      out_.name_row({kRegisters, 1}, "accesses");
      out_.instant({kRegisters, 1}, at, line.what + (line.status.empty() ? "" : " -> " + line.status));
      break;
    case Event::MiniportCall: {
      const Track track = routines_of(record.a);
      out_.begin(track, at, line.what);
      if (static_cast<Routine>(record.a & 0xFF) != Routine::StartIo) break;
      out_.flow("s", track, at, record.b);
      srb_started(record);
      break;
    }
    case Event::MiniportReturn:
      out_.end(routines_of(record.a), at);
      break;
    case Event::SrbGivenBack:
      srb_given_back(record);
      break;
    case Event::AdapterState: {
      const Track track{kAdapters + static_cast<unsigned>(record.a), kBusState};
      out_.name_row(track, "bus state");
      out_.end(track, at);
      out_.begin(track, at, line.state);
      break;
    }
    case Event::DevnodeState: {
      const Track track{kPnp, static_cast<unsigned>(record.a)};
      out_.name_group(kPnp, "devnodes");
      out_.name_row(track, line.lane);
      out_.end(track, at);
      out_.begin(track, at, line.state);
      break;
    }
    case Event::IrpSent:
      irp_sent(line, record);
      break;
    case Event::IrpCompleted:
      leave(irps_, record.a, at);
      break;
    case Event::DeviceReset:
    case Event::DeviceUnplugged:
    case Event::Finding:
    case Event::BugCheck:
      out_.instant({kScenario, 1}, at, line.who + ": " + line.what);
      break;
    default:
      break;
  }
}

}  // namespace

std::string perfetto_json(const machine::Trace& trace, const std::vector<std::string>& steps) {
  Exporter exporter(trace, steps);
  machine::Time last{};
  for (const TraceRecord& record : trace.records()) {
    exporter.take(exporter.reading().line_of(record), record);
    last = record.at;
  }
  return exporter.finish(last);
}

}  // namespace drydock::report
