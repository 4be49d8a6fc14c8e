#pragma once
// The VMware PVSCSI adapter with the disks behind it.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "machine/wires.h"
#include "models/disk/backing.h"
#include "models/pci/config_space.h"
#include "models/pci/fabric.h"
#include "models/pvscsi/pvscsi_faults.h"
#include "models/pvscsi/pvscsi_registers.h"
#include "models/scsi/target.h"

namespace drydock::models::pvscsi {

/// One logical unit on the adapter's bus.
struct Disk {
  std::uint8_t target = 0;
  std::uint8_t lun = 0;
  std::shared_ptr<disk::Backing> backing;
  std::uint32_t block_bytes = 512;
  unsigned queue_depth_max = 0;  ///< more at once end in TASK SET FULL; 0: no limit
  scsi::UnitIdentity identity{};
};

struct Options {
  std::vector<Disk> disks;
  machine::Duration latency_per_request = std::chrono::microseconds(100);
  machine::Duration latency_per_kib = std::chrono::nanoseconds(250);
  /// How long bus and device resets take until cancelled requests complete; 0: they do so on the register write.
  machine::Duration reset_latency{0};
  /// As QEMU: an adapter reset clears the interrupt status but leaves INTx up until status or mask is written.
  bool line_outlives_adapter_reset = false;
  bool has_msi = true;
  Faults faults;
};

struct Statistics {
  std::uint64_t requests = 0;       ///< taken from the request ring
  std::uint64_t completions = 0;    ///< put into the completion ring, cancelled ones included
  std::uint64_t cancelled = 0;      ///< of those, ended by a reset or an abort
  std::uint64_t interrupts = 0;     ///< times completions or messages were signalled
  std::uint64_t bytes_read = 0;     ///< data to the host
  std::uint64_t bytes_written = 0;  ///< data from the host
  std::uint64_t bus_resets = 0;
  std::uint64_t device_resets = 0;
  std::uint64_t adapter_resets = 0;
};

class PvscsiModel final : public machine::DeviceModel {
 public:
  PvscsiModel(machine::DeviceWires& wires, Options options);

  std::string_view name() const override { return "pvscsi"; }
  std::uint32_t config_read(unsigned offset, unsigned size) override;
  void config_write(unsigned offset, unsigned size, std::uint32_t value) override;
  std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned size) override;
  void write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) override;
  void reset(machine::ResetKind kind) override;
  void unplugged() override;

  /// Disks that come and go while the adapter runs; the driver hears of it through the message ring.
  void add_disk(const Disk& disk);
  void remove_disk(std::uint8_t target, std::uint8_t lun);
  /// A reset on the bus that nobody asked this adapter for: outstanding requests end, units raise unit attention.
  void reset_bus_from_outside();
  /// The adapter falls off its bus: every register and the configuration space read all ones from now on.
  void die();

  /// The fault strikes at its next opportunity, whatever the decisions say.
  void strike(const FaultKind& kind) { ++(certain_.*kind.strikes_left); }
  /// Of those, how many have had no opportunity yet.
  unsigned strikes_to_come(const FaultKind& kind) const { return certain_.*kind.strikes_left; }
  /// Calls `taken` when the nth request from now on (1: the next) is taken from the ring, and `ended` when the same
  /// request ends by itself, before that is signalled. Neither may take the adapter off its bus.
  void watch_request(std::uint64_t nth, std::function<void()> taken, std::function<void()> ended) {
    watch_ = {nth, 0, std::move(taken), std::move(ended)};
  }

  bool dead() const { return dead_; }
  std::size_t outstanding() const { return requests_.size(); }
  const Statistics& statistics() const { return statistics_; }
  Faults& faults() { return options_.faults; }
  scsi::Target* target(std::uint8_t number);

 private:
  using RequestId = std::uint64_t;

  struct Request {
    RequestDescriptor descriptor;
    machine::Time due;
    machine::EventId event = 0;  // 0: hangs
    bool counted = false;        // in its unit's queue depth
  };

  struct Watch {
    std::uint64_t to_come = 0;  // requests until the watched one is taken; 0: it has been
    RequestId id = 0;           // of it, while it is outstanding
    std::function<void()> taken, ended;
  };

  struct Unit {
    unsigned queue_depth_max = 0;
    unsigned queued = 0;
    machine::Time ordered_after{};  // nothing of this unit ends before
    machine::Time busy_until{};     // by a fault
  };

  struct Ring {
    std::vector<std::uint64_t> pages;  // addresses
    std::uint32_t entry_bytes = 0;
    std::uint32_t index = 0;  // ours: consumer of requests, producer of the others
    std::uint32_t entries() const { return static_cast<std::uint32_t>(pages.size() * kPageBytes / entry_bytes); }
    std::uint64_t address_of(std::uint32_t at) const;
  };

  // Registers and commands.
  std::uint32_t read_register(std::uint64_t offset) const;
  void write_register(std::uint64_t offset, std::uint32_t value);
  void begin_command(std::uint32_t value);
  void command_data(std::uint32_t value);
  void run_command_if_complete();
  std::uint32_t run_command();
  template <class Arguments>
  Arguments arguments() const;
  std::uint32_t set_up_rings(const SetupRingsArguments& arguments);
  std::uint32_t set_up_message_ring(const SetupMessageRingArguments& arguments);
  std::uint32_t bus_reset_command();
  std::uint32_t device_reset_command(const ResetDeviceArguments& arguments);
  std::uint32_t abort_command(const AbortArguments& arguments);
  std::uint32_t adapter_reset_command();

  // Requests.
  void take_requests();
  void accept(const RequestDescriptor& descriptor);
  void finish(RequestId id);
  CompletionDescriptor execute(const RequestDescriptor& descriptor);
  void write_sense(const RequestDescriptor& descriptor, scsi::Sense sense, CompletionDescriptor& completion);
  void complete(const CompletionDescriptor& completion);
  void cancel(const std::function<bool(const Request&)>& which, HostStatus status);
  void end_cancelled(RequestId id, HostStatus status);
  void cancel_after_reset(const std::function<bool(const Request&)>& which);
  void forget(Request& request);
  void maybe_scribble(const Request& request);
  void reset_all_targets();
  void forget_rings();
  machine::Duration latency_of(const RequestDescriptor& descriptor) const;
  Unit* unit_of(const RequestDescriptor& descriptor);
  static bool addresses_unit(const RequestDescriptor& descriptor);

  // Interrupts and messages.
  void raise(std::uint32_t status_bits);
  void update_interrupt();
  void maybe_interrupt_spuriously();
  void end_spurious_interrupt();
  void send_device_message(MessageType type, std::uint8_t target, std::uint8_t lun);

  bool strikes(unsigned Faults::*fault);
  std::uint32_t read_state(unsigned field, bool& ok);
  bool write_state(unsigned field, std::uint32_t value);

  machine::DeviceWires& wires_;
  Faults certain_{};  // strikes that nobody is asked about
  Watch watch_;
  Options options_;
  pci::ConfigSpace config_;
  std::map<std::uint8_t, scsi::Target> targets_;
  std::map<std::uint16_t, Unit> units_;  // target << 8 | lun

  Command command_ = Command::None;
  std::vector<std::uint32_t> command_dwords_;
  std::uint32_t command_status_ = command_status::kGood;
  std::uint32_t interrupt_status_ = 0;
  std::uint32_t interrupt_mask_ = 0;

  bool rings_valid_ = false;
  bool message_ring_valid_ = false;
  std::uint64_t state_page_ = 0;  // address
  Ring request_ring_;
  Ring completion_ring_;
  Ring message_ring_;

  std::map<RequestId, Request> requests_;
  RequestId last_request_ = 0;
  bool bus_stuck_ = false;          // a bus reset that never ends
  machine::Time bus_busy_until_{};  // a bus reset that does
  bool interrupt_lost_ = false;     // the line stays down although it should be up
  bool interrupting_spuriously_ = false;
  bool line_stale_ = false;
  bool dead_ = false;
  Statistics statistics_;
};

/// For PciFabric::plug. `created`, if given, receives the model; it stays valid until the device is unplugged.
pci::ModelFactory factory(Options options, PvscsiModel** created = nullptr);

/// `count` disks in memory, targets 0 .. count - 1, LUN 0.
std::vector<Disk> memory_disks(unsigned count, std::uint64_t size_bytes);

}  // namespace drydock::models::pvscsi
