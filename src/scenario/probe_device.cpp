#include "scenario/probe_device.h"

#include <algorithm>
#include <iterator>

#include "machine/machine.h"
#include "ntos/ke/delay.h"
#include "ntos/mm/io_space.h"

namespace drydock::scenario {

using namespace std::chrono_literals;
using bus::pci::Bar;
using machine::Machine;

ProbedRegisters::ProbedRegisters(const bus::pci::Pdo& pdo)
    : config_(pdo.config()), identity_(pdo.identity()), bars_(bus::pci::size_bars(pdo.config())) {}

const Bar* ProbedRegisters::bar_of(unsigned index) const {
  const auto found = std::find_if(bars_.begin(), bars_.end(), [index](const Bar& bar) { return bar.index == index; });
  return found == bars_.end() ? nullptr : &*found;
}

std::uint64_t ProbedRegisters::read(unsigned bar, std::uint64_t offset, unsigned size) const {
  const std::uint64_t at = bus::pci::read_bar(config_, *bar_of(bar)) + offset;
  machine::IoFabric& fabric = config_.fabric();
  return is_io(bar) ? fabric.read_port(static_cast<std::uint16_t>(at), size) : fabric.read_memory(at, size);
}

void ProbedRegisters::write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) const {
  const std::uint64_t at = bus::pci::read_bar(config_, *bar_of(bar)) + offset;
  machine::IoFabric& fabric = config_.fabric();
  if (is_io(bar))
    fabric.write_port(static_cast<std::uint16_t>(at), size, static_cast<std::uint32_t>(value));
  else
    fabric.write_memory(at, size, value);
}

bool ProbedRegisters::await(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t mask,
                            std::uint64_t value) const {
  const machine::Time due = Machine::current().now() + 1s;
  while ((read(bar, offset, size) & mask) != value) {
    if (Machine::current().now() >= due) return false;
    ntos::ke::delay(1ms);
  }
  return true;
}

bool ProbedRegisters::keeps(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) const {
  const std::uint64_t before = read(bar, offset, size);
  write(bar, offset, size, value);
  const bool kept = read(bar, offset, size) == value;
  write(bar, offset, size, before);
  return kept;
}

namespace {

/// The first memory BAR, or the first of ports.
unsigned first_bar(const ProbedRegisters& device, bool io) {
  for (unsigned bar = 0; bar < 6; ++bar)
    if (device.has(bar) && device.is_io(bar) == io) return bar;
  return 6;
}

// QEMU's docs/specs/edu.
bool edu(const ProbedRegisters& device) {
  constexpr unsigned kLiveness = 0x04, kFactorial = 0x08, kStatus = 0x20, kComputing = 1;
  device.write(0, kLiveness, 4, 0x12345678);
  if (device.read(0, kLiveness, 4) != 0xEDCBA987) return false;
  device.write(0, kFactorial, 4, 5);
  return device.await(0, kStatus, 4, kComputing, 0) && device.read(0, kFactorial, 4) == 120;
}

bool pvscsi(const ProbedRegisters& device) {
  constexpr unsigned kCommand = 0x0000, kCommandStatus = 0x0008, kAdapterReset = 1, kInterruptMask = 0x2010;
  device.write(0, kCommand, 4, kAdapterReset);
  return device.read(0, kCommandStatus, 4) == 0 && device.keeps(0, kInterruptMask, 4, 3);
}

// LSI53C895A technical manual: SCRATCHA.
bool lsi53c8xx(const ProbedRegisters& device) {
  constexpr unsigned kScratchA = 0x34;
  const unsigned bar = first_bar(device, false);
  return device.keeps(bar, kScratchA, 1, 0x5A) && device.keeps(bar, kScratchA + 3, 1, 0xA5);
}

// Am53C974 data sheet: a command with the DMA bit loads the transfer counter.
bool am53c974(const ProbedRegisters& device) {
  constexpr unsigned kCountLow = 0x00, kCountMiddle = 0x04, kCommand = 0x0C, kNoOperationWithDma = 0x80;
  device.write(0, kCountLow, 1, 0x34);
  device.write(0, kCountMiddle, 1, 0x12);
  device.write(0, kCommand, 1, kNoOperationWithDma);
  return device.read(0, kCountLow, 1) == 0x34 && device.read(0, kCountMiddle, 1) == 0x12;
}

bool megasas(const ProbedRegisters& device) {
  constexpr unsigned kScratchPad = 0xB0;
  constexpr std::uint64_t kStateMask = 0xF0000000, kReady = 0xB0000000;
  return device.await(first_bar(device, false), kScratchPad, 4, kStateMask, kReady);
}

// Fusion-MPT: a message unit reset makes the controller ready.
bool mptsas(const ProbedRegisters& device) {
  constexpr unsigned kDoorbell = 0x00;
  constexpr std::uint64_t kStateMask = 0xF0000000, kReady = 0x10000000, kMessageUnitReset = 0x40000000;
  const unsigned bar = first_bar(device, false);
  device.write(bar, kDoorbell, 4, kMessageUnitReset);
  return device.await(bar, kDoorbell, 4, kStateMask, kReady);
}

constexpr unsigned kAcknowledge = 1, kDriver = 2;

/// Virtual I/O Device 1.2, 2.1: a reset, then status bits one after the other.
bool status_can_be_set(const ProbedRegisters& device, unsigned bar, std::uint64_t status) {
  device.write(bar, status, 1, 0);
  if (!device.await(bar, status, 1, 0xFF, 0)) return false;
  device.write(bar, status, 1, kAcknowledge);
  device.write(bar, status, 1, kAcknowledge | kDriver);
  const bool set = device.read(bar, status, 1) == (kAcknowledge | kDriver);
  device.write(bar, status, 1, 0);
  return set;
}

bool virtio(const ProbedRegisters& device) {
  constexpr unsigned kVendorSpecific = 9, kCommonConfiguration = 1, kStatusInCommon = 0x14, kLegacyStatus = 0x12;
  const bus::pci::ConfigAccess& config = device.config();
  unsigned at = config.read(0x34, 1) & 0xFC;
  for (unsigned i = 0; i < 48 && at >= 0x40; ++i, at = config.read(at + 1, 1) & 0xFC) {
    if (config.read(at, 1) != kVendorSpecific || config.read(at + 3, 1) != kCommonConfiguration) continue;
    const unsigned bar = config.read(at + 4, 1);
    return device.has(bar) && status_can_be_set(device, bar, config.read(at + 8, 4) + kStatusInCommon);
  }
  return device.has(0) && device.is_io(0) && status_can_be_set(device, 0, kLegacyStatus);
}

// AHCI 1.3.1, 3.1.
bool ahci(const ProbedRegisters& device) {
  constexpr unsigned kBar = 5, kControl = 0x04, kPorts = 0x0C;
  constexpr std::uint64_t kReset = 1, kEnable = 1u << 31;
  if (!device.has(kBar)) return false;
  device.write(kBar, kControl, 4, kReset);
  if (!device.await(kBar, kControl, 4, kReset, 0)) return false;
  device.write(kBar, kControl, 4, kEnable);
  return (device.read(kBar, kControl, 4) & kEnable) && device.read(kBar, kPorts, 4) != 0;
}

// Programming Interface for Bus Master IDE Controller: the descriptor table pointer of the first channel.
bool bus_master_ide(const ProbedRegisters& device) {
  constexpr unsigned kBar = 4, kTable = 0x04;
  return device.has(kBar) && device.keeps(kBar, kTable, 4, 0x12345678 & ~3u);
}

// NVM Express 1.4, 3.1: enabled with empty queues, ready, disabled.
bool nvme(const ProbedRegisters& device) {
  constexpr unsigned kConfiguration = 0x14, kStatus = 0x1C, kQueueSizes = 0x24, kSubmission = 0x28, kCompletion = 0x30;
  constexpr std::uint64_t kEnable = 1, kEntrySizes = 6u << 16 | 4u << 20, kReady = 1;
  constexpr std::size_t kPage = 4096;
  nt::PHYSICAL_ADDRESS highest;
  highest.QuadPart = 0xFFFFFFFF;
  nt::PVOID queues = ntos::MmAllocateContiguousMemory(2 * kPage, highest);
  if (!queues) return false;
  const std::uint64_t where = Machine::current().memory().pa_of(queues);
  device.write(0, kConfiguration, 4, 0);
  bool works = device.await(0, kStatus, 4, kReady, 0);
  device.write(0, kQueueSizes, 4, 7u << 16 | 7u);
  for (unsigned half = 0; half < 2; ++half) {
    device.write(0, kSubmission + 4 * half, 4, where >> 32 * half);
    device.write(0, kCompletion + 4 * half, 4, (where + kPage) >> 32 * half);
  }
  device.write(0, kConfiguration, 4, kEntrySizes | kEnable);
  works = works && device.await(0, kStatus, 4, kReady, kReady);
  device.write(0, kConfiguration, 4, 0);
  works = works && device.await(0, kStatus, 4, kReady, 0);
  ntos::MmFreeContiguousMemory(queues);
  return works;
}

// 8254x Software Developer's Manual: its address is loaded from the EEPROM after a reset.
bool e1000(const ProbedRegisters& device) {
  constexpr unsigned kControl = 0x0000, kVlanType = 0x0038, kAddressHigh = 0x5404;
  constexpr std::uint64_t kReset = 1u << 26, kAddressValid = 1u << 31;
  device.write(0, kControl, 4, kReset);
  return device.await(0, kControl, 4, kReset, 0) && (device.read(0, kAddressHigh, 4) & kAddressValid) &&
         device.keeps(0, kVlanType, 4, 0x88A8);
}

bool shared_memory(const ProbedRegisters& device) {
  constexpr unsigned kBar = 2;
  return device.has(kBar) && device.keeps(kBar, 0, 8, 0x0123456789ABCDEF) && device.keeps(kBar, 4096, 4, 0xA5A5A5A5);
}

bool any(const ProbedRegisters& device) {
  for (unsigned bar = 0; bar < 6; ++bar)
    if (device.has(bar) && !device.is_io(bar) && device.read(bar, 0, 4) == 0xFFFFFFFF) return false;
  return true;
}

constexpr std::uint16_t kAnyDevice = 0xFFFF;
struct KnownDevice {
  std::uint16_t vendor, device;
  DeviceUse use;
};
constexpr KnownDevice kKnown[] = {
    {0x1234, 0x11E8, {"computes a factorial", edu}},
    {0x15AD, 0x07C0, {"takes an adapter reset", pvscsi}},
    {0x1000, 0x0001, {"keeps a scratch register", lsi53c8xx}},
    {0x1000, 0x0012, {"keeps a scratch register", lsi53c8xx}},
    {0x1022, 0x2020, {"loads its transfer counter", am53c974}},
    {0x1000, 0x0060, {"its firmware is ready", megasas}},
    {0x1000, 0x005B, {"its firmware is ready", megasas}},
    {0x1000, 0x0054, {"is ready after a message unit reset", mptsas}},
    {0x1AF4, 0x1110, {"its memory keeps what is written", shared_memory}},
    {0x1AF4, kAnyDevice, {"its device status can be set", virtio}},
    {0x8086, 0x2922, {"its host controller can be reset and enabled", ahci}},
    {0x8086, 0x7010, {"keeps a descriptor table pointer", bus_master_ide}},
    {0x8086, 0x7111, {"keeps a descriptor table pointer", bus_master_ide}},
    {0x1B36, 0x0010, {"becomes ready and is disabled again", nvme}},
    {0x8086, 0x100E, {"has its address after a reset", e1000}},
};
constexpr DeviceUse kUnknown{"its registers answer", any};

}  // namespace

const DeviceUse& use_of(const ProbedRegisters& device) {
  const bus::pci::Identity& id = device.identity();
  for (const KnownDevice& each : kKnown)
    if (each.vendor == id.vendor && (each.device == id.device || each.device == kAnyDevice)) return each.use;
  return kUnknown;
}

}  // namespace drydock::scenario
