#pragma once
// What a device sees of the computer (DeviceWires) and what the computer sees of a device (DeviceModel).
// Models include this and nothing of Windows.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "machine/time.h"

namespace drydock::machine {

using PhysicalAddress = std::uint64_t;
using EventId = std::uint64_t;  ///< names a pending clock event; 0 names none

/// Where a PCI function sits; names it to a witness.
struct BusAddress {
  unsigned bus = 0, device = 0, function = 0;
  friend bool operator==(const BusAddress&, const BusAddress&) = default;
};

/// Told what devices do even where no driver is: for checks that must know more than a driver can. Any context, hardware
/// included: a witness may report findings, but neither waits nor calls drivers.
class DeviceWitness {
 public:
  virtual ~DeviceWitness() = default;
  /// A transfer into RAM has happened.
  virtual void dma_written(BusAddress, PhysicalAddress, std::size_t) {}
  /// The function's own line rose or fell, whoever shares it.
  virtual void line_changed(BusAddress, bool) {}
  virtual void message_sent(BusAddress) {}
  /// A command has run to its end, well or badly, but not cancelled. `memory`: the addresses it was given.
  virtual void command_ended(BusAddress, std::span<const PhysicalAddress>) {}
  /// The devices behind the function were reset, in a way that it can tell its driver of.
  virtual void bus_reset(BusAddress, unsigned) {}
  /// A driver is about to touch so many bytes of device memory, or of ports. On its thread.
  virtual void registers_touched(PhysicalAddress, unsigned) {}
  virtual void ports_touched(std::uint16_t, unsigned) {}
};

/// Resets that reach a device from outside its own registers.
enum class ResetKind {
  PowerOn,        ///< power was cut and came back: everything, sticky bits included
  Conventional,   ///< secondary bus reset or platform reset line (PCIe "hot reset")
  FunctionLevel,  ///< FLR through the PCIe capability
};

/// The wires out of a device. The fabric (models/pci) hands one to each model; calls on a device that has been
/// unplugged, or whose bus mastering is off, do nothing and return false.
class DeviceWires {
 public:
  virtual ~DeviceWires() = default;

  /// Bus-master transfers between device and RAM. False, and nothing moved, if bus mastering is off or if any byte is
  /// not RAM.
  virtual bool dma_read(PhysicalAddress from, std::span<std::byte> to) = 0;
  virtual bool dma_write(PhysicalAddress to, std::span<const std::byte> from) = 0;

  /// Raises or drops the device's line interrupt (INTx, level). Masked by the command register's Interrupt Disable.
  virtual void set_line(bool asserted) = 0;
  /// Sends message `vector` (MSI or MSI-X). False if messages are not enabled: use the line then.
  virtual bool send_message(unsigned vector) = 0;

  virtual Time now() const = 0;
  /// Calls `action` once, `delay` from now. Events due together run in the order they were asked for.
  virtual EventId after(Duration delay, std::function<void()> action) = 0;
  virtual void cancel(EventId event) = 0;

  /// One of n ways the real world could go, 0 .. n-1; 0 is the ordinary one. `site` names the choice for replay and
  /// reports ("pvscsi.hang") and must be a string literal.
  virtual std::uint32_t choose(const char* site, std::uint32_t n) = 0;
  /// A line in the verbose trace; does not enter the digest.
  virtual void note(std::string_view text) = 0;

  /// As in DeviceWitness; a model need not tell.
  virtual void command_ended(std::span<const PhysicalAddress>) {}
  virtual void bus_reset(unsigned) {}
};

/// A PCI function's hardware. Every access arrives in order, already cut to 1, 2, 4 or 8 bytes.
class DeviceModel {
 public:
  virtual ~DeviceModel() = default;

  /// The name used in boards, traces and reports ("pvscsi").
  virtual std::string_view name() const = 0;

  /// Configuration space, `offset` below 4096. A model usually forwards to models/pci/config_space.h.
  virtual std::uint32_t config_read(unsigned offset, unsigned size) = 0;
  virtual void config_write(unsigned offset, unsigned size, std::uint32_t value) = 0;

  /// Registers behind base address register `bar`.
  virtual std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned size) = 0;
  virtual void write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) = 0;

  virtual void reset(ResetKind kind) = 0;
  /// The device has been pulled: whatever it had begun never ends. No call follows but the destructor.
  virtual void unplugged() = 0;
};

/// Everything beyond RAM that a processor can address: the fabric that routes to device models.
/// Reads that nobody answers give all ones; writes that nobody answers vanish.
class IoFabric {
 public:
  virtual ~IoFabric() = default;
  virtual std::uint64_t read_memory(PhysicalAddress address, unsigned size) = 0;
  virtual void write_memory(PhysicalAddress address, unsigned size, std::uint64_t value) = 0;
  virtual std::uint32_t read_port(std::uint16_t port, unsigned size) = 0;
  virtual void write_port(std::uint16_t port, unsigned size, std::uint32_t value) = 0;
  virtual std::uint32_t read_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size) = 0;
  virtual void write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                            std::uint32_t value) = 0;
};

/// The computer's side, as the fabric needs it: one implementation, in machine; a fake one in model unit tests. What a
/// witness is told goes through it too.
class Computer : public DeviceWitness {
 public:
  virtual bool ram_read(PhysicalAddress from, std::span<std::byte> to) = 0;
  virtual bool ram_write(PhysicalAddress to, std::span<const std::byte> from) = 0;
  /// Level of an interrupt controller input; several devices may share one (the input is up while any holds it up:
  /// the caller has already combined them).
  virtual void set_interrupt_line(unsigned line, bool asserted) = 0;
  /// A message-signalled interrupt, as written to `address` with `data`: data is the machine-wide vector.
  virtual void send_interrupt_message(std::uint64_t address, std::uint32_t data) = 0;
  virtual Time now() const = 0;
  virtual EventId after(Duration delay, std::function<void()> action) = 0;
  virtual void cancel(EventId event) = 0;
  virtual std::uint32_t choose(const char* site, std::uint32_t n) = 0;
  virtual void note(std::string_view text) = 0;
};

}  // namespace drydock::machine
