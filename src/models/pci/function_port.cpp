#include "models/pci/function_port.h"

#include <utility>

#include "host/check.h"

namespace drydock::models::pci {

namespace {

/// Counts a call into a model, so that the fabric destroys nothing under it.
class CallInProgress {
 public:
  explicit CallInProgress(unsigned& count) : count_(count) { ++count_; }
  ~CallInProgress() { --count_; }

 private:
  unsigned& count_;
};

constexpr unsigned kCapabilityChainMax = 48;

}  // namespace

FunctionPort::FunctionPort(PciFabric& fabric, Location location) : fabric_(fabric), location_(location) {}

FunctionPort::~FunctionPort() {
  drop_events();
}

// ---- the wires

bool FunctionPort::bus_master() const {
  return reachable() && (command_ & command::kBusMaster) && power_state_ == 0 &&
         fabric_.path_forwards(location_, command::kBusMaster, nullptr);
}

bool FunctionPort::dma_read(machine::PhysicalAddress from, std::span<std::byte> to) {
  return bus_master() && fabric_.computer_.ram_read(from, to);
}

bool FunctionPort::dma_write(machine::PhysicalAddress to, std::span<const std::byte> from) {
  if (!bus_master() || !fabric_.computer_.ram_write(to, from)) return false;
  fabric_.computer_.dma_written(address(), to, from.size());
  return true;
}

void FunctionPort::set_line(bool asserted) {
  line_wanted_ = asserted;
  update_line();
}

void FunctionPort::update_line() {
  const bool drive = reachable() && line_wanted_ && line_ != kNoInterruptLine && power_state_ == 0 &&
                     !(command_ & command::kInterruptDisable) && !messages_enabled();
  if (drive == line_driven_) return;
  line_driven_ = drive;
  fabric_.drive_line(line_, drive);
  fabric_.computer_.line_changed(address(), drive);
}

bool FunctionPort::send_message(unsigned vector) {
  if (!bus_master()) return false;
  if (msix_enabled_) return send_msix(vector);
  if (!msi_enabled_) return false;
  const unsigned control = model_->config_read(msi_offset_ + msi::kControl, 2);
  const unsigned messages = 1u << (control >> 4 & 7);
  std::uint64_t address = model_->config_read(msi_offset_ + msi::kAddressLow, 4);
  unsigned data_at = msi::kData32;
  if (control & msi::k64Bit) {
    address |= std::uint64_t{model_->config_read(msi_offset_ + msi::kAddressHigh, 4)} << 32;
    data_at = msi::kData64;
  }
  const std::uint32_t data = model_->config_read(msi_offset_ + data_at, 2);
  // A function with fewer messages than it asked for sends what is left of the vector (PCI 3.0, 6.8.3.5).
  fabric_.computer_.message_sent(this->address());
  fabric_.computer_.send_interrupt_message(address, (data & ~(messages - 1)) | (vector & (messages - 1)));
  return true;
}

bool FunctionPort::send_msix(unsigned vector) {
  if (vector >= msix_table_->vectors()) return false;
  MsixTable::Entry& entry = (*msix_table_)[vector];
  if (msix_masked_ || (entry.control & MsixTable::kMasked)) {
    entry.pending = true;
    return true;
  }
  entry.pending = false;
  fabric_.computer_.message_sent(address());
  fabric_.computer_.send_interrupt_message(entry.address, entry.data);
  return true;
}

void FunctionPort::send_unmasked_pending() {
  if (!msix_enabled_ || !bus_master()) return;
  for (unsigned vector = 0; vector < msix_table_->vectors(); ++vector)
    if ((*msix_table_)[vector].pending) send_msix(vector);
}

machine::Time FunctionPort::now() const {
  return fabric_.computer_.now();
}

machine::EventId FunctionPort::after(machine::Duration delay, std::function<void()> action) {
  if (!reachable()) return 0;
  const machine::EventId event = ++last_event_;
  PendingEvent& pending = events_[event];
  pending.action = std::move(action);
  pending.machine_event = fabric_.computer_.after(delay, [this, event] { fire(event); });
  return event;
}

void FunctionPort::fire(machine::EventId event) {
  auto node = events_.extract(event);
  HOST_CHECK(!node.empty());
  CallInProgress call(fabric_.calls_in_progress_);
  node.mapped().action();
}

void FunctionPort::cancel(machine::EventId event) {
  const auto found = events_.find(event);
  if (found == events_.end()) return;
  fabric_.computer_.cancel(found->second.machine_event);
  events_.erase(found);
}

void FunctionPort::drop_events() {
  for (const auto& [event, pending] : events_) fabric_.computer_.cancel(pending.machine_event);
  events_.clear();
}

std::uint32_t FunctionPort::choose(const char* site, std::uint32_t n) {
  return fabric_.computer_.choose(site, n);
}

void FunctionPort::note(std::string_view text) {
  fabric_.computer_.note(text);
}

void FunctionPort::command_ended(std::span<const machine::PhysicalAddress> memory) {
  fabric_.computer_.command_ended(address(), memory);
}

void FunctionPort::bus_reset(unsigned bus) {
  fabric_.computer_.bus_reset(address(), bus);
}

// ---- the life of the slot

void FunctionPort::power_on(std::unique_ptr<machine::DeviceModel> model) {
  HOST_CHECK(model != nullptr);
  model_ = std::move(model);
  plugged_ = true;
  CallInProgress call(fabric_.calls_in_progress_);
  if (const unsigned pin = model_->config_read(header::kInterruptPin, 1); pin >= 1 && pin <= 4) {
    line_ = fabric_.routed_line(location_, pin);
    model_->config_write(header::kInterruptLine, 1, line_);
  }
  is_bridge_ = (model_->config_read(header::kHeaderType, 1) & 0x7F) == header::kBridge;
  size_bars();
  find_capabilities();
  refresh();
}

void FunctionPort::unplug() {
  plugged_ = false;
  update_line();
  drop_events();
  CallInProgress call(fabric_.calls_in_progress_);
  model_->unplugged();
}

/// Whatever the device had begun dies.
void FunctionPort::go_quiet() {
  drop_events();
  line_wanted_ = false;
  update_line();
  if (msix_table_) msix_table_->reset();
}

void FunctionPort::reset(machine::ResetKind kind) {
  go_quiet();
  CallInProgress call(fabric_.calls_in_progress_);
  model_->reset(kind);
  // How lines are wired is the board's affair: its firmware tells whoever has lost it.
  if (kind != machine::ResetKind::FunctionLevel && line_ != kNoInterruptLine)
    model_->config_write(header::kInterruptLine, 1, line_);
  refresh();
}

void FunctionPort::hold(Hold hold) {
  holds_ |= static_cast<std::uint8_t>(hold);
  power_was_cut_ |= hold == Hold::Power;
  go_quiet();
}

void FunctionPort::release(Hold hold) {
  if (!(holds_ & static_cast<std::uint8_t>(hold))) return;
  holds_ &= static_cast<std::uint8_t>(~static_cast<unsigned>(hold));
  if (holds_ == 0)
    reset(std::exchange(power_was_cut_, false) ? machine::ResetKind::PowerOn : machine::ResetKind::Conventional);
}

void FunctionPort::size_bars() {
  for (unsigned i = 0; i < (is_bridge_ ? bridge::kBarCount : kBarCount); ++i) {
    const unsigned at = header::kBar0 + i * 4;
    model_->config_write(at, 4, 0xFFFFFFFF);
    const std::uint32_t low = model_->config_read(at, 4);
    model_->config_write(at, 4, 0);
    if (low == 0 || low == 0xFFFFFFFF) continue;
    DecodedBar& bar = bars_[i];
    bar.is_io = low & bar::kIo;
    if (bar.is_io) {
      const std::uint32_t mask = low & bar::kIoAddress;
      bar.size = mask & (~mask + 1);
      continue;
    }
    bar.is_64bit = (low & bar::kTypeMask) == bar::kType64;
    std::uint64_t mask = low & bar::kMemoryAddress;
    if (bar.is_64bit && i + 1 < kBarCount) {
      model_->config_write(at + 4, 4, 0xFFFFFFFF);
      mask |= std::uint64_t{model_->config_read(at + 4, 4)} << 32;
      model_->config_write(at + 4, 4, 0);
      ++i;
    }
    bar.size = mask & (~mask + 1);
  }
}

void FunctionPort::find_capabilities() {
  if (!(model_->config_read(header::kStatus, 2) & status::kCapabilityList)) return;
  unsigned at = model_->config_read(header::kCapabilities, 1);
  for (unsigned i = 0; i < kCapabilityChainMax && at >= header::kEnd && at < 0xFF; ++i) {
    at &= ~3u;
    switch (static_cast<CapabilityId>(model_->config_read(at, 1))) {
      case CapabilityId::PowerManagement:
        pm_offset_ = at;
        break;
      case CapabilityId::Msi:
        msi_offset_ = at;
        break;
      case CapabilityId::Msix:
        msix_offset_ = at;
        break;
      case CapabilityId::PciExpress:
        pcie_offset_ = at;
        break;
    }
    at = model_->config_read(at + 1, 1);
  }
  if (pcie_offset_)
    has_function_level_reset_ =
        model_->config_read(pcie_offset_ + pcie::kDeviceCapabilities, 4) & pcie::kFunctionLevelReset;
  if (msix_offset_) {
    const unsigned vectors = (model_->config_read(msix_offset_ + msix::kControl, 2) & msix::kSizeMask) + 1;
    msix_table_.emplace(vectors);
    msix_table_at_ = model_->config_read(msix_offset_ + msix::kTable, 4);
    msix_pending_at_ = model_->config_read(msix_offset_ + msix::kPending, 4);
  }
}

/// Reads back whatever the fabric acts on: software, or the model itself, may have changed it.
void FunctionPort::refresh() {
  if (model_->config_read(header::kVendorId, 2) == 0xFFFF) {  // the function has fallen off the bus
    command_ = 0;
    msi_enabled_ = msix_enabled_ = false;
  } else {
    command_ = static_cast<std::uint16_t>(model_->config_read(header::kCommand, 2));
    for (unsigned i = 0; i < kBarCount; ++i) {
      DecodedBar& bar = bars_[i];
      if (bar.size == 0) continue;
      const std::uint32_t low = model_->config_read(header::kBar0 + i * 4, 4);
      bar.base = low & (bar.is_io ? bar::kIoAddress : bar::kMemoryAddress);
      if (bar.is_64bit) bar.base |= std::uint64_t{model_->config_read(header::kBar0 + i * 4 + 4, 4)} << 32;
    }
    if (pm_offset_) power_state_ = model_->config_read(pm_offset_ + pm::kControl, 2) & pm::kStateMask;
    if (msi_offset_) msi_enabled_ = model_->config_read(msi_offset_ + msi::kControl, 2) & msi::kEnable;
    if (msix_offset_) {
      const std::uint32_t control = model_->config_read(msix_offset_ + msix::kControl, 2);
      msix_enabled_ = control & msix::kEnable;
      msix_masked_ = control & msix::kFunctionMask;
    }
  }
  update_line();
  send_unmasked_pending();
}

bool FunctionPort::decodes(bool is_io) const {
  return reachable() && power_state_ == 0 &&
         (command_ & (is_io ? command::kIoSpace : command::kMemorySpace));
}

// ---- accesses

std::uint32_t FunctionPort::config_read(unsigned offset, unsigned size) {
  if (!reachable()) return static_cast<std::uint32_t>(all_ones(size));
  CallInProgress call(fabric_.calls_in_progress_);
  std::uint32_t value = model_->config_read(offset, size);
  if (line_wanted_ && offset <= header::kStatus && offset + size > header::kStatus)
    value |= std::uint32_t{status::kInterrupt} << (header::kStatus - offset) * 8;
  const unsigned link_status = pcie_offset_ + pcie::kLinkStatus;
  if (is_bridge_ && pcie_offset_ && link_up_ && offset <= link_status && offset + size >= link_status + 2)
    value |= std::uint32_t{pcie::kLinkActive} << (link_status - offset) * 8;
  return value;
}

bool FunctionPort::forwards(std::uint16_t bit, const std::uint64_t* address) const {
  if (!reachable() || !(command_ & bit)) return false;
  if (!address) return true;
  const std::uint64_t base = std::uint64_t{model_->config_read(bridge::kMemoryBase, 2) & 0xFFF0u} << 16;
  const std::uint64_t limit = std::uint64_t{model_->config_read(bridge::kMemoryLimit, 2) & 0xFFF0u} << 16 | 0xFFFFF;
  return *address >= base && *address <= limit;
}

/// Bridge Control has been written. The reset of what is behind lasts as long as the bit is set; hardware need not
/// notice a pulse of less than 1 ms.
void FunctionPort::control_secondary_bus(std::uint32_t before) {
  const std::uint32_t after = model_->config_read(bridge::kControl, 2);
  if (!((before ^ after) & bridge::kSecondaryBusReset)) return;
  const std::vector<Location> functions = fabric_.behind(location_);
  if (after & bridge::kSecondaryBusReset) {
    bus_reset_at_ = now();
    for (const Location& each : functions) fabric_.find(each)->hold(Hold::ResetLine);
    return;
  }
  if (now() - bus_reset_at_ < std::chrono::milliseconds(1)) note("a secondary bus reset was held for less than 1 ms");
  for (const Location& each : functions) fabric_.find(each)->release(Hold::ResetLine);
}

void FunctionPort::config_write(unsigned offset, unsigned size, std::uint32_t value) {
  if (!reachable()) return;
  CallInProgress call(fabric_.calls_in_progress_);
  const std::uint16_t power_state_before = power_state_;
  const std::uint32_t bridge_control_before = is_bridge_ ? model_->config_read(bridge::kControl, 2) : 0;
  model_->config_write(offset, size, value);
  if (!plugged_) return;
  refresh();
  if (is_bridge_) control_secondary_bus(bridge_control_before);
  const unsigned control_high = pcie_offset_ + pcie::kDeviceControl + 1;
  if (has_function_level_reset_ && offset <= control_high && offset + size > control_high &&
      (value >> (control_high - offset) * 8 & pcie::kInitiateFunctionLevelReset >> 8)) {
    reset(machine::ResetKind::FunctionLevel);
  } else if (power_state_before == 3 && power_state_ == 0 &&
             !(model_->config_read(pm_offset_ + pm::kControl, 2) & pm::kNoSoftReset)) {
    reset(machine::ResetKind::FunctionLevel);  // D3hot to D0 of a function that loses its registers there
  }
}

bool FunctionPort::in_msix_table(unsigned bar, std::uint64_t offset, unsigned size) const {
  return msix_table_ && bar == (msix_table_at_ & 7) && offset >= (msix_table_at_ & ~7u) &&
         offset + size <= (msix_table_at_ & ~7u) + msix_table_->table_bytes();
}

bool FunctionPort::in_msix_pending(unsigned bar, std::uint64_t offset, unsigned size) const {
  return msix_table_ && bar == (msix_pending_at_ & 7) && offset >= (msix_pending_at_ & ~7u) &&
         offset + size <= (msix_pending_at_ & ~7u) + msix_table_->pending_bytes();
}

std::uint64_t FunctionPort::read(unsigned bar, std::uint64_t offset, unsigned size) {
  if (in_msix_table(bar, offset, size)) return msix_table_->read_table(offset - (msix_table_at_ & ~7u), size);
  if (in_msix_pending(bar, offset, size)) return msix_table_->read_pending(offset - (msix_pending_at_ & ~7u), size);
  CallInProgress call(fabric_.calls_in_progress_);
  return model_->read(bar, offset, size);
}

void FunctionPort::write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) {
  if (in_msix_table(bar, offset, size)) {
    msix_table_->write_table(offset - (msix_table_at_ & ~7u), size, value);
    send_unmasked_pending();
    return;
  }
  if (in_msix_pending(bar, offset, size)) return;
  CallInProgress call(fabric_.calls_in_progress_);
  model_->write(bar, offset, size, value);
}

}  // namespace drydock::models::pci
