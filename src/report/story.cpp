#include "report/story.h"

#include <deque>
#include <set>

namespace drydock::report {

using machine::Event;
using machine::TraceRecord;

namespace {

/// What led to a story: at most so many lines, so long before.
constexpr std::size_t kLeadMax = 3;
constexpr machine::Duration kLeadTime = std::chrono::milliseconds{1};
/// Requests that are hit or started one after the other within this time are drawn as one line.
constexpr machine::Duration kFoldTime = std::chrono::milliseconds{1};

class Teller {
 public:
  void take(Line line, const TraceRecord* record) {
    if (record && record->event == Event::ScenarioStep) {
      story_.reset();
      step_ = record->a;
      lead_.clear();
      return;
    }
    follow_requests(line, record);
    switch (line.weight) {
      case Weight::Fine:
        return;
      case Weight::Opens:
      case Weight::Always:
        open(line);
        ending_ &= line.weight != Weight::Opens;
        put(line);
        break;
      case Weight::Closes:
        if (!story_) return;
        put(line);
        ending_ = true;
        break;
      case Weight::Request:
        if (story_ && (!ending_ || hit_.contains(line.irp) || done_ == line.irp)) put(line);
        break;
      case Weight::Step:
        if (story_ && !ending_)
          put(line);
        else
          remember(line);
        break;
    }
    if (story_ && ending_ && hit_.empty()) story_.reset();
  }

  std::vector<Story> stories;

 private:
  /// A request that fails while the story is open belongs to it until it has ended otherwise.
  void follow_requests(const Line& line, const TraceRecord* record) {
    done_ = 0;
    if (!story_ || !record || line.irp == 0) return;
    if (record->event == Event::IrpSent && line.weight == Weight::Request) hit_.insert(line.irp);
    if (record->event == Event::IrpCompleted && hit_.erase(line.irp) != 0) done_ = line.irp;
  }

  void open(const Line& line) {
    if (story_) return;
    story_ = stories.size();
    stories.push_back({step_, {}});
    ending_ = line.weight == Weight::Always;  // a finding tells no story of its own
    hit_.clear();
    for (const Line& before : lead_)
      if (line.at - before.at <= kLeadTime) put(before);
    lead_.clear();
  }

  void remember(const Line& line) {
    lead_.push_back(line);
    if (lead_.size() > kLeadMax) lead_.pop_front();
  }

  void put(const Line& line) {
    std::vector<Fold>& lines = stories[*story_].lines;
    if (!line.many.empty()) {
      for (auto fold = lines.rbegin(); fold != lines.rend() && !fold->first.many.empty(); ++fold) {
        if (fold->first.many != line.many || fold->first.who != line.who || fold->first.status != line.status) continue;
        if (line.at - fold->last > kFoldTime) break;
        fold->last = line.at;
        fold->objects.push_back(line.object);
        return;
      }
    }
    lines.push_back({line, line.at, {}});
    if (!line.object_kind.empty()) lines.back().objects.push_back(line.object);
  }

  std::size_t step_ = 0;
  std::optional<std::size_t> story_;
  bool ending_ = false;
  std::set<std::uint64_t> hit_;  ///< IRPs
  std::uint64_t done_ = 0;       ///< the one that has just left it
  std::deque<Line> lead_;
};

}  // namespace

std::vector<Story> stories_of(const machine::Trace& trace) {
  Reading reading(trace);
  Teller teller;
  for_each_line(trace, reading, [&](Line line, const TraceRecord* record) { teller.take(std::move(line), record); });
  return std::move(teller.stories);
}

}  // namespace drydock::report
