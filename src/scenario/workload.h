#pragma once
// Mixed reads and writes from several threads, each with several requests out; every request is accounted for, every
// byte read is checked against the ledger.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "nt/dispatcher.h"
#include "scenario/random_stream.h"
#include "scenario/stage.h"

namespace drydock::scenario {

struct LoadPlan {
  unsigned requests = 64;  ///< of all threads together
  unsigned threads = 4;
  unsigned depth = 8;  ///< requests a thread has out at most
  unsigned write_percent = 60;
  unsigned bytes_max = 8192;  ///< of a request
  bool failures_allowed = false;
};

/// Disks are used in so many cells, spread over their whole size; a cell is written by one request at a time, and not
/// read meanwhile.
class Workload {
 public:
  Workload(Stage& stage, std::vector<Disk*> disks, LoadPlan plan);
  Workload(const Workload&) = delete;

  /// Threads begin to send.
  void start();
  /// Returns when every request has ended; one that never does is a finding.
  void join();

  bool running() const { return threads_running_ != 0; }
  unsigned sent() const { return sent_; }
  unsigned outstanding() const { return outstanding_; }
  /// Of requests that failed, and how often, in order of first appearance: "STATUS_NO_SUCH_DEVICE".
  const std::vector<std::pair<nt::NTSTATUS, unsigned>>& failures() const { return failures_; }

 private:
  static constexpr unsigned kCells = 32;
  static constexpr unsigned kCellBytes = 64 << 10;

  struct Cell {
    bool writing = false;
    unsigned reading = 0;
  };
  struct Sent {
    std::unique_ptr<ntos::io::user::Request> request;
    bool write;
    std::uint8_t disk, cell;
    std::uint64_t first;
    std::uint32_t count;
    std::uint32_t version;
  };

  void thread(unsigned number);
  bool issue(RandomStream& random, std::deque<Sent>& out);
  void await_one(std::deque<Sent>& out);
  void end(Sent& sent);
  std::uint64_t first_block(const Disk& disk, unsigned cell) const;
  void note_failure(nt::NTSTATUS status);

  Stage& stage_;
  std::vector<Disk*> disks_;
  LoadPlan plan_;
  std::vector<std::vector<Cell>> cells_;
  unsigned to_send_;
  unsigned sent_ = 0, outstanding_ = 0;
  unsigned threads_running_ = 0;
  nt::KEVENT* all_ended_;  ///< set by the last thread
  std::vector<std::pair<nt::NTSTATUS, unsigned>> failures_;
};

/// Reads back every cell of `disk` that was ever written to and checks each sector.
void verify_disk(Stage& stage, Disk& disk);

/// How long a request may take before it is called lost: longer than any timeout and all retries.
inline constexpr machine::Duration kLostAfter = std::chrono::minutes(20);

}  // namespace drydock::scenario
