#include "bus/board/nearest_name.h"

#include <algorithm>
#include <vector>

namespace drydock::bus::board {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string suggestion(std::string_view written, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (std::string_view name : known) {
    std::size_t d = distance(written, name);
    if (d < best_distance) best = name, best_distance = d;
  }
  if (!best.empty()) return " (did you mean " + std::string(best) + "?)";
  std::string list;
  for (std::string_view name : known) list.append(list.empty() ? "" : ", ").append(name);
  return " (one of " + list + ")";
}

}  // namespace drydock::bus::board
