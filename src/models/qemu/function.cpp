#include "models/qemu/function.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "models/qemu/computer.h"

namespace drydock::models::qemu {

using machine::ResetKind;
namespace header = pci::header;

namespace {

constexpr unsigned kRomBar = 0x30;
constexpr std::uint16_t kMsiMultipleEnable = 7u << 4;
constexpr std::uint16_t kMsiPerVectorMask = 1u << 8;
constexpr unsigned kCapabilitiesMax = 48;

}  // namespace

Function::Function(Computer& computer, unsigned port, machine::DeviceWires& wires)
    : computer_(computer), port_(port), wires_(wires) {
  explore();
  computer_.attach(port_, this);
}

Function::~Function() {
  if (!pulled_) computer_.attach(port_, nullptr);
}

std::string_view Function::name() const {
  return computer_.plan(port_).type;
}

bool Function::present() const {
  return !pulled_ && !computer_.ended();
}

// ---- what is there

void Function::explore() {
  if (computer_.config_read(port_, header::kVendorId, 2) == 0xFFFF) return;
  computer_.config_write(port_, header::kCommand, 2, 0);
  for (unsigned i = 0; i < pci::kBarCount; ++i) {
    size_bar(i);
    if (bars_[i].is_64bit) ++i;
  }
  place_bars();
  if (!(computer_.config_read(port_, header::kStatus, 2) & pci::status::kCapabilityList)) return;
  unsigned at = computer_.config_read(port_, header::kCapabilities, 1);
  for (unsigned i = 0; i < kCapabilitiesMax && at >= header::kEnd && at < 0xFF; ++i) {
    const auto id = static_cast<pci::CapabilityId>(computer_.config_read(port_, at, 1));
    if (id == pci::CapabilityId::Msi) {
      msi_offset_ = at;
      for (unsigned byte = 0; byte < msi_.size(); ++byte)
        msi_[byte] = static_cast<std::uint8_t>(computer_.config_read(port_, at + byte, 1));
      msi_[3] &= static_cast<std::uint8_t>(~(kMsiPerVectorMask >> 8));  // masks are not passed on
      msi_bytes_ = msi_[2] & pci::msi::k64Bit ? 14 : 10;
    }
    if (id == pci::CapabilityId::Msix) msix_offset_ = at;
    at = computer_.config_read(port_, at + 1, 1);
  }
}

void Function::size_bar(unsigned index) {
  const unsigned at = header::kBar0 + index * 4;
  computer_.config_write(port_, at, 4, 0xFFFFFFFF);
  const std::uint32_t low = computer_.config_read(port_, at, 4);
  computer_.config_write(port_, at, 4, 0);
  if (low == 0 || low == 0xFFFFFFFF) return;
  Bar& bar = bars_[index];
  bar.is_io = low & pci::bar::kIo;
  bar.kind = low & (bar.is_io ? ~pci::bar::kIoAddress : ~pci::bar::kMemoryAddress);
  std::uint64_t mask = low & (bar.is_io ? pci::bar::kIoAddress : pci::bar::kMemoryAddress);
  bar.is_64bit = !bar.is_io && (low & pci::bar::kTypeMask) == pci::bar::kType64;
  if (bar.is_64bit) {
    computer_.config_write(port_, at + 4, 4, 0xFFFFFFFF);
    mask |= std::uint64_t{computer_.config_read(port_, at + 4, 4)} << 32;
    computer_.config_write(port_, at + 4, 4, 0);
  } else {
    mask |= 0xFFFFFFFF00000000;
  }
  bar.size = mask & (~mask + 1);
}

/// The largest first, so that all fit.
void Function::place_bars() {
  std::array<unsigned, pci::kBarCount> order{0, 1, 2, 3, 4, 5};
  std::stable_sort(order.begin(), order.end(), [this](unsigned a, unsigned b) { return bars_[a].size > bars_[b].size; });
  std::uint64_t memory_taken = 0, io_taken = 0;
  for (unsigned index : order) {
    Bar& bar = bars_[index];
    if (bar.size == 0) continue;
    bar.in_qemu = computer_.place_bar(port_, bar.is_io, bar.size, bar.is_io ? io_taken : memory_taken);
    if (bar.in_qemu == 0) {
      wires_.note("a base address register is larger than the window of its port: it does not answer");
      continue;
    }
    const unsigned at = header::kBar0 + index * 4;
    computer_.config_write(port_, at, 4, static_cast<std::uint32_t>(bar.in_qemu));
    if (bar.is_64bit) computer_.config_write(port_, at + 4, 4, static_cast<std::uint32_t>(bar.in_qemu >> 32));
  }
}

// ---- configuration space

bool Function::in_bars(unsigned offset) const {
  return (offset >= header::kBar0 && offset < header::kBar0 + pci::kBarCount * 4) ||
         (offset >= kRomBar && offset < kRomBar + 4);
}

bool Function::in_msi(unsigned offset) const {
  return msi_offset_ && offset >= msi_offset_ && offset < msi_offset_ + msi_bytes_;
}

std::uint32_t Function::read_bar_register(unsigned offset) const {
  if (offset >= kRomBar) return 0;  // drivers for Windows do not run it
  const unsigned index = (offset - header::kBar0) / 4;
  if (bars_[index].size) return static_cast<std::uint32_t>(bars_[index].as_written) | bars_[index].kind;
  return index && bars_[index - 1].is_64bit ? static_cast<std::uint32_t>(bars_[index - 1].as_written >> 32) : 0;
}

void Function::write_bar_register(unsigned offset, std::uint32_t value) {
  if (offset >= kRomBar) return;
  const unsigned index = (offset - header::kBar0) / 4;
  const bool upper = index && bars_[index - 1].is_64bit;
  Bar& bar = bars_[upper ? index - 1 : index];
  if (bar.size == 0) return;
  std::uint64_t address = bar.as_written;
  if (upper)
    address = (address & 0xFFFFFFFF) | std::uint64_t{value} << 32;
  else
    address = (address & 0xFFFFFFFF00000000) | value;
  bar.as_written = address & ~(bar.size - 1);
}

std::uint32_t Function::config_read(unsigned offset, unsigned size) {
  if (!present()) return static_cast<std::uint32_t>(pci::all_ones(size));
  if (in_bars(offset))
    return static_cast<std::uint32_t>(read_bar_register(offset & ~3u) >> (offset & 3) * 8 & pci::all_ones(size));
  if (in_msi(offset)) {
    std::uint32_t value = 0;
    std::memcpy(&value, msi_.data() + (offset - msi_offset_), size);
    return value;
  }
  return computer_.config_read(port_, offset, size);
}

void Function::config_write(unsigned offset, unsigned size, std::uint32_t value) {
  if (!present()) return;
  if (in_bars(offset)) {
    // Windows writes these whole; narrower writes are put into what is there.
    const unsigned shift = (offset & 3) * 8;
    const auto mask = static_cast<std::uint32_t>(pci::all_ones(size) << shift);
    write_bar_register(offset & ~3u, (read_bar_register(offset & ~3u) & ~mask) | (value << shift & mask));
    return;
  }
  if (in_msi(offset)) {
    for (unsigned byte = 0; byte < size; ++byte) {
      const unsigned at = offset - msi_offset_ + byte;
      const auto written = static_cast<std::uint8_t>(value >> byte * 8);
      constexpr std::uint8_t kWritable = pci::msi::kEnable | kMsiMultipleEnable;
      if (at >= pci::msi::kAddressLow && at < msi_bytes_) msi_[at] = written;
      if (at == pci::msi::kControl) msi_[at] = static_cast<std::uint8_t>((msi_[at] & ~kWritable) | (written & kWritable));
    }
    program_messages();
    return;
  }
  computer_.config_write(port_, offset, size, value);
  if (msix_offset_ && offset <= msix_offset_ + 3 && offset + size > msix_offset_ + 3 &&
      (value >> (msix_offset_ + 3 - offset) * 8 & pci::msix::kEnable >> 8))
    program_msix_table();
}

/// QEMU's own message registers: the doorbell, and enabled when the driver's computer enabled them.
void Function::program_messages() {
  const Doorbell doorbell = computer_.doorbell(port_);
  const bool wide = msi_[pci::msi::kControl] & pci::msi::k64Bit;
  computer_.config_write(port_, msi_offset_ + pci::msi::kAddressLow, 4, static_cast<std::uint32_t>(doorbell.address));
  if (wide) computer_.config_write(port_, msi_offset_ + pci::msi::kAddressHigh, 4, 0);
  computer_.config_write(port_, msi_offset_ + (wide ? pci::msi::kData64 : pci::msi::kData32), 2, doorbell.data);
  computer_.config_write(port_, msi_offset_ + pci::msi::kControl, 1, msi_[pci::msi::kControl]);
}

/// The table that the driver's computer sees is the fabric's; QEMU's sends each vector to the doorbell, unmasked.
void Function::program_msix_table() {
  const std::uint32_t where = computer_.config_read(port_, msix_offset_ + pci::msix::kTable, 4);
  const unsigned vectors = (computer_.config_read(port_, msix_offset_ + pci::msix::kControl, 2) & pci::msix::kSizeMask) + 1;
  const Bar& bar = bars_[(where & 7) % pci::kBarCount];
  const Doorbell doorbell = computer_.doorbell(port_);
  for (unsigned vector = 0; vector < std::min(vectors, kVectorsPerDevice); ++vector) {
    const std::uint64_t entry = bar.in_qemu + (where & ~7u) + vector * 16;
    computer_.qtest().write(entry, 8, doorbell.address);
    computer_.qtest().write(entry + 8, 4, doorbell.data + vector);
    computer_.qtest().write(entry + 12, 4, 0);
  }
}

// ---- registers

std::uint64_t Function::read(unsigned bar, std::uint64_t offset, unsigned size) {
  last_write_bar_ = pci::kBarCount;
  if (!present() || bars_[bar].in_qemu == 0) return pci::all_ones(size);
  const std::uint64_t at = bars_[bar].in_qemu + offset;
  const std::uint64_t value = bars_[bar].is_io ? computer_.qtest().in(static_cast<std::uint16_t>(at), size)
                                               : computer_.qtest().read(at, size);
  return computer_.ended() ? pci::all_ones(size) : value;
}

void Function::write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) {
  if (!present() || bars_[bar].in_qemu == 0) return;
  const std::uint64_t at = bars_[bar].in_qemu + offset;
  if (bars_[bar].is_io) {
    computer_.qtest().out(static_cast<std::uint16_t>(at), size, static_cast<std::uint32_t>(value));
    return;
  }
  // From the second write to one register on, it is a stream of data, and nobody waits for each.
  const bool streams = bar == last_write_bar_ && offset == last_write_offset_;
  last_write_bar_ = bar;
  last_write_offset_ = offset;
  streams ? computer_.qtest().post_write(at, size, value) : computer_.qtest().write(at, size, value);
}

// ---- interrupts, resets, the end

void Function::line_changed(bool raised, bool line_is_shared) {
  if (raised && line_is_shared)
    raised = computer_.config_read(port_, header::kStatus, 2) & pci::status::kInterrupt;
  wires_.set_line(raised);
}

void Function::message_came(unsigned vector) {
  wires_.send_message(vector);
}

void Function::reset(ResetKind kind) {
  if (!present()) return;
  // A function-level reset has happened already: the write that starts it went through to QEMU.
  if (!std::exchange(already_reset_, false) && kind != ResetKind::FunctionLevel) computer_.secondary_bus_reset(port_);
  for (Bar& bar : bars_) bar.as_written = 0;
  std::fill(msi_.begin() + pci::msi::kAddressLow, msi_.end(), std::uint8_t{0});
  msi_[pci::msi::kControl] &= static_cast<std::uint8_t>(~(pci::msi::kEnable | kMsiMultipleEnable));
  place_bars();
}

void Function::unplugged() {
  if (!pulled_) computer_.pull(port_, bars_[0].in_qemu);
  pulled_ = true;
}

}  // namespace drydock::models::qemu
