#pragma once
// The PCI fabric of one computer: slots, decoding, interrupt routing, messages, the DMA gate, hot plug.

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "machine/wires.h"

namespace drydock::models::pci {

/// Where a function sits. On the board it is written bus:device.function.
struct Location {
  std::uint8_t bus = 0;
  std::uint8_t device = 0;
  std::uint8_t function = 0;
  auto operator<=>(const Location&) const = default;
};

/// Interrupt controller inputs that INTA# .. INTD# of the root bus are wired to, swizzled by device number.
struct InterruptRouting {
  unsigned first_line = 16;
  unsigned line_count = 8;
};

inline constexpr unsigned kNoInterruptLine = 0xFF;

/// What software did to a function since it was plugged in. Survives unplug(), so that what came after shows.
struct AccessCounts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t config_reads = 0;
  std::uint64_t config_writes = 0;
  std::uint64_t after_unplug = 0;  ///< register accesses to where its registers used to be
};

/// Why a function cannot be reached although it is plugged in. Several may hold it at once.
enum class Hold : std::uint8_t {
  Power = 1,      ///< its rail is off
  ResetLine = 2,  ///< its reset line, or the secondary bus reset of the bridge above, is asserted
  Link = 4,       ///< the link to it is down
};

class FunctionPort;

using ModelFactory = std::function<std::unique_ptr<machine::DeviceModel>(machine::DeviceWires&)>;

/// Decodes by the live contents of each function's base address and command registers, which it reads through the
/// model's configuration space: any DeviceModel with a type 0 header works, wherever that header is kept.
/// MSI-X tables are kept here, in front of the model.
class PciFabric final : public machine::IoFabric {
 public:
  explicit PciFabric(machine::Computer& computer, InterruptRouting routing = {});
  ~PciFabric() override;
  PciFabric(const PciFabric&) = delete;
  PciFabric& operator=(const PciFabric&) = delete;

  /// What lies behind a bridge: the functions whose location has this bus. Before the bridge is plugged in. The bus
  /// answers to whatever number its bridge's registers give it, if the bridges above agree.
  void connect(unsigned bus, Location bridge);
  /// The link from a bridge to what is behind it, up or down.
  void set_link(Location bridge, bool up);
  /// The bridge above; nothing on the root bus.
  std::optional<Location> bridge_above(Location location) const;

  /// Puts a device, powered on, into an empty slot: `factory` gets the wires, which live as long as the model.
  /// Sizes its base address registers, and leaves the routed line in its Interrupt Line register as firmware would.
  machine::DeviceModel& plug(Location location, const ModelFactory& factory);
  /// Pulls the device, with all that is behind it: from now on all ones. Its clock events die, its interrupt drops, its
  /// DMA ends. The model is destroyed at the next plug or unplug, so a device may be pulled from within one of its own
  /// calls.
  void unplug(Location location);
  /// A reset from outside. Whatever the device had begun dies first.
  void reset(Location location, machine::ResetKind kind);
  void reset_bus(unsigned bus, machine::ResetKind kind);
  /// Puts a function out of reach: all ones, no interrupts, no DMA, and whatever it had begun dies. Empty slots have no
  /// objection. The last release() lets it come back, reset: from power-on if any of the holds was Power.
  void hold(Location location, Hold hold);
  void release(Location location, Hold hold);

  machine::DeviceModel* model(Location location) const;
  std::vector<Location> locations() const;
  /// The line INTx of this function is routed to; kNoInterruptLine if the slot is empty or the function has no pin.
  unsigned interrupt_line(Location location) const;
  /// Zero if nothing has been plugged in there yet.
  AccessCounts counts(Location location) const;

  std::uint64_t read_memory(machine::PhysicalAddress address, unsigned size) override;
  void write_memory(machine::PhysicalAddress address, unsigned size, std::uint64_t value) override;
  std::uint32_t read_port(std::uint16_t port, unsigned size) override;
  void write_port(std::uint16_t port, unsigned size, std::uint32_t value) override;
  std::uint32_t read_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size) override;
  void write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                    std::uint32_t value) override;

 private:
  friend class FunctionPort;

  /// A window of addresses that a function answers, or, once it is gone, used to answer.
  struct Window {
    std::uint64_t base;
    std::uint64_t size;
    bool is_io;
    unsigned bar;
    Location location;
    FunctionPort* port;  // null: unplugged
  };

  FunctionPort* find(Location location) const;
  std::optional<std::uint8_t> route(unsigned bus) const;
  std::vector<Location> behind(Location bridge) const;
  /// Every bridge above forwards: its command register has `bit`, and a memory address lies in its window.
  bool path_forwards(Location location, std::uint16_t bit, const std::uint64_t* address) const;
  unsigned routed_line(Location location, unsigned pin) const;
  Window* decode(bool is_io, std::uint64_t address, unsigned size);
  std::uint64_t read_window(Window* window, std::uint64_t address, unsigned size);
  void write_window(Window* window, std::uint64_t address, unsigned size, std::uint64_t value);
  void rebuild_windows();
  void drive_line(unsigned line, bool asserted);
  void bury_retired();

  machine::Computer& computer_;
  InterruptRouting routing_;
  std::map<Location, std::unique_ptr<FunctionPort>> ports_;
  std::map<Location, AccessCounts> counts_;
  std::map<std::uint8_t, Location> bridges_;  // by the bus behind
  std::vector<Window> windows_;
  std::vector<Window> ghosts_;
  std::vector<std::unique_ptr<FunctionPort>> retired_;
  std::vector<std::uint8_t> line_holders_;  // functions that hold a line up, by line - first_line
  unsigned calls_in_progress_ = 0;          // calls into models; nothing is destroyed meanwhile
};

}  // namespace drydock::models::pci
