#pragma once
// QEMU's qtest protocol: registers of the computer it plays, one line of text a request (docs/devel/qtest in QEMU).

#include <array>
#include <cstdint>
#include <functional>

#include "machine/tape.h"

namespace drydock::models::qemu {

/// One connection. Everything waits for its reply; nothing here allocates, so that it may be used from inside a machine
/// although it outlives it.
class Qtest {
 public:
  /// The descriptor stays the caller's; there is none, -1, when the tape replays. The tape, if any, outlives this.
  explicit Qtest(int socket, machine::Tape* tape) : socket_(socket), tape_(tape) {}

  /// Physical memory of that computer, and its ports. All ones once QEMU has gone.
  std::uint64_t read(std::uint64_t address, unsigned size);
  void write(std::uint64_t address, unsigned size, std::uint64_t value);
  std::uint32_t in(std::uint16_t port, unsigned size);
  void out(std::uint16_t port, unsigned size, std::uint32_t value);
  /// As write(), without waiting: for a stream of values to one register. Whatever comes next waits for it.
  void post_write(std::uint64_t address, unsigned size, std::uint64_t value);
  /// "IRQ" lines arrive from now on, for the I/O APIC's inputs.
  void intercept_interrupts();

  /// Takes what has arrived unasked. Call when socket() is readable.
  void take();
  /// Called for each change of an interrupt line, in order, at the end of any call above.
  void on_line(std::function<void(unsigned line, bool raised)> changed) { line_changed_ = std::move(changed); }
  /// The other end is gone, or stands still: nothing answers any more.
  void end(bool stands_still = false);
  /// Called once when the other end is gone.
  void on_end(std::function<void()> gone) { gone_ = std::move(gone); }

  int socket() const { return socket_; }
  bool ended() const { return ended_; }
  /// It has ended, and that because no answer came, not because the other end was closed.
  bool stands_still() const { return stands_still_; }
  std::uint64_t round_trips() const { return round_trips_; }
  std::uint64_t posted_writes() const { return posted_writes_; }

 private:
  static constexpr unsigned kPostedMax = 32;  // unread replies must fit the socket
  static constexpr unsigned kChangesMax = 64;
  struct LineChange {
    unsigned line = 0;
    bool raised = false;
  };

  std::uint64_t ask(const char* line, int length);
  std::uint64_t exchange(const char* line, int length);
  void send(const char* line, int length);
  void collect_posted();
  void take_lines();
  void changed(LineChange change);
  void forget_change(unsigned index);
  /// Tells of the changes that came. Whoever is told may ask on.
  void tell_changes();
  bool receive(bool wait);
  /// Takes one reply or interrupt line out of the buffer. Returns whether there was a whole line.
  bool take_line(bool& was_reply, std::uint64_t& value);

  int socket_;
  machine::Tape* tape_;
  bool ended_ = false, stands_still_ = false;
  unsigned posted_ = 0;
  std::uint64_t round_trips_ = 0, posted_writes_ = 0;
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::array<LineChange, kChangesMax> changes_;  ///< of interrupt lines, not yet told
  unsigned changes_count_ = 0;
  std::function<void(unsigned, bool)> line_changed_;
  std::function<void()> gone_;
};

}  // namespace drydock::models::qemu
