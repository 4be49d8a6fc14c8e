#include "report/callback_list.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "report/callback_table.h"

namespace drydock::report {

namespace {

// ---- What was seen ----

struct SeenPart {
  std::string request;
  std::vector<std::string> calls;
  std::string failed;        ///< the first callback that failed
  bool says_failed = false;  ///< its driver called WdfDeviceSetFailed meanwhile
};

struct SeenDevice {
  std::string name;
  std::map<std::string, unsigned, std::less<>> has;
  std::vector<SeenPart> parts;
};

/// The callback without its state: "D0Entry" of "D0Entry(D3Final)".
std::string_view bare(std::string_view call) {
  return call.substr(0, call.starts_with("IoStop") ? call.npos : call.find('('));
}

bool at_any_time(std::string_view call) {
  return std::find(std::begin(kAnyTime), std::end(kAnyTime), call) != std::end(kAnyTime);
}

/// Drivers and devices in order of creation. A note of ours: "WDFDEVICE#1 of edu.sys calls D0Entry(D3Final)".
std::vector<SeenDevice> seen_in(const machine::Trace& trace) {
  std::vector<SeenDevice> devices;
  for (const machine::Trace::Note& note : trace.notes()) {
    const std::string_view text = note.text;
    if (!text.starts_with("WDFDEVICE#") && !text.starts_with("WDFDRIVER of ")) continue;
    for (const std::string_view verb : {" has ", " > ", " calls ", " failed ", " says "}) {
      const std::size_t at = text.find(verb);
      if (at == text.npos) continue;
      const std::string_view name = text.substr(0, at), what = text.substr(at + verb.size());
      auto found = std::find_if(devices.begin(), devices.end(), [name](const auto& each) { return each.name == name; });
      if (found == devices.end()) found = devices.insert(devices.end(), SeenDevice{std::string(name), {}, {}});
      if (verb == " has ")
        ++found->has[std::string(what)];
      else if (verb == " > ")
        found->parts.push_back({std::string(what), {}, {}});
      else if (found->parts.empty())
        found->parts.push_back({"", {}, {}});
      if (verb == " calls ") found->parts.back().calls.emplace_back(what);
      if (verb == " says ") found->parts.back().says_failed = true;
      if (verb == " failed " && found->parts.back().failed.empty() && !at_any_time(bare(what)))
        found->parts.back().failed = bare(what);
      break;
    }
  }
  return devices;
}

// ---- One beside the other ----

struct LineOfTwo {
  std::string documented, seen;
  bool differs = false;
};

bool same(std::string_view documented, std::string_view seen) {
  if (documented == seen) return true;
  const std::size_t at = documented.find("(Dx)");
  return at != documented.npos && bare(seen) == documented.substr(0, at) && !seen.ends_with("(D3Final)");
}

/// How often each of `names` came, in the order in which they came, if that is one object after the other.
std::vector<std::string> as_far_as_they_came(const std::vector<std::string>& names, const SeenDevice& device,
                                             const SeenPart& seen) {
  std::vector<std::string> came;
  unsigned objects = 0, runs = 0;
  std::size_t last = names.size();
  for (const std::string& name : names)
    if (auto has = device.has.find(name); has != device.has.end()) objects = std::max(objects, has->second);
  for (const std::string& call : seen.calls) {
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), call) - names.begin());
    if (at == names.size()) continue;
    if (last == names.size() || at <= last) ++runs;
    last = at;
    came.push_back(call);
  }
  if (runs > objects)
    std::stable_sort(came.begin(), came.end(), [&names](const std::string& a, const std::string& b) {
      return std::find(names.begin(), names.end(), a) < std::find(names.begin(), names.end(), b);
    });
  return came;
}

/// What this device should show of a documented part: what its driver registered, as often as it did.
std::vector<std::string> expected_of(const DocumentedPart& part, const SeenDevice& device, const SeenPart& seen) {
  std::vector<std::string> expected;
  std::string_view rest = part.callbacks;
  std::vector<std::string> group;
  bool in_group = false;
  while (!rest.empty()) {
    std::string_view item = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (item.empty()) continue;
    if (item.front() == '{') {
      const std::string_view name = item.substr(1, item.size() - 2);
      expected.insert(expected.end(), static_cast<std::size_t>(std::count(seen.calls.begin(), seen.calls.end(), name)),
                      std::string(name));
      continue;
    }
    const bool partly = item.front() == '<', partly_ends = item.back() == '>';
    const bool begins = item.front() == '[' || partly, ends = item.back() == ']' || partly_ends;
    if (begins) item.remove_prefix(1), in_group = true, group.clear();
    if (ends) item.remove_suffix(1);
    if (in_group) {
      group.emplace_back(item);
      if (!ends) continue;
      in_group = false;
      if (partly_ends) {
        const std::vector<std::string> came = as_far_as_they_came(group, device, seen);
        expected.insert(expected.end(), came.begin(), came.end());
        continue;
      }
      // One object after the other.
      unsigned objects = 0;
      for (const std::string& name : group)
        if (auto has = device.has.find(name); has != device.has.end()) objects = std::max(objects, has->second);
      for (unsigned i = 0; i < objects; ++i)
        for (const std::string& name : group)
          if (auto has = device.has.find(name); has != device.has.end() && has->second > i) expected.push_back(name);
      continue;
    }
    if (device.has.contains(bare(item))) expected.emplace_back(item);
  }
  return expected;
}

/// Lines up the longest common order.
std::vector<LineOfTwo> side_by_side(const std::vector<std::string>& documented, const std::vector<std::string>& seen) {
  const std::size_t n = documented.size(), m = seen.size();
  std::vector<std::vector<unsigned>> common(n + 1, std::vector<unsigned>(m + 1));
  for (std::size_t i = n; i-- > 0;)
    for (std::size_t j = m; j-- > 0;)
      common[i][j] =
          same(documented[i], seen[j]) ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::vector<LineOfTwo> lines;
  std::size_t i = 0, j = 0;
  while (i < n || j < m) {
    const bool any_time = j < m && at_any_time(seen[j]);
    if (any_time)
      lines.push_back({"(at any time)", seen[j++], false});
    else if (i < n && j < m && same(documented[i], seen[j]))
      lines.push_back({documented[i++], seen[j++], false});
    else if (j == m || (i < n && common[i + 1][j] >= common[i][j + 1]))
      lines.push_back({documented[i++], "-", true});
    else
      lines.push_back({"-", seen[j++], true});
  }
  return lines;
}

unsigned differences(const std::vector<LineOfTwo>& lines) {
  return static_cast<unsigned>(
      std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.differs; }));
}

struct ChosenPart {
  const DocumentedPart* part = nullptr;
  std::vector<LineOfTwo> lines;
};

/// The documented part for this request, where several are possible that with the fewest differences. A device that
/// gets another request is not gone.
ChosenPart choose(const SeenDevice& device, const SeenPart& seen, Life life) {
  const bool last = &seen == &device.parts.back();
  ChosenPart best;
  for (const DocumentedPart& part : kParts) {
    if (part.request != seen.request || !(part.lives & in(life)) || part.failed != seen.failed) continue;
    if (!part.only.empty() && !device.has.contains(part.only)) continue;
    if (part.after == Life::Gone && !last) continue;
    std::vector<LineOfTwo> lines = side_by_side(expected_of(part, device, seen), seen.calls);
    if (!best.part || differences(lines) < differences(best.lines)) best = {&part, std::move(lines)};
  }
  if (!best.part) best.lines = side_by_side({}, seen.calls);
  return best;
}

constexpr std::size_t kColumn = 24;

std::string line_text(std::string_view mark, std::string_view documented, std::string_view seen) {
  std::string text = fmt::format("  {:2} {:{}} {}", mark, documented, kColumn, seen);
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

void put_device(CallbackList& list, const SeenDevice& device, const Look& look) {
  list.text += look.paint(Tone::Strong, "callbacks of " + device.name) + "\n" +
               look.paint(Tone::Dim, line_text("", "documented", "seen")) + "\n";
  Life life = Life::Added;
  for (const SeenPart& seen : device.parts) {
    const ChosenPart chosen = choose(device, seen, life);
    ++list.requests;
    list.callbacks += static_cast<unsigned>(seen.calls.size());
    list.differences += differences(chosen.lines);
    const std::string title = fmt::format(
        "{}{}", seen.request.empty() ? "no request" : seen.request,
        chosen.part ? fmt::format(" ({})", chosen.part->scenario) : std::string(", not in the contract's table here"));
    list.text += "  " + look.paint(Tone::Strong, title) + "\n";
    for (const LineOfTwo& line : chosen.lines) {
      const std::string text = line_text(line.differs ? "<>" : "", line.documented, line.seen);
      list.text += (line.differs ? look.paint(Tone::Bad, text) : text) + "\n";
    }
    if (chosen.part) life = chosen.part->after;
    if (seen.says_failed && life == Life::InD0) life = Life::SaidFailed;
  }
  list.text += "\n";
}

}  // namespace

CallbackList callback_list(const machine::Trace& trace, const Look& look) {
  CallbackList list;
  for (const SeenDevice& device : seen_in(trace)) put_device(list, device, look);
  if (list.text.empty()) return list;
  const std::string verdict = list.differences == 0 ? "each where it is documented"
                                                    : fmt::format("{} {}", list.differences,
                                                                  list.differences == 1 ? "difference" : "differences");
  list.text += fmt::format("{} requests, {} callbacks: {}\n\n", list.requests, list.callbacks,
                           look.paint(list.differences == 0 ? Tone::Good : Tone::Bad, verdict));
  return list;
}

}  // namespace drydock::report
