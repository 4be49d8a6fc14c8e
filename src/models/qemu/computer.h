#pragma once
// QEMU's computer as Drydock's devices need it: root ports, configuration space, interrupts, power of slots.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/errand.h"
#include "host/event_loop.h"
#include "host/result.h"
#include "machine/live_world.h"
#include "machine/tape.h"
#include "machine/taped_world.h"
#include "machine/wires.h"
#include "models/pci/fabric.h"
#include "models/qemu/qemu_process.h"
#include "models/qemu/qmp.h"
#include "models/qemu/qtest.h"

namespace drydock::models::qemu {

class Function;

/// Where a message from a device must go to reach us.
struct Doorbell {
  std::uint64_t address = 0;
  std::uint32_t data = 0;  ///< of the device's vector 0; the others follow
};

/// One QEMU with the QEMU devices of a board. Made by whoever supervises, before any sandbox; used by one machine after
/// the other. Lives outside of machines: while one runs, nothing in here allocates.
class Computer {
 public:
  /// With a tape the one run that comes is recorded on it, or made again from it: without QEMU. It outlives the computer.
  static host::Result<std::unique_ptr<Computer>> start(const Plan& plan, machine::Tape* tape = nullptr);
  ~Computer();
  Computer(const Computer&) = delete;
  Computer& operator=(const Computer&) = delete;

  /// Back to the power-on state: all devices in their slots, disks in memory zeroed; a QEMU that has ended is started
  /// anew. While no machine runs. `board` is the computer that the devices are in from now on, for its time.
  host::Status power_on(const machine::Computer* board = nullptr);
  /// Called by the supervisor often: starts QEMU anew when the worker wants it.
  void look_after();
  /// The device of the plan with this number; plugs it in again if its slot is empty.
  pci::ModelFactory factory(unsigned device);

  machine::OutsideWorld& outside() { return taped_ ? static_cast<machine::OutsideWorld&>(*taped_) : world_; }
  machine::LiveWorld& world() { return world_; }
  int ram_descriptor() const { return process_.ram.get(); }
  /// QEMU has ended by itself, or stands still.
  bool ended() const { return qtest_.ended(); }
  bool stands_still() const { return qtest_.stands_still(); }
  /// When that was, in the machine's time.
  machine::Time ended_at() const { return ended_at_; }
  /// What it has written to its standard error, without the first `from` bytes; at most the last 4 KiB.
  std::string said(std::size_t from) const { return process_.process.errors(from); }
  std::size_t said_bytes() const { return process_.process.error_bytes(); }

  // ---- for Function
  Qtest& qtest() { return qtest_; }
  const DevicePlan& plan(unsigned port) const { return plan_.devices[port]; }
  std::uint32_t config_read(unsigned port, unsigned offset, unsigned size);
  void config_write(unsigned port, unsigned offset, unsigned size, std::uint32_t value);
  /// Addresses behind the port, given out from `taken` upwards; 0 if they do not fit.
  std::uint64_t place_bar(unsigned port, bool is_io, std::uint64_t size, std::uint64_t& taken) const;
  Doorbell doorbell(unsigned port) const;
  void attach(unsigned port, Function* function) { functions_[port] = function; }
  /// The slot loses its power: the device, whose first window is at `registers`, is gone.
  void pull(unsigned port, std::uint64_t registers);
  void secondary_bus_reset(unsigned port);

  /// QEMU's own reset of its whole computer. The next reset() of each device finds it done. False if QEMU is gone.
  bool system_reset();

 private:
  Computer(const Plan& plan, QemuProcess process, host::EventLoop loop, host::Errand errand, machine::Tape* tape);

  host::Status listen();
  host::Status listen_to_qtest();
  host::Status start_anew();
  host::Status bring_back();
  void clear_memory_disks();
  void gone();
  host::Status attach_tape();
  host::Status command(std::string_view json);
  host::Status plug(unsigned port);
  void set_up();
  void set_up_port(unsigned port);
  void line_changed(unsigned line, bool raised);
  void message_came(unsigned port, unsigned vector);
  void replay(machine::TapeEntry event, std::uint64_t value);
  /// On the tape, if one records.
  void record(machine::TapeEntry event, std::uint64_t value);
  std::uint32_t root_read(unsigned slot, unsigned offset, unsigned size);
  void root_write(unsigned slot, unsigned offset, unsigned size, std::uint32_t value);

  Plan plan_;
  QemuProcess process_;
  Qtest qtest_;
  Qmp qmp_;
  machine::LiveWorld world_;
  host::Errand errand_;
  machine::Tape* tape_;
  std::optional<machine::TapedWorld> taped_;
  bool fresh_ = true;  // nothing has run on this QEMU yet
  bool used_ = false;  // something has run, on this QEMU or one before
  const machine::Computer* board_ = nullptr;
  machine::Time ended_at_{};
  std::array<Function*, kPortsMax> functions_{};
  std::array<bool, kPortsMax> present_{};
  std::array<unsigned, kPortsMax> generation_{};  // of the device's QEMU id, which is never used twice
};

}  // namespace drydock::models::qemu
