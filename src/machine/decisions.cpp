#include "machine/decisions.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <tuple>

#include "host/check.h"

namespace drydock::machine {
namespace {

class Steady final : public Strategy {
 public:
  std::uint32_t answer(const char*, std::uint32_t) override { return 0; }
};

/// How often a random run leaves the ordinary way at a site: one time in `one_in`. Schedules often, faults seldom.
struct SiteOdds {
  const char* prefix;
  std::uint32_t one_in;
};
constexpr SiteOdds kOdds[] = {
    {"point.", 4}, {"processor.", 1}, {"thread.", 2}, {"interrupt.", 2}, {"order.", 1}, {"", 64},
};

class Random final : public Strategy {
 public:
  // Scrambled, because neighbouring seeds must not give one stream shifted by a step.
  explicit Random(std::uint64_t seed) : state_(scramble(seed + 0xD1B54A32D192ED03)) {}

  std::uint32_t answer(const char* site, std::uint32_t n) override {
    for (const SiteOdds& odds : kOdds) {
      if (std::strncmp(site, odds.prefix, std::strlen(odds.prefix)) != 0) continue;
      if (odds.one_in == 1) return below(n);
      return below(odds.one_in) == 0 ? 1 + below(n - 1) : 0;
    }
    return 0;
  }
  bool asks_at_points() const override { return true; }
  std::uint32_t points_per_question() const override { return 8; }

 private:
  static std::uint64_t scramble(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint64_t next() { return scramble(state_ += 0x9E3779B97F4A7C15); }  // splitmix64
  std::uint32_t below(std::uint32_t n) { return n <= 1 ? 0 : static_cast<std::uint32_t>((next() >> 32) * n >> 32); }

  std::uint64_t state_;
};

class Recorded final : public Strategy {
 public:
  explicit Recorded(std::vector<std::uint32_t> answers) : answers_(std::move(answers)) {}
  std::uint32_t answer(const char*, std::uint32_t n) override {
    std::uint32_t answer = next_ < answers_.size() ? answers_[next_++] : 0;
    return answer < n ? answer : 0;
  }
  bool asks_at_points() const override { return true; }
  std::uint32_t points_per_question() const override { return 8; }

 private:
  std::vector<std::uint32_t> answers_;
  std::size_t next_ = 0;
};

class BySite final : public Strategy {
 public:
  explicit BySite(std::vector<SiteAnswer> answers) {
    std::sort(answers.begin(), answers.end(), [](const SiteAnswer& one, const SiteAnswer& other) {
      return std::tie(one.site, one.nth) < std::tie(other.site, other.nth);
    });
    for (SiteAnswer& each : answers) {
      if (sites_.empty() || sites_.back().name != each.site) sites_.push_back({each.site, {}});
      sites_.back().left.push_back({each.nth, each.answer});
    }
  }
  std::uint32_t answer(const char* name, std::uint32_t n) override {
    const SiteCounts::Asked asked = counts_.count(name);
    if (asked.site == numbered_.size()) numbered_.push_back(find(name));
    Site* site = numbered_[asked.site];
    if (site == nullptr || site->left.empty() || site->left.front().nth != asked.nth) return 0;
    const std::uint32_t answer = site->left.front().answer;
    site->left.pop_front();
    return answer < n ? answer : 0;
  }
  bool asks_at_points() const override { return true; }
  std::uint32_t points_per_question() const override { return 8; }

 private:
  struct Answer {
    std::uint64_t nth;
    std::uint32_t answer;
  };
  struct Site {
    std::string name;
    std::deque<Answer> left;
  };
  Site* find(const char* name) {
    const auto site = std::find_if(sites_.begin(), sites_.end(), [name](const Site& each) { return each.name == name; });
    return site == sites_.end() ? nullptr : &*site;
  }

  std::vector<Site> sites_;
  std::vector<Site*> numbered_;  // as counts_ has them; null: nothing to say
  SiteCounts counts_;
};

constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

void append_number(std::string& text, std::uint64_t value) {
  char digits[16];
  unsigned n = 0;
  do digits[n++] = kDigits[value % 36];
  while (value /= 36);
  while (n) text += digits[--n];
}

}  // namespace

std::unique_ptr<Strategy> steady() { return std::make_unique<Steady>(); }
std::unique_ptr<Strategy> random(std::uint64_t seed) { return std::make_unique<Random>(seed); }
std::unique_ptr<Strategy> recorded(std::vector<std::uint32_t> answers) {
  return std::make_unique<Recorded>(std::move(answers));
}
std::unique_ptr<Strategy> by_site(std::vector<SiteAnswer> answers) {
  return std::make_unique<BySite>(std::move(answers));
}

SiteCounts::Asked SiteCounts::count(const char* site) {
  // The same literal may stand at two addresses.
  for (std::uint32_t i = 0; i < sites_.size(); ++i)
    if (sites_[i].name == site || std::strcmp(sites_[i].name, site) == 0) return {i, sites_[i].asked++};
  sites_.push_back({site, 1});
  return {static_cast<std::uint32_t>(sites_.size() - 1), 0};
}

Decisions::Decisions(std::unique_ptr<Strategy> strategy)
    : strategy_(std::move(strategy)),
      asks_at_points_(strategy_->asks_at_points()),
      points_per_question_(strategy_->points_per_question()) {}

std::uint32_t Decisions::choose(const char* site, std::uint32_t n) {
  if (n < 2) return 0;
  std::uint32_t answer = strategy_->answer(site, n);
  HOST_CHECK(answer < n);
  last_asked_ = sites_.count(site);
  answers_.push_back(answer);
  return answer;
}

std::string to_text(const std::vector<std::uint32_t>& answers) {
  std::string text;
  std::size_t last = answers.size();
  while (last > 0 && answers[last - 1] == 0) --last;
  for (std::size_t i = 0; i < last;) {
    if (!text.empty()) text += '.';
    if (answers[i] != 0) {
      append_number(text, answers[i++]);
      continue;
    }
    std::size_t zeros = i;
    while (i < last && answers[i] == 0) ++i;
    text += '-';
    append_number(text, i - zeros);
  }
  return text.empty() ? "-" : text;
}

std::vector<std::uint32_t> answers_of(std::string_view text, bool& well_formed) {
  std::vector<std::uint32_t> answers;
  well_formed = !text.empty();
  if (text == "-") return answers;
  while (!text.empty() && well_formed) {
    std::string_view part = text.substr(0, text.find('.'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    bool zeros = !part.empty() && part.front() == '-';
    if (zeros) part.remove_prefix(1);
    std::uint64_t value = 0;
    well_formed = !part.empty() && part.size() <= 7;
    for (char c : part) {
      const char* digit = std::strchr(kDigits, c);
      well_formed = well_formed && c != 0 && digit != nullptr;
      if (well_formed) value = value * 36 + static_cast<std::uint64_t>(digit - kDigits);
    }
    if (!well_formed || value > 0xFFFF'FFFF || (zeros && value > (1u << 28))) {
      well_formed = false;
      break;
    }
    if (zeros)
      answers.insert(answers.end(), value, 0);
    else
      answers.push_back(static_cast<std::uint32_t>(value));
  }
  return answers;
}

}  // namespace drydock::machine
