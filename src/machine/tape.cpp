#include "machine/tape.h"

#include <array>

#include <fmt/format.h>

#include "host/file_io.h"
#include "machine/machine.h"

namespace drydock::machine {

namespace {

constexpr std::array<std::string_view, 10> kNames = {
    "nothing",   "a time",            "an end of what came", "an end of a wait",      "a register's value",
    "a command's end", "an interrupt line", "a message",   "the device's end", "what a device wrote"};

std::string_view name_of(std::uint64_t entry) {
  return entry < kNames.size() ? kNames[entry] : "something unknown";
}

bool is_event(std::uint64_t entry) {
  return entry >= static_cast<std::uint64_t>(TapeEntry::Line) && entry <= static_cast<std::uint64_t>(TapeEntry::Memory);
}

}  // namespace

host::Status Tape::share(int memory, std::size_t bytes) {
  memory_ = memory;
  memory_bytes_ = bytes;
  if (!replays()) watch_.emplace(TRY(host::MemoryWatch::of(memory, bytes)));
  return {};
}

// ---- recording

void Tape::release() {
  watch_->remember();
  brake_->release();
}

void Tape::hold() {
  brake_->hold();
  watch_->differences([this](std::size_t offset, std::span<const std::byte> now) {
    put(TapeEntry::Memory, offset);
    put_number(now.size());
    to_->put(now);
  });
}

void Tape::put(TapeEntry entry, std::uint64_t value) {
  const std::byte kind{static_cast<std::uint8_t>(entry)};
  to_->put({&kind, 1});
  put_number(value);
}

void Tape::put(TapeEntry entry, std::string_view text) {
  put(entry, text.size());
  to_->put(std::as_bytes(std::span(text)));
}

void Tape::put_number(std::uint64_t number) {
  std::array<std::byte, 10> groups;
  std::size_t used = 0;
  for (; number >= 0x80; number >>= 7) groups[used++] = static_cast<std::byte>(number | 0x80);
  groups[used++] = static_cast<std::byte>(number);
  to_->put({groups.data(), used});
}

// ---- replaying

bool Tape::take_number(std::uint64_t& number) {
  number = 0;
  for (unsigned shift = 0; shift < 64 && at_ < entries_.size(); shift += 7) {
    const auto group = std::to_integer<std::uint64_t>(entries_[at_++]);
    number |= (group & 0x7F) << shift;
    if (!(group & 0x80)) return true;
  }
  return false;
}

bool Tape::take_bytes(std::size_t count, std::span<const std::byte>& bytes) {
  if (count > entries_.size() - at_) return false;
  bytes = std::span(entries_).subspan(at_, count);
  at_ += count;
  return true;
}

bool Tape::take_event(TapeEntry event) {
  std::uint64_t value = 0, length = 0;
  if (!take_number(value)) return false;
  if (event != TapeEntry::Memory) {
    if (event_) event_(event, value);
    return true;
  }
  std::span<const std::byte> bytes;
  return take_number(length) && take_bytes(length, bytes) && value <= memory_bytes_ && length <= memory_bytes_ - value &&
         host::write_at(memory_, value, bytes);
}

bool Tape::find(TapeEntry answer) {
  while (!lost_) {
    const std::size_t begin = at_;
    std::uint64_t entry = 0;
    if (!take_number(entry)) {
      give_up(fmt::format("the run asks for {}, but the record ends", name_of(static_cast<std::uint64_t>(answer))));
    } else if (entry == static_cast<std::uint64_t>(answer)) {
      return true;
    } else if (!is_event(entry)) {
      give_up(fmt::format("the run asks for {}, the record has {} there (entries, offset {})",
                          name_of(static_cast<std::uint64_t>(answer)), name_of(entry), begin));
    } else if (!take_event(static_cast<TapeEntry>(entry))) {
      give_up(fmt::format("the record's entry at offset {} cannot be read", begin));
    }
  }
  return false;
}

std::uint64_t Tape::take(TapeEntry answer) {
  std::uint64_t value = 0;
  return find(answer) && take_number(value) ? value : ~0ull;
}

std::string_view Tape::take_text(TapeEntry answer) {
  std::uint64_t length = 0;
  std::span<const std::byte> bytes;
  if (!find(answer) || !take_number(length) || !take_bytes(length, bytes)) return "the record has no answer";
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Tape::give_up(std::string_view why) {
  lost_ = true;
  if (Machine::running())
    Machine::current().report(finding("RECORD_DOES_NOT_FIT", fmt::format("this run is not the one that was recorded: {}", why)));
}

}  // namespace drydock::machine
