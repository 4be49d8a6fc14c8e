#include "report/timeline.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/story.h"
#include "report/table.h"

namespace drydock::report {

namespace {

constexpr std::size_t kLanesMax = 3;
constexpr std::size_t kRangesMax = 3;
constexpr std::size_t kWhatWidthMax = 64;

/// "#119-132, 134, 140-142 +5"
std::string numbers_text(std::vector<std::uint64_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::string text = "#";
  std::size_t ranges = 0;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (ranges++ == kRangesMax) return text + fmt::format(" +{}", numbers.size() - i);
    text += (i == 0 ? "" : ",") + std::to_string(numbers[i]);
    if (last != i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t have = width_of(text);
  return std::string(text) + std::string(width > have ? width - have : 0, ' ');
}

struct Lane {
  std::string name, state;
};

/// Whose states change in the story, with what holds at its beginning.
std::vector<Lane> lanes_of(const Story& story) {
  std::vector<Lane> lanes;
  for (const Fold& fold : story.lines) {
    const Line& line = fold.first;
    auto same = [&](const Lane& lane) { return lane.name == line.lane; };
    if (line.lane.empty() || lanes.size() == kLanesMax || std::any_of(lanes.begin(), lanes.end(), same)) continue;
    lanes.push_back({line.lane, line.state_before});
  }
  return lanes;
}

constexpr std::string_view kHeads[] = {"virtual time", "after", "cpu", "who", "what", "request", "status"};
constexpr std::size_t kCells = std::size(kHeads);
enum : std::size_t { kTime, kSince, kCpu, kWho, kWhat, kObject, kStatus };

struct Row {
  std::string cells[kCells];
  std::vector<std::string> lanes;
};

std::string seconds(machine::Time time) {
  return fmt::format("{:.7f} s", static_cast<double>(time.count()) / 1e9);
}

Row row_of(const Fold& fold, machine::Time before, bool first) {
  const Line& line = fold.first;
  Row row;
  row.cells[kTime] = seconds(line.at);
  if (!first && line.at != before) row.cells[kSince] = "+" + short_time(line.at - before);
  row.cells[kCpu] = std::to_string(line.processor);
  row.cells[kWho] = line.who;
  row.cells[kWhat] = line.what;
  if (fold.objects.size() > 1) {
    row.cells[kWhat] = fmt::format(fmt::runtime(line.many), fold.objects.size());
    if (fold.last != line.at) row.cells[kWhat] += ", over " + short_time(fold.last - line.at);
  }
  if (!fold.objects.empty()) row.cells[kObject] = std::string(line.object_kind) + numbers_text(fold.objects);
  row.cells[kStatus] = line.status;
  return row;
}

std::string draw(const std::vector<Row>& rows, const std::vector<Lane>& lanes, const Look& look) {
  std::size_t widths[kCells];
  for (std::size_t i = 0; i < kCells; ++i) {
    widths[i] = kHeads[i].size();
    for (const Row& row : rows) widths[i] = std::max(widths[i], width_of(row.cells[i]));
  }
  widths[kWhat] = std::min(widths[kWhat], kWhatWidthMax);
  std::vector<std::size_t> lane_widths;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lane_widths.push_back(lanes[i].name.size());
    for (const Row& row : rows) lane_widths[i] = std::max(lane_widths[i], width_of(row.lanes[i]));
  }
  std::string text;
  auto end_line = [&] {
    while (text.ends_with(' ')) text.pop_back();
    text += "\n";
  };
  std::string heads = " ";
  for (std::size_t i = 0; i < kCells; ++i) heads += padded(kHeads[i], widths[i]) + "  ";
  for (std::size_t i = 0; i < lanes.size(); ++i) heads += padded(lanes[i].name, lane_widths[i]) + "  ";
  while (heads.ends_with(' ')) heads.pop_back();
  text += look.paint(Tone::Strong, heads) + "\n";
  for (const Row& row : rows) {
    const std::vector<std::string> what = wrap(row.cells[kWhat], widths[kWhat]);
    text += " ";
    for (std::size_t i = 0; i < kCells; ++i) {
      const Tone tone = i <= kCpu ? Tone::Dim : i == kWho ? Tone::Strong : Tone::Plain;
      text += look.paint(tone, padded(i == kWhat ? what.front() : row.cells[i], widths[i])) + "  ";
    }
    for (std::size_t i = 0; i < lanes.size(); ++i)
      text +=
          look.paint(row.lanes[i] == look.bar() ? Tone::Dim : Tone::Good, padded(row.lanes[i], lane_widths[i])) + "  ";
    end_line();
    for (std::size_t more = 1; more < what.size(); ++more) {
      text += std::string(1 + widths[kTime] + 2 + widths[kSince] + 2 + widths[kCpu] + 2 + widths[kWho] + 2, ' ');
      text += padded(what[more], widths[kWhat] + 2 + widths[kObject] + 2 + widths[kStatus] + 2);
      for (std::size_t i = 0; i < lanes.size(); ++i)
        text += look.paint(Tone::Dim, padded(look.bar(), lane_widths[i])) + "  ";
      end_line();
    }
  }
  return text;
}

std::string draw(const Story& story, const Look& look) {
  std::vector<Lane> lanes = lanes_of(story);
  std::vector<Row> rows;
  machine::Time before{};
  for (const Fold& fold : story.lines) {
    Row row = row_of(fold, before, rows.empty());
    for (Lane& lane : lanes) {
      const bool changes = fold.first.lane == lane.name;
      if (changes) lane.state = fold.first.state;
      row.lanes.push_back(changes || rows.empty() ? lane.state : std::string(look.bar()));
    }
    before = fold.first.at;
    rows.push_back(std::move(row));
  }
  return draw(rows, lanes, look);
}

/// Everything as one story without folds.
Story whole_story(const machine::Trace& trace) {
  Story story;
  Reading reading(trace);
  for_each_line(trace, reading, [&](Line line, const machine::TraceRecord*) {
    Fold fold{std::move(line), {}, {}};
    fold.last = fold.first.at;
    if (!fold.first.object_kind.empty()) fold.objects.push_back(fold.first.object);
    story.lines.push_back(std::move(fold));
  });
  return story;
}

}  // namespace

std::string timeline_of(const machine::Trace& trace, const std::vector<std::string>& steps, TimelineScope scope,
                        const Look& look) {
  if (scope == TimelineScope::Everything) return draw(whole_story(trace), look) + "\n";
  const std::vector<Story> stories = stories_of(trace);
  if (stories.empty())
    return "timeline: no reset, removal or finding in this run; --timeline=all draws every event\n\n";
  std::string text;
  for (std::size_t i = 0; i < stories.size(); ++i) {
    const std::size_t step = stories[i].step;
    const std::string head = fmt::format("timeline {} of {}: step {}, {}", i + 1, stories.size(), step + 1,
                                         step < steps.size() ? steps[step] : "?");
    text += look.paint(Tone::Strong, head) + "\n\n" + draw(stories[i], look) + "\n";
  }
  return text;
}

std::vector<std::string> trace_lines(const machine::Trace& trace) {
  std::vector<std::string> lines;
  Reading reading(trace);
  for_each_line(trace, reading, [&](const Line& line, const machine::TraceRecord* record) {
    const std::string numbers = record ? fmt::format("{:<16} {:#x} {:#x} {:#x}", machine::event_name(record->event),
                                                     record->a, record->b, record->c)
                                       : fmt::format("{:<16}", "-");
    std::string text = fmt::format("{:>14.6f} ms  cpu{}  {:<48} ", static_cast<double>(line.at.count()) / 1e6,
                                   line.processor, numbers);
    if (!line.who.empty()) text += line.who + ": ";
    text += line.what;
    if (!line.status.empty()) text += " -> " + line.status;
    lines.push_back(std::move(text));
  });
  return lines;
}

}  // namespace drydock::report
