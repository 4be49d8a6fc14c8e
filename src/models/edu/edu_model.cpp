#include "models/edu/edu_model.h"

#include <memory>
#include <span>

namespace drydock::models::edu {

namespace {

/// After a function-level reset the bus waits 100 ms and then turns bus mastering on again: later than that.
constexpr machine::Duration kStrayTransferDelay = std::chrono::milliseconds(150);
constexpr std::uint32_t kWrongBit = 1u << 7;

pci::FunctionDescription describe(const Options& options) {
  pci::FunctionDescription d;
  d.vendor = kVendorId;
  d.device = kDeviceId;
  d.subsystem_vendor = 0x1AF4;
  d.subsystem = 0x1100;
  d.class_code = kClassCode;
  d.revision = kRevision;
  d.interrupt_pin = 1;
  d.bars[0] = {.size = kBar0Bytes};
  if (options.has_msi) d.msi.offset = kMsiOffset;
  d.power_management = {.offset = kPowerManagementOffset, .no_soft_reset = false};
  d.pci_express = {.offset = kPciExpressOffset, .function_level_reset = options.has_function_level_reset};
  return d;
}

/// In 32 bits, as the device has them.
std::uint32_t factorial_of(std::uint32_t number) {
  std::uint32_t result = 1;
  // From 34! on all 32 bits are zero.
  for (std::uint32_t factor = number < 34 ? number : 34; factor > 1; --factor) result *= factor;
  return number < 34 ? result : 0;
}

}  // namespace

EduModel::EduModel(machine::DeviceWires& wires, Options options)
    : wires_(wires), options_(options), config_(describe(options_)) {}

bool EduModel::strikes(Fault fault) {
  const FaultKind& kind = kFaultKinds[static_cast<std::size_t>(fault)];
  unsigned& certain = certain_[static_cast<std::size_t>(fault)];
  unsigned& strikes_left = options_.faults[fault];
  if (certain != 0)
    --certain;
  else if (strikes_left == 0 || wires_.choose(kind.site, 2) == 0)
    return false;
  else
    --strikes_left;
  wires_.note(kind.site);
  return true;
}

// ---- configuration space

bool EduModel::in_reset() const {
  return stuck_in_reset_ || wires_.now() < ready_at_;
}

std::uint32_t EduModel::config_read(unsigned offset, unsigned size) {
  if (dead_) return static_cast<std::uint32_t>(pci::all_ones(size));
  // Configuration retry status, as the root complex shows it: vendor 0001.
  if (in_reset() && offset < 4) return static_cast<std::uint32_t>(0xFFFF0001u >> offset * 8 & pci::all_ones(size));
  return config_.read(offset, size);
}

void EduModel::config_write(unsigned offset, unsigned size, std::uint32_t value) {
  if (!dead_ && !in_reset()) config_.write(offset, size, value);
}

// ---- registers

std::uint64_t EduModel::read(unsigned, std::uint64_t offset, unsigned size) {
  const bool wide = size == 8 && offset >= reg::kWideRegisters;
  if (dead_ || (size != 4 && !wide)) return pci::all_ones(size);
  switch (offset) {
    case reg::kIdentification:
      return kIdentification;
    case reg::kLiveness:
      return hung() ? liveness_ : ~liveness_;
    case reg::kFactorial:
      return factorial_;
    case reg::kStatus:
      return (computing_ ? status::kComputing : 0) | (interrupt_afterwards_ ? status::kInterruptAfterwards : 0);
    case reg::kInterruptStatus:
      return interrupt_status_;
    case reg::kDmaSource:
      return transfer_.source;
    case reg::kDmaDestination:
      return transfer_.destination;
    case reg::kDmaCount:
      return transfer_.count;
    case reg::kDmaCommand:
      return transfer_.command;
    default:
      return pci::all_ones(size);
  }
}

void EduModel::write(unsigned, std::uint64_t offset, unsigned size, std::uint64_t value) {
  const bool wide = size == 8 && offset >= reg::kWideRegisters;
  if (dead_ || (size != 4 && !wide)) return;
  const auto low = static_cast<std::uint32_t>(value);
  switch (offset) {
    case reg::kLiveness:
      liveness_ = low;
      break;
    case reg::kFactorial:
      begin_factorial(low);
      break;
    case reg::kStatus:
      interrupt_afterwards_ = low & status::kInterruptAfterwards;
      break;
    case reg::kInterruptRaise:
      raise(low);
      break;
    case reg::kInterruptAcknowledge:
      acknowledge(low);
      break;
    case reg::kDmaSource:
      write_dma(transfer_.source, value);
      break;
    case reg::kDmaDestination:
      write_dma(transfer_.destination, value);
      break;
    case reg::kDmaCount:
      write_dma(transfer_.count, value);
      break;
    case reg::kDmaCommand:
      if (value & dma::kStart) begin_transfer(value);
      break;
    default:
      break;
  }
}

/// Whether the command that has just arrived will be carried out. The device looks busy with it either way.
bool EduModel::takes_commands() {
  if (!hung() && strikes(Fault::Hang)) hang_ = HangDepth::UntilAnyReset;
  if (!hung() && strikes(Fault::HangForGood)) hang_ = HangDepth::UntilBusReset;
  return !hung();
}

void EduModel::begin_factorial(std::uint32_t number) {
  if (computing_) return;
  factorial_ = number;
  computing_ = true;
  if (strikes(Fault::Die)) return unplugged();
  if (takes_commands()) wires_.after(options_.factorial_latency, [this] { end_factorial(); });
}

void EduModel::end_factorial() {
  if (hung() || dead_) return;
  ++statistics_.factorials;
  factorial_ = factorial_of(factorial_);
  if (strikes(Fault::WrongAnswer)) factorial_ ^= kWrongBit;
  computing_ = false;
  if (interrupt_afterwards_) raise(interrupt::kFactorial);
}

// ---- transfers

void EduModel::write_dma(std::uint64_t& field, std::uint64_t value) {
  if (!(transfer_.command & dma::kStart)) field = value;
}

void EduModel::begin_transfer(std::uint64_t command) {
  if (transfer_.command & dma::kStart) return;
  transfer_.command = command;
  if (strikes(Fault::Die)) return unplugged();
  if (takes_commands()) wires_.after(options_.dma_latency, [this] { end_transfer(); });
}

void EduModel::end_transfer() {
  if (hung() || dead_) return;
  ++statistics_.transfers;
  if (!move(transfer_)) wires_.note("edu: a transfer moved nothing");
  transfer_.command &= ~dma::kStart;
  if (transfer_.command & dma::kInterrupt) raise(interrupt::kDma);
}

bool EduModel::move(const Transfer& transfer) {
  const bool to_ram = transfer.command & dma::kToRam;
  const std::uint64_t own = to_ram ? transfer.source : transfer.destination;
  const std::uint64_t ram = (to_ram ? transfer.destination : transfer.source) & ((1ull << dma::kAddressBits) - 1);
  if (own < dma::kBuffer || own - dma::kBuffer > dma::kBufferBytes ||
      transfer.count > dma::kBufferBytes - (own - dma::kBuffer))
    return false;
  const std::span<std::byte> bytes = std::span(buffer_).subspan(own - dma::kBuffer, transfer.count);
  return to_ram ? wires_.dma_write(ram, bytes) : wires_.dma_read(ram, bytes);
}

// ---- interrupts

void EduModel::raise(std::uint32_t bits) {
  interrupt_status_ |= bits;
  if (interrupt_status_ == 0 || strikes(Fault::LoseInterrupt)) return;
  ++statistics_.interrupts;
  if (!wires_.send_message(0)) wires_.set_line(true);
}

void EduModel::acknowledge(std::uint32_t bits) {
  interrupt_status_ &= ~bits;
  if (interrupt_status_ == 0) wires_.set_line(false);
}

// ---- what happens to it

void EduModel::reset(machine::ResetKind kind) {
  const bool function_level = kind == machine::ResetKind::FunctionLevel;
  ++(function_level ? statistics_.function_resets : statistics_.bus_resets);
  if (dead_ && kind != machine::ResetKind::PowerOn) return;
  dead_ = false;
  if (function_level && (transfer_.command & (dma::kStart | dma::kToRam)) == (dma::kStart | dma::kToRam) &&
      strikes(Fault::DmaAfterReset))
    wires_.after(kStrayTransferDelay, [this, stray = transfer_] { move(stray); });
  if (!function_level || hang_ != HangDepth::UntilBusReset) hang_ = HangDepth::None;
  ready_at_ = {};
  if (!function_level)
    stuck_in_reset_ = false;
  else if (strikes(Fault::StuckInReset))
    stuck_in_reset_ = true;
  else if (strikes(Fault::SlowReset))
    ready_at_ = wires_.now() + options_.faults.ready_after;

  config_.reset(kind);
  liveness_ = factorial_ = interrupt_status_ = 0;
  computing_ = interrupt_afterwards_ = false;
  transfer_ = {};
  buffer_.fill(std::byte{0});
  wires_.set_line(false);
}

void EduModel::unplugged() {
  dead_ = true;
  interrupt_status_ = 0;
  wires_.set_line(false);
}

pci::ModelFactory factory(Options options, EduModel** created) {
  return [options, created](machine::DeviceWires& wires) -> std::unique_ptr<machine::DeviceModel> {
    auto model = std::make_unique<EduModel>(wires, options);
    if (created) *created = model.get();
    return model;
  };
}

}  // namespace drydock::models::edu
