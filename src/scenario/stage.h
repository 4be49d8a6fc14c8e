#pragma once
// What the steps of one run share. Lives in the machine's arena; everything else about the run is outside and constant.

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bus/board/board.h"
#include "machine/machine.h"
#include "nt/base.h"
#include "ntos/io/user.h"
#include "scenario/ledger.h"
#include "scenario/run.h"

namespace drydock::nt {
struct DRIVER_OBJECT;
}
namespace drydock::ntos::pnp {
struct Devnode;
}

namespace drydock::scenario {

/// A device of the board, and who serves it.
struct Adapter {
  bus::board::Slot slot;
  const bus::board::Device* device = nullptr;
  const DriverFile* driver = nullptr;
  std::uint32_t devnode = 0;      ///< 0: not there now
  std::uint32_t bus_devnode = 0;  ///< of the bus it was last seen on
};

/// A disk of the board, with what it must hold.
struct Disk {
  std::uint32_t number = 0;  ///< on the board: 0, 1, ... over all adapters
  bus::board::Slot slot;
  const bus::board::Disk* board = nullptr;
  std::u16string path;  ///< "\\.\PhysicalDrive0"; empty while it has no device
  std::uint32_t block_bytes = 0;
  std::uint64_t blocks = 0;
  Ledger ledger;
  ntos::io::user::File file;

  bool present() const { return !path.empty(); }
};

/// A device interface that one of the adapters' stacks has enabled; of a stack without any, its device by name.
struct OpenInterface {
  std::u16string link;
  std::string name;  ///< "the interface \\??\\..."
  std::string kind;  ///< its class, or the name of who serves the device: what it answers, others like it do
  std::uint32_t devnode = 0;
  Ledger ledger;  ///< of what its device holds, as far as we have written it by way of this handle
  ntos::io::user::File file;
  bool by_name = false;
};

/// Told when steps begin and end, so that somebody outside can look at a clock of his own.
class StepWatch {
 public:
  virtual ~StepWatch() = default;
  virtual void step_began(std::size_t step) = 0;
  virtual void step_ended(std::size_t step) = 0;
};

class Load;

class Stage {
 public:
  Stage(machine::Machine& machine, const RunConfig& config, StepWatch& watch);
  ~Stage();

  /// The scenario, step by step. On a machine thread.
  void perform();

  machine::Machine& machine() { return machine_; }
  const RunConfig& config() const { return config_; }
  const DriverFile& driver() const { return *config_.drivers.front(); }
  std::vector<Adapter>& adapters() { return adapters_; }
  /// Those that the driver under test serves: what steps disturb.
  std::vector<Adapter*> tested_adapters();
  std::vector<Disk>& disks() { return disks_; }
  std::vector<Disk*> present_disks();
  std::deque<OpenInterface>& interfaces() { return interfaces_; }
  /// Of every disk and interface.
  void close_handles();
  /// The driver object while the driver is loaded, else null.
  nt::DRIVER_OBJECT* driver_object() const;
  /// How often the board lets a device go wrong: failed requests are then no finding by themselves.
  bool devices_may_fail() const { return devices_may_fail_; }
  /// Nothing has been done to the devices so far but using them, and they do not fail by themselves.
  bool undisturbed() const;
  std::uint64_t seed_of_step() const;
  /// What stands behind the step's word: a count or ns; 0: nothing.
  std::int64_t number() const { return config_.scenario->steps[step_].number; }
  /// Kinds of requests that drivers keep until something happens outside, by what an undisturbed load has seen.
  std::set<std::string> waits;
  /// Requests that go on over several steps, between sleep and wake; null: none.
  std::unique_ptr<Load> load;

  // ---- what a step reports ----
  RequestCounts& counts();
  void checked(std::string text, std::vector<std::string> details = {});
  std::uint64_t sectors_verified = 0;
  std::uint64_t bytes_moved = 0;

  /// Files a finding that ends the run.
  [[noreturn]] void fail(std::string rule, std::string summary, std::vector<std::string> details = {});
  /// Files one that does not.
  void complain(std::string rule, std::string summary, std::vector<std::string> details = {});

  /// The device went wrong on the board's account and will not come back: only the last step is still taken.
  void end_early(std::string why);
  bool ended_early() const { return ended_early_; }

  const std::vector<StepResult>& steps() const { return steps_; }

 private:
  void end_checks();

  machine::Machine& machine_;
  const RunConfig& config_;
  StepWatch& watch_;
  std::vector<Adapter> adapters_;
  std::vector<Disk> disks_;
  std::deque<OpenInterface> interfaces_;  ///< a deque: sources keep references
  std::vector<StepResult> steps_;
  std::size_t step_ = 0;
  bool devices_may_fail_ = false;
  bool ended_early_ = false;
};

/// "STATUS_IO_DEVICE_ERROR (0xC0000185)"
std::string status_text(nt::NTSTATUS status);
/// "1 disk", "3 disks"
std::string counted(std::uint64_t n, std::string_view one, std::string_view many = {});
std::string size_text(std::uint64_t bytes);         ///< "64 MiB"
std::string time_text(machine::Duration duration);  ///< "4.002 s", "120 us"

}  // namespace drydock::scenario
