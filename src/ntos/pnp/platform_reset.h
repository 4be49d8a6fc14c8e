#pragma once
// Platform-level reset, the PnP manager's part: the stacks of all devices on a rail or line are taken down, the bus
// resets the hardware, and the stacks are built again. The bus says who is hit and how; see docs/contracts/reset.md.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "machine/time.h"
#include "nt/dispatcher.h"
#include "nt/status.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/platform_reset_table.h"

namespace drydock::ntos::pnp {

/// What a bus asks for. The functions are called on the PnP worker at PASSIVE_LEVEL and may wait.
struct PlatformReset {
  nt::DEVICE_OBJECT* requester = nullptr;  ///< its PDO
  std::string what;                        ///< "power resource VRAA", for people
  /// The PDOs of all that is hit, in enumeration order; asked for again at each attempt.
  std::function<std::vector<nt::DEVICE_OBJECT*>()> domain;
  /// Resets the hardware. No stack of the domain is at work.
  std::function<nt::NTSTATUS()> method;
  /// Has the bus report this PDO missing and the device present under a new one.
  std::function<void(nt::DEVICE_OBJECT*)> find_anew;
};

/// A line of the timeline of resets, function-level ones included.
enum class ResetStepKind : std::uint8_t {
  FunctionBegun,  ///< devnode
  FunctionEnded,  ///< devnode, status
  Requested,      ///< devnode
  Folded,         ///< devnode: another request had asked for the same reset
  Refused,        ///< devnode, status: too many within a minute
  Waiting,        ///< for the interval
  AttemptBegun,
  Agreed,  ///< devnode: its query-remove succeeded
  Hung,    ///< devnode: it answered STATUS_DEVICE_HUNG
  Vetoed,  ///< devnode, status
  GivenUp,
  RemovalBegun,
  MethodBegun,
  MethodEnded,  ///< status
  FoundAnew,    ///< devnode: its bus was asked to report it missing
  Restarted,    ///< devnode: of the new instance
  Held,         ///< devnode: of the old instance, which keeps the new one waiting
  LeftOut,      ///< devnode: it stays with code 54
  Over,
};
std::string_view step_name(ResetStepKind kind);
/// A step in the trace is Event::DeviceReset with its reset's number, this plus the kind, devnode << 32 | status. Below
/// it are the kinds of reset that a bus records.
inline constexpr unsigned kResetStepsInTrace = 0x100;

struct ResetStep {
  machine::Time at{};
  std::uint32_t reset = 0;  ///< number of the platform-level reset; 0 for function-level ones
  ResetStepKind kind{};
  DevnodeId devnode = 0;  ///< 0: all of them
  nt::NTSTATUS status = 0;
  std::string text;  ///< "power resource VRAA", "pvscsi (devnode#3)"
};

class PlatformResets {
 public:
  explicit PlatformResets(Manager& manager);
  PlatformResets(const PlatformResets&) = delete;

  /// Accepts a reset and returns at once (RST-089). STATUS_SUCCESS also if one is on its way already (RST-102);
  /// STATUS_UNSUCCESSFUL if this device has asked five times within the last minute (RST-158).
  /// IRQL: PASSIVE_LEVEL, any thread.
  nt::NTSTATUS request(PlatformReset reset);
  /// A reset that hits this PDO is queued or runs.
  bool pending(nt::DEVICE_OBJECT* pdo) const;
  /// The device with this identity is being rebuilt: its new devnode shows code 54 until it has started (RST-108).
  bool rebuilds(std::u16string_view instance_path) const;
  bool any() const { return !running_.empty(); }
  /// Returns when no reset is queued or running. Caller: a machine thread at PASSIVE_LEVEL, not the PnP worker.
  void wait_until_over();

  void record(ResetStepKind kind, std::uint32_t reset, const Devnode* node, nt::NTSTATUS status = 0,
              std::string text = {});
  const std::vector<ResetStep>& steps() const { return steps_; }
  std::uint32_t visits(std::size_t row) const { return visits_[row]; }

 private:
  struct Running;
  void dispatch(Running& reset, ResetEvent event);
  void perform(ResetAction action, Running& reset);
  void wait_interval(Running& reset);
  void ask_domain(Running& reset);
  bool ask(Running& reset, Devnode& node);
  void call_off(Running& reset);
  void remove_those_that_agreed(Running& reset);
  void run_method(Running& reset);
  void have_domain_found_anew(Running& reset);
  void leave_domain_out(Running& reset);
  void finish(Running& reset);
  void veto(Running& reset, const Change& change);

  Manager& manager_;
  std::vector<std::unique_ptr<Running>> running_;
  std::uint32_t last_number_ = 0;
  std::map<std::u16string, std::vector<machine::Time>> accepted_;  ///< by identity, those of the last minute
  std::vector<ResetStep> steps_;
  std::uint32_t visits_[kResetRowCount] = {};
  nt::KEVENT* idle_ = nullptr;
};

}  // namespace drydock::ntos::pnp
