#pragma once
// The fabric's end of one plugged-in function: its wires, and what the fabric has decoded from its configuration space.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "machine/wires.h"
#include "models/pci/config_space.h"
#include "models/pci/fabric.h"
#include "models/pci/msix_table.h"

namespace drydock::models::pci {

class FunctionPort final : public machine::DeviceWires {
 public:
  FunctionPort(PciFabric& fabric, Location location);
  ~FunctionPort() override;

  // DeviceWires, for the model.
  bool dma_read(machine::PhysicalAddress from, std::span<std::byte> to) override;
  bool dma_write(machine::PhysicalAddress to, std::span<const std::byte> from) override;
  void set_line(bool asserted) override;
  bool send_message(unsigned vector) override;
  machine::Time now() const override;
  machine::EventId after(machine::Duration delay, std::function<void()> action) override;
  void cancel(machine::EventId event) override;
  std::uint32_t choose(const char* site, std::uint32_t n) override;
  void note(std::string_view text) override;
  void command_ended(std::span<const machine::PhysicalAddress> memory) override;
  void bus_reset(unsigned bus) override;

  // For the fabric.
  void power_on(std::unique_ptr<machine::DeviceModel> model);
  void unplug();
  void reset(machine::ResetKind kind);
  void hold(Hold hold);
  void release(Hold hold);
  bool reachable() const { return plugged_ && holds_ == 0; }
  /// As a bridge: passes on what `bit` of its command register stands for, at `address` if not null.
  bool forwards(std::uint16_t bit, const std::uint64_t* address) const;
  void set_link(bool up) { link_up_ = up; }
  std::uint32_t config_read(unsigned offset, unsigned size);
  void config_write(unsigned offset, unsigned size, std::uint32_t value);
  std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned size);
  void write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value);

  machine::DeviceModel* model() const { return model_.get(); }
  Location location() const { return location_; }
  unsigned line() const { return line_; }

  struct DecodedBar {
    std::uint64_t size = 0;
    std::uint64_t base = 0;
    bool is_io = false;
    bool is_64bit = false;
    bool operator==(const DecodedBar&) const = default;
  };
  const std::array<DecodedBar, kBarCount>& bars() const { return bars_; }
  bool decodes(bool is_io) const;

 private:
  struct PendingEvent {
    machine::EventId machine_event;
    std::function<void()> action;
  };

  void size_bars();
  void find_capabilities();
  void refresh();
  void update_line();
  void fire(machine::EventId event);
  void drop_events();
  void go_quiet();
  void control_secondary_bus(std::uint32_t before);
  bool bus_master() const;
  bool messages_enabled() const { return msi_enabled_ || msix_enabled_; }
  bool send_msix(unsigned vector);
  void send_unmasked_pending();
  bool in_msix_table(unsigned bar, std::uint64_t offset, unsigned size) const;
  bool in_msix_pending(unsigned bar, std::uint64_t offset, unsigned size) const;

  PciFabric& fabric_;
  machine::BusAddress address() const { return {location_.bus, location_.device, location_.function}; }

  const Location location_;
  std::unique_ptr<machine::DeviceModel> model_;
  bool plugged_ = false;
  std::uint8_t holds_ = 0;      // Hold bits; not 0: out of reach
  bool power_was_cut_ = false;  // by one of the holds

  std::array<DecodedBar, kBarCount> bars_{};
  unsigned pm_offset_ = 0, msi_offset_ = 0, msix_offset_ = 0, pcie_offset_ = 0;
  bool has_function_level_reset_ = false;
  bool is_bridge_ = false;
  bool link_up_ = true;
  machine::Time bus_reset_at_{};  // when software asserted the secondary bus reset
  std::uint16_t command_ = 0;
  std::uint16_t power_state_ = 0;
  bool msi_enabled_ = false, msix_enabled_ = false, msix_masked_ = false;
  std::optional<MsixTable> msix_table_;
  std::uint32_t msix_table_at_ = 0, msix_pending_at_ = 0;  // offset, with the BAR in the low three bits

  unsigned line_ = kNoInterruptLine;
  bool line_wanted_ = false;  // by the model
  bool line_driven_ = false;  // as the interrupt controller sees it

  machine::EventId last_event_ = 0;
  std::map<machine::EventId, PendingEvent> events_;
};

}  // namespace drydock::models::pci
