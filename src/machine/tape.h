#pragma once
// What came into a live machine from outside, in the order in which it came: the wall's times, answers of registers,
// interrupts, what devices wrote into memory. Taken down while the machine runs live; in place of the outside, it makes
// the same run again.
//
// For that to hold, driver code and devices take turns: whoever is outside runs only between release() and hold().

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/brake.h"
#include "host/memory_watch.h"
#include "host/record_file.h"

namespace drydock::machine {

/// The numbers are those of the file (host/record_file.h): append only. An entry is its number, then what it says, each
/// number in groups of seven bits, lowest first.
enum class TapeEntry : std::uint8_t {
  // Answers: the machine asked for them.
  Clock = 1,  ///< of the wall: nanoseconds since the last one
  Look,      ///< nothing more came
  Wait,      ///< the wait is over
  Reply,     ///< of a register: its value
  Command,   ///< to the outside's control: a length and so much text, why it was refused; none if it was done
  // Events: they came unasked, before the answer that follows.
  Line,     ///< of an interrupt: number << 1 | whether it rose
  Message,  ///< device << 8 | vector
  Gone,     ///< whoever was outside has ended, or, 1, does not answer
  Memory,   ///< offset, length and bytes that devices have written
};

/// Outlives every machine that runs on it; allocates nothing while one runs.
class Tape {
 public:
  /// For the run that comes. The writer stays the caller's.
  static Tape recording(host::RecordWriter& to) { return Tape(&to, {}); }
  /// The entries of a record.
  static Tape replaying(std::vector<std::byte> entries) { return Tape(nullptr, std::move(entries)); }

  bool replays() const { return to_ == nullptr; }
  /// The memory that devices share with the machine: so many bytes behind this descriptor, which stays the caller's.
  host::Status share(int memory, std::size_t bytes);

  // ---- recording
  void control(host::Brake outside) { brake_.emplace(std::move(outside)); }
  void release();
  void hold();
  void put(TapeEntry entry, std::uint64_t value = 0);
  void put(TapeEntry entry, std::string_view text);

  // ---- replaying
  /// Told of the events, Memory excepted.
  void on_event(std::function<void(TapeEntry, std::uint64_t)> told) { event_ = std::move(told); }
  /// The next answer, which must be of this kind; events before it are told first. If it is not, the run is another one
  /// than was recorded: a fatal finding, and all ones from then on.
  std::uint64_t take(TapeEntry answer);
  std::string_view take_text(TapeEntry answer);

 private:
  Tape(host::RecordWriter* to, std::vector<std::byte> entries) : to_(to), entries_(std::move(entries)) {}

  void put_number(std::uint64_t number);
  bool take_number(std::uint64_t& number);
  bool take_bytes(std::size_t count, std::span<const std::byte>& bytes);
  bool take_event(TapeEntry event);
  bool find(TapeEntry answer);
  void give_up(std::string_view why);

  host::RecordWriter* to_;
  std::vector<std::byte> entries_;
  std::size_t at_ = 0;
  bool lost_ = false;
  int memory_ = -1;
  std::size_t memory_bytes_ = 0;
  std::optional<host::Brake> brake_;
  std::optional<host::MemoryWatch> watch_;
  std::function<void(TapeEntry, std::uint64_t)> event_;
};

}  // namespace drydock::machine
