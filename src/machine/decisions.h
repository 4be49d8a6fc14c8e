#pragma once
// Every way the real world could go is one answer here. The answers are the whole run.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::machine {

/// Supplies answers. One strategy object serves one run; it lives in the machine's arena, so that a snapshot holds it.
class Strategy {
 public:
  virtual ~Strategy() = default;
  /// An answer in 0 .. n-1 (n >= 2). 0 is what an undisturbed machine does.
  virtual std::uint32_t answer(const char* site, std::uint32_t n) = 0;
  /// Whether scheduling points ask at all; without, every point costs a compare and a branch.
  virtual bool asks_at_points() const { return false; }
  /// One of so many points is a choice ("point" sites are too frequent to record each).
  virtual std::uint32_t points_per_question() const { return 1; }
};

/// Always 0.
std::unique_ptr<Strategy> steady();
/// Pseudo-random by seed: choices among schedules are frequent, faults rare, each site with its own odds.
std::unique_ptr<Strategy> random(std::uint64_t seed);
/// Plays recorded answers; after the last one, 0.
std::unique_ptr<Strategy> recorded(std::vector<std::uint32_t> answers);

/// One answer, by what was asked: the `nth` question (from 0) of its site.
struct SiteAnswer {
  std::string site;
  std::uint64_t nth = 0;
  std::uint32_t answer = 0;
};
/// Gives these answers, and 0 to every other question. Unlike in a recording, an answer that is taken out leaves those
/// of other sites where they were.
std::unique_ptr<Strategy> by_site(std::vector<SiteAnswer> answers);

/// How often each site has asked. There are few: they are looked for one after the other.
class SiteCounts {
 public:
  struct Asked {
    std::uint32_t site = 0;  ///< 0, 1, ... as they first asked
    std::uint64_t nth = 0;
  };
  Asked count(const char* site);

 private:
  struct Site {
    const char* name;
    std::uint64_t asked;
  };
  std::vector<Site> sites_;
};

/// The machine's side: asks the strategy and keeps what it said.
class Decisions {
 public:
  explicit Decisions(std::unique_ptr<Strategy> strategy);

  /// 0 .. n-1; 0 without asking if n < 2. Recorded. `site` must be a string literal.
  std::uint32_t choose(const char* site, std::uint32_t n);

  bool asks_at_points() const { return asks_at_points_; }
  std::uint32_t points_per_question() const { return points_per_question_; }
  const std::vector<std::uint32_t>& answers() const { return answers_; }
  /// How many questions were asked.
  std::size_t count() const { return answers_.size(); }
  /// Which question the last one was.
  SiteCounts::Asked last_asked() const { return last_asked_; }

 private:
  std::unique_ptr<Strategy> strategy_;
  std::vector<std::uint32_t> answers_;
  SiteCounts sites_;
  SiteCounts::Asked last_asked_;
  bool asks_at_points_;
  std::uint32_t points_per_question_;
};

/// Answers as text for `drydock replay`: numbers in base 36 joined by dots, "-n" for n zeros. Inverse functions.
std::string to_text(const std::vector<std::uint32_t>& answers);
std::vector<std::uint32_t> answers_of(std::string_view text, bool& well_formed);

}  // namespace drydock::machine
