#include "models/qemu/qtest.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "host/socket.h"
#include "models/pci/config_space.h"

namespace drydock::models::qemu {

namespace {

/// "b", "w", "l", "q"
char letter(unsigned size) {
  return size == 1 ? 'b' : size == 2 ? 'w' : size == 4 ? 'l' : 'q';
}

using Line = char[64];

int write_line(Line& line, std::uint64_t address, unsigned size, std::uint64_t value) {
  return std::snprintf(line, sizeof(line), "write%c 0x%llx 0x%llx\n", letter(size),
                       static_cast<unsigned long long>(address), static_cast<unsigned long long>(value));
}

}  // namespace

std::uint64_t Qtest::read(std::uint64_t address, unsigned size) {
  Line line;
  const int length = std::snprintf(line, sizeof(line), "read%c 0x%llx\n", letter(size),
                                   static_cast<unsigned long long>(address));
  return ask(line, length) & pci::all_ones(size);
}

void Qtest::write(std::uint64_t address, unsigned size, std::uint64_t value) {
  Line line;
  ask(line, write_line(line, address, size, value));
}

void Qtest::post_write(std::uint64_t address, unsigned size, std::uint64_t value) {
  if (tape_) return write(address, size, value);  // devices get their turn within what is waited for
  if (posted_ == kPostedMax) collect_posted();
  Line line;
  send(line, write_line(line, address, size, value));
  ++posted_;
  ++posted_writes_;
}

std::uint32_t Qtest::in(std::uint16_t port, unsigned size) {
  Line line;
  const int length = std::snprintf(line, sizeof(line), "in%c 0x%x\n", letter(size), port);
  return static_cast<std::uint32_t>(ask(line, length) & pci::all_ones(size));
}

void Qtest::out(std::uint16_t port, unsigned size, std::uint32_t value) {
  Line line;
  ask(line, std::snprintf(line, sizeof(line), "out%c 0x%x 0x%x\n", letter(size), port, value));
}

void Qtest::intercept_interrupts() {
  Line line;
  ask(line, std::snprintf(line, sizeof(line), "irq_intercept_in ioapic\n"));
}

std::uint64_t Qtest::ask(const char* line, int length) {
  ++round_trips_;
  if (!tape_) {
    const std::uint64_t value = exchange(line, length);
    tell_changes();
    return value;
  }
  if (tape_->replays()) return tape_->take(machine::TapeEntry::Reply);
  tape_->release();
  const std::uint64_t value = exchange(line, length);
  tape_->hold();
  tell_changes();
  tape_->put(machine::TapeEntry::Reply, value);
  return value;
}

std::uint64_t Qtest::exchange(const char* line, int length) {
  collect_posted();
  send(line, length);
  ++posted_;
  std::uint64_t value = ~0ull;
  while (posted_ != 0) {
    bool was_reply = false;
    if (!take_line(was_reply, value) && !receive(true)) return ~0ull;
    if (was_reply) --posted_;
  }
  take_lines();  // what came with the reply would wake nobody any more
  return value;
}

void Qtest::collect_posted() {
  while (posted_ != 0) {
    bool was_reply = false;
    std::uint64_t value;
    if (!take_line(was_reply, value) && !receive(true)) return;
    if (was_reply) --posted_;
  }
}

void Qtest::take() {
  do take_lines();
  while (receive(false));
  tell_changes();
}

/// If there are too many, levels that are overtaken may go.
void Qtest::changed(LineChange change) {
  const auto end = changes_.begin() + changes_count_;
  if (changes_count_ == kChangesMax) {
    const auto overtaken = std::find_if(changes_.begin(), end, [&](LineChange old) { return old.line == change.line; });
    forget_change(overtaken == end ? 0 : static_cast<unsigned>(overtaken - changes_.begin()));
  }
  changes_[changes_count_++] = change;
}

void Qtest::forget_change(unsigned index) {
  std::copy(changes_.begin() + index + 1, changes_.begin() + changes_count_, changes_.begin() + index);
  --changes_count_;
}

void Qtest::tell_changes() {
  while (changes_count_ != 0) {
    const LineChange change = changes_.front();
    forget_change(0);
    if (line_changed_) line_changed_(change.line, change.raised);
  }
}

void Qtest::take_lines() {
  for (;;) {
    bool was_reply = false;
    std::uint64_t value;
    if (!take_line(was_reply, value)) return;
    if (was_reply && posted_ != 0) --posted_;
  }
}

void Qtest::send(const char* line, int length) {
  if (!ended_ && !host::send_all(socket_, line, static_cast<std::size_t>(length))) end();
}

bool Qtest::receive(bool wait) {
  if (ended_) return false;
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) return false;  // whole lines wait to be taken
  const host::Received got = host::receive(socket_, buffer_.data() + end_, buffer_.size() - end_, wait);
  if (got.ended || (wait && got.bytes == 0)) end(!got.ended);  // one that never answers is as good as gone
  end_ += got.bytes;
  return got.bytes != 0;
}

bool Qtest::take_line(bool& was_reply, std::uint64_t& value) {
  char* start = buffer_.data() + begin_;
  auto* newline = static_cast<char*>(std::memchr(start, '\n', end_ - begin_));
  if (!newline) return false;
  *newline = 0;
  begin_ += static_cast<std::size_t>(newline + 1 - start);
  unsigned line = 0;
  if (*start == 'I' && (std::sscanf(start, "IRQ raise %u", &line) == 1 || std::sscanf(start, "IRQ lower %u", &line) == 1)) {
    changed({line, start[4] == 'r'});
    return true;
  }
  was_reply = true;
  value = std::strncmp(start, "OK 0x", 5) == 0 ? std::strtoull(start + 3, nullptr, 16) : 0;
  return true;
}

void Qtest::end(bool stands_still) {
  if (std::exchange(ended_, true)) return;
  stands_still_ = stands_still;
  posted_ = 0;
  changes_count_ = 0;
  if (gone_) gone_();
}

}  // namespace drydock::models::qemu
