#pragma once
// Something happens to the driver while requests are on their way.

#include <functional>
#include <memory>

#include "scenario/load.h"

namespace drydock::scenario {

/// A load on everything that is open, running; `failures_allowed` unless the board lets devices fail anyway. Null if
/// nothing is open. `requests` 0: as many as the run has for each load.
std::unique_ptr<Load> start_load(Stage& stage, bool failures_allowed = false, unsigned requests = 0);
/// Returns when enough has been sent and something is on its way: requests in flight at the moment that the decision
/// "order.disturbance" chooses, the first one without decisions.
unsigned await_moment(Stage& stage, const Load& load);

/// Counts what the class driver retries while it lives.
class RetryCount {
 public:
  explicit RetryCount(Stage& stage);
  ~RetryCount();

 private:
  Stage& stage_;
  std::uint64_t before_;
};

/// How a disturbance went.
struct Disturbed {
  bool with_load = false;
  unsigned in_flight = 0;          ///< when it came
  unsigned failed = 0;             ///< of the load's requests
  bool refused = false;            ///< a driver did not agree as long as its device was in use
  std::vector<std::string> lines;  ///< what they ended with
  /// "9 in flight, none failed"; "" without a load.
  std::string text() const;
};
/// Runs the load that suits the stack, disturbs it in its midst, and waits until every request has ended. Without
/// anything to send to, only disturbs.
Disturbed under_load(Stage& stage, bool failures_allowed, const std::function<void()>& disturb, unsigned requests = 0);

}  // namespace drydock::scenario
