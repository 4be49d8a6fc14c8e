#pragma once
// Requests that go on while something happens to the driver: from several threads, each with several out. Every request
// is accounted for; what is sent, and whether an answer is right, is the business of the stack's request sources.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nt/dispatcher.h"
#include "ntos/io/user.h"
#include "scenario/random_stream.h"
#include "scenario/stage.h"

namespace drydock::scenario {

inline constexpr unsigned kUntilStopped = 0x7FFFFFFF;  ///< requests without end

struct LoadPlan {
  unsigned requests = 64;     ///< of all threads together
  machine::Duration pause{};  ///< of a thread, between two rounds
  unsigned threads = 4;
  unsigned depth = 8;             ///< requests a thread has out at most
  bool failures_allowed = false;  ///< a failed request is no finding
  bool undisturbed = false;       ///< nothing is done to the device: what waits here waits for something from outside
};

/// A request on its way; sources derive from it what they must know at its end.
struct SentRequest {
  virtual ~SentRequest() = default;
  std::unique_ptr<ntos::io::user::Request> request;
};

/// One thing that requests can be sent to: a disk, a device interface. The files it sends to are the stage's.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// Sends one; null if nothing can be sent now.
  virtual std::unique_ptr<SentRequest> send(RandomStream& random) = 0;
  /// The request has ended, well or not. What is wrong with a good answer is a finding of the source's.
  virtual void ended(SentRequest& sent, const ntos::io::user::IoResult& result) = 0;
  /// "a write of 3 blocks at block 96 of disk 0"
  virtual std::string describe(const SentRequest& sent) const = 0;
  /// Whether this status is an answer like any other, and no failure: a device that does not know the request.
  virtual bool is_an_answer(nt::NTSTATUS) const { return false; }
  /// The kind of a request that a driver may keep until something happens outside, a read of what has not arrived. ""
  /// where each must end by itself.
  virtual std::string kind_that_may_wait(const SentRequest&) const { return {}; }
};

/// One source for each disk and each device interface that the stage has open, and for the names of stacks without one.
std::vector<std::unique_ptr<RequestSource>> open_sources(Stage& stage);
std::vector<std::unique_ptr<RequestSource>> disk_sources(Stage& stage);
std::vector<std::unique_ptr<RequestSource>> interface_sources(Stage& stage);

class Load {
 public:
  Load(Stage& stage, std::vector<std::unique_ptr<RequestSource>> sources, LoadPlan plan);
  Load(const Load&) = delete;

  /// Threads begin to send.
  void start();
  /// No further requests; those on their way go on.
  void stop_sending() { to_send_ = 0; }
  /// From now on a failed request is no finding.
  void allow_failures() { plan_.failures_allowed = true; }
  /// Returns when every request has ended; one that never does is a finding.
  void join();

  bool running() const { return threads_running_ != 0; }
  unsigned planned() const { return plan_.requests; }
  unsigned sent() const { return sent_; }
  unsigned outstanding() const { return outstanding_; }
  unsigned failed() const;
  /// Of requests that failed, and how often, in order of first appearance.
  const std::vector<std::pair<nt::NTSTATUS, unsigned>>& failures() const { return failures_; }
  /// "none failed", "49 failed, 12 waited and were cancelled"
  std::string failures_text() const;
  /// "49 ended with STATUS_NO_SUCH_DEVICE (0xC000000E)", a line for each status.
  std::vector<std::string> failure_lines() const;

 private:
  struct Out {
    RequestSource* source;
    std::unique_ptr<SentRequest> sent;
    bool given_up = false;  ///< we cancelled it
  };

  void thread(unsigned number);
  bool send_one(RandomStream& random, std::deque<Out>& out);
  void await_one(std::deque<Out>& out);
  void cancel_if_it_waits(Out& oldest);
  void end(Out& out);
  void note_failure(nt::NTSTATUS status);

  Stage& stage_;
  std::vector<std::unique_ptr<RequestSource>> sources_;
  LoadPlan plan_;
  std::uint64_t seed_;
  unsigned to_send_;
  unsigned sent_ = 0, outstanding_ = 0, cancelled_ = 0;
  unsigned threads_running_ = 0;
  nt::KEVENT* all_ended_;  ///< set by the last thread
  std::vector<std::pair<nt::NTSTATUS, unsigned>> failures_;
};

/// Waits for the end of a request; the run ends if there is none.
ntos::io::user::IoResult wait_for_end(Stage& stage, ntos::io::user::Request& request, const std::string& what);

/// How long a request may take before it is called lost: longer than any timeout and all retries.
inline constexpr machine::Duration kLostAfter = std::chrono::minutes(20);
/// On the wall's clock somebody waits for the run: longer than any timeout, with a retry or two.
inline constexpr machine::Duration kLostAfterLive = std::chrono::minutes(1);
/// When one that may wait is cancelled; on the wall's clock, and once its kind is known to wait, sooner.
inline constexpr machine::Duration kPatience = std::chrono::minutes(10);
inline constexpr machine::Duration kPatienceLive = std::chrono::seconds(5);
inline constexpr machine::Duration kPatienceKnown = std::chrono::milliseconds(50);

}  // namespace drydock::scenario
