#include "models/pci/fabric.h"

#include <gtest/gtest.h>

#include "models/pci/config_space.h"
#include "models/testing/fake_computer.h"

namespace drydock::models::pci {
namespace {

using machine::ResetKind;
using namespace std::chrono_literals;

constexpr Location kSlot{0, 4, 0};
constexpr std::uint64_t kBase = 0xE0000000;
constexpr std::uint64_t kMsixBase = 0xE0010000;

FunctionDescription probe_description() {
  FunctionDescription d;
  d.vendor = 0x1B36;
  d.device = 0x0001;
  d.interrupt_pin = 1;
  d.bars[0] = {.size = 4096};
  d.bars[1] = {.size = 32, .is_io = true};
  d.bars[2] = {.size = 8192, .is_64bit = true};
  d.power_management.offset = 0x40;
  d.msi = {.offset = 0x50, .messages_log2 = 2};
  d.msix = {.offset = 0x60, .vectors = 3, .table_bar = 2, .table_offset = 0, .pending_bar = 2, .pending_offset = 4096};
  d.pci_express = {.offset = 0x70, .function_level_reset = true};
  return d;
}

/// A device that remembers what was done to it and does what the test says.
struct Probe final : machine::DeviceModel {
  explicit Probe(machine::DeviceWires& its_wires) : wires(its_wires) {}
  ~Probe() override {
    if (destroyed) *destroyed = true;
  }
  std::string_view name() const override { return "probe"; }
  std::uint32_t config_read(unsigned offset, unsigned size) override { return config.read(offset, size); }
  void config_write(unsigned offset, unsigned size, std::uint32_t value) override { config.write(offset, size, value); }
  std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned) override {
    if (on_read) on_read();
    return 0xA500000000000000ull | bar << 16 | offset;
  }
  void write(unsigned bar, std::uint64_t offset, unsigned, std::uint64_t value) override {
    last_write = {bar, offset, value};
  }
  void reset(ResetKind kind) override {
    resets.push_back(kind);
    config.reset(kind);
  }
  void unplugged() override { pulled = true; }

  machine::DeviceWires& wires;
  ConfigSpace config{probe_description()};
  std::tuple<unsigned, std::uint64_t, std::uint64_t> last_write{};
  std::vector<ResetKind> resets;
  std::function<void()> on_read;
  bool pulled = false;
  bool* destroyed = nullptr;
};

class Fabric : public ::testing::Test {
 protected:
  Probe& plug(Location at) {
    return static_cast<Probe&>(
        fabric.plug(at, [](machine::DeviceWires& wires) { return std::make_unique<Probe>(wires); }));
  }
  void configure(Location at, unsigned offset, unsigned size, std::uint32_t value) {
    fabric.write_config(at.bus, at.device, at.function, offset, size, value);
  }
  std::uint32_t look(Location at, unsigned offset, unsigned size) {
    return fabric.read_config(at.bus, at.device, at.function, offset, size);
  }
  Probe& start(Location at = kSlot) {
    Probe& probe = plug(at);
    configure(at, 0x10, 4, kBase);
    configure(at, 0x14, 4, 0xC000);
    configure(at, 0x18, 4, kMsixBase);
    configure(at, 0x1C, 4, 0x1);  // above 4 GiB
    configure(at, 0x04, 2, command::kIoSpace | command::kMemorySpace | command::kBusMaster);
    return probe;
  }

  testing::FakeComputer computer;
  PciFabric fabric{computer};
};

TEST_F(Fabric, AnswersAllOnesWhereNobodyIs) {
  EXPECT_EQ(look(kSlot, 0, 4), 0xFFFFFFFFu);
  EXPECT_EQ(look(kSlot, 0, 2), 0xFFFFu);
  EXPECT_EQ(fabric.read_memory(kBase, 8), ~0ull);
  EXPECT_EQ(fabric.read_memory(kBase, 1), 0xFFull);
  EXPECT_EQ(fabric.read_port(0xC000, 2), 0xFFFFu);
  fabric.write_memory(kBase, 4, 1);
}

TEST_F(Fabric, DecodesByTheLiveRegisters) {
  Probe& probe = plug(kSlot);
  EXPECT_EQ(fabric.read_memory(0, 4), 0xFFFFFFFFull);
  configure(kSlot, 0x10, 4, kBase);
  EXPECT_EQ(fabric.read_memory(kBase + 8, 4), 0xFFFFFFFFull);  // memory space is still off
  configure(kSlot, 0x04, 2, command::kMemorySpace);
  EXPECT_EQ(fabric.read_memory(kBase + 8, 4), 8ull);
  EXPECT_EQ(fabric.read_memory(kBase + 4092, 8), ~0ull);  // hangs over the end
  fabric.write_memory(kBase + 0x10, 2, 0xABCDEF);
  EXPECT_EQ(probe.last_write, std::make_tuple(0u, std::uint64_t{0x10}, std::uint64_t{0xCDEF}));
  configure(kSlot, 0x10, 4, kBase + 0x100000);
  EXPECT_EQ(fabric.read_memory(kBase + 8, 4), 0xFFFFFFFFull);
  EXPECT_EQ(fabric.read_memory(kBase + 0x100008, 4), 8ull);
  EXPECT_EQ(fabric.counts(kSlot).reads, 2u);
  EXPECT_EQ(fabric.counts(kSlot).writes, 1u);
}

TEST_F(Fabric, DecodesPortsAnd64BitMemory) {
  start();
  EXPECT_EQ(fabric.read_port(0xC004, 4), 0x10004u);
  EXPECT_EQ(fabric.read_port(0xC020, 1), 0xFFu);
  EXPECT_EQ(fabric.read_memory(0x100000000 + kMsixBase + 0x1800, 4), 0x21800u);
  EXPECT_EQ(fabric.read_memory(kMsixBase + 0x1800, 4), 0xFFFFFFFFu);
}

TEST_F(Fabric, GatesDmaByBusMasterEnable) {
  Probe& probe = start();
  std::array<std::byte, 4> data{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  EXPECT_TRUE(probe.wires.dma_write(0x1000, data));
  EXPECT_EQ(computer.peek<std::uint32_t>(0x1000), 0x04030201u);
  EXPECT_FALSE(probe.wires.dma_write(1 << 20, data));  // not RAM
  configure(kSlot, 0x04, 2, command::kMemorySpace);
  EXPECT_FALSE(probe.wires.dma_write(0x2000, data));
  EXPECT_FALSE(probe.wires.dma_read(0x1000, data));
  EXPECT_FALSE(probe.wires.send_message(0));
}

TEST_F(Fabric, SwizzlesAndSharesInterruptLines) {
  Probe& first = plug({0, 1, 0});
  Probe& second = plug({0, 9, 0});  // eight slots on: the same line
  plug({0, 2, 0});
  const unsigned line = fabric.interrupt_line({0, 1, 0});
  EXPECT_EQ(line, 17u);
  EXPECT_EQ(fabric.interrupt_line({0, 9, 0}), line);
  EXPECT_EQ(fabric.interrupt_line({0, 2, 0}), 18u);
  EXPECT_EQ(look({0, 1, 0}, 0x3C, 1), line);
  first.wires.set_line(true);
  second.wires.set_line(true);
  second.wires.set_line(true);
  EXPECT_TRUE(computer.lines[line]);
  EXPECT_TRUE(look({0, 1, 0}, 0x06, 2) & status::kInterrupt);
  EXPECT_TRUE(look({0, 1, 0}, 0x04, 4) & status::kInterrupt << 16);
  first.wires.set_line(false);
  EXPECT_TRUE(computer.lines[line]);
  second.wires.set_line(false);
  EXPECT_FALSE(computer.lines[line]);
  EXPECT_EQ(computer.line_changes, 2u);
}

TEST_F(Fabric, InterruptDisableHoldsTheLineDown) {
  Probe& probe = start();
  const unsigned line = fabric.interrupt_line(kSlot);
  probe.wires.set_line(true);
  EXPECT_TRUE(computer.lines[line]);
  configure(kSlot, 0x04, 2, command::kInterruptDisable);
  EXPECT_FALSE(computer.lines[line]);
  EXPECT_TRUE(look(kSlot, 0x06, 2) & status::kInterrupt);
  configure(kSlot, 0x04, 2, 0);
  EXPECT_TRUE(computer.lines[line]);
}

TEST_F(Fabric, SendsMsi) {
  Probe& probe = start();
  EXPECT_FALSE(probe.wires.send_message(1));
  configure(kSlot, 0x54, 4, 0xFEE01000);
  configure(kSlot, 0x58, 4, 0x0);
  configure(kSlot, 0x5C, 2, 0x4050);
  configure(kSlot, 0x52, 2, 1 | 1 << 4);  // two messages of the four asked for
  EXPECT_TRUE(probe.wires.send_message(1));
  EXPECT_TRUE(probe.wires.send_message(2));
  probe.wires.set_line(true);  // messages replace the line
  EXPECT_EQ(computer.messages,
            (std::vector<std::pair<std::uint64_t, std::uint32_t>>{{0xFEE01000, 0x4051}, {0xFEE01000, 0x4050}}));
  EXPECT_EQ(computer.line_changes, 0u);
}

TEST_F(Fabric, SendsMsixAndKeepsMaskedOnesPending) {
  Probe& probe = start();
  const std::uint64_t table = 0x100000000 + kMsixBase;
  fabric.write_memory(table + 16, 8, 0xFEE02000);
  fabric.write_memory(table + 24, 4, 77);
  configure(kSlot, 0x62, 2, msix::kEnable);
  EXPECT_TRUE(probe.wires.send_message(1));
  EXPECT_TRUE(computer.messages.empty());
  EXPECT_EQ(fabric.read_memory(table + 4096, 8), 2u);
  EXPECT_EQ(fabric.read_memory(table + 16, 4), 0xFEE02000u);
  fabric.write_memory(table + 28, 4, 0);
  EXPECT_EQ(computer.messages, (std::vector<std::pair<std::uint64_t, std::uint32_t>>{{0xFEE02000, 77}}));
  EXPECT_EQ(fabric.read_memory(table + 4096, 8), 0u);
  configure(kSlot, 0x62, 2, msix::kEnable | msix::kFunctionMask);
  EXPECT_TRUE(probe.wires.send_message(1));
  EXPECT_EQ(computer.messages.size(), 1u);
  configure(kSlot, 0x62, 2, msix::kEnable);
  EXPECT_EQ(computer.messages.size(), 2u);
  EXPECT_FALSE(probe.wires.send_message(3));
}

TEST_F(Fabric, UnplugTakesEverythingAway) {
  Probe& probe = start();
  bool fired = false;
  probe.wires.after(1ms, [&] { fired = true; });
  probe.wires.set_line(true);
  const unsigned line = fabric.interrupt_line(kSlot);
  fabric.unplug(kSlot);
  EXPECT_TRUE(probe.pulled);
  EXPECT_FALSE(computer.lines[line]);
  EXPECT_EQ(look(kSlot, 0, 4), 0xFFFFFFFFu);
  EXPECT_EQ(fabric.read_memory(kBase, 4), 0xFFFFFFFFu);
  fabric.write_memory(kBase, 4, 1);
  EXPECT_EQ(fabric.counts(kSlot).after_unplug, 2u);
  computer.advance(1s);
  EXPECT_FALSE(fired);
  std::array<std::byte, 4> data{};
  EXPECT_FALSE(probe.wires.dma_write(0x1000, data));
  EXPECT_FALSE(probe.wires.dma_read(0x1000, data));
  probe.wires.set_line(true);
  EXPECT_FALSE(computer.lines[line]);
  EXPECT_EQ(probe.wires.after(1ms, [] {}), 0u);
  EXPECT_EQ(fabric.interrupt_line(kSlot), kNoInterruptLine);
}

TEST_F(Fabric, MayBePulledFromWithinItsOwnCall) {
  Probe& probe = start();
  bool destroyed = false;
  probe.destroyed = &destroyed;
  probe.on_read = [this] { fabric.unplug(kSlot); };
  fabric.read_memory(kBase, 4);
  EXPECT_FALSE(destroyed);
  plug(kSlot);
  EXPECT_TRUE(destroyed);
  EXPECT_EQ(look(kSlot, 0x10, 4), 0u);
  EXPECT_EQ(fabric.counts(kSlot).reads, 0u);
}

TEST_F(Fabric, CancelledEventsDoNotFire) {
  Probe& probe = start();
  int fired = 0;
  const auto first = probe.wires.after(1ms, [&] { fired += 1; });
  probe.wires.after(1ms, [&] { fired += 10; });
  probe.wires.cancel(first);
  probe.wires.cancel(first);
  computer.advance(1ms);
  EXPECT_EQ(fired, 10);
}

TEST_F(Fabric, ResetEndsWhatWasBegunAndClearsTheHeader) {
  Probe& probe = start();
  bool fired = false;
  probe.wires.after(1ms, [&] { fired = true; });
  probe.wires.set_line(true);
  fabric.reset_bus(0, ResetKind::Conventional);
  EXPECT_EQ(probe.resets, std::vector{ResetKind::Conventional});
  EXPECT_FALSE(computer.lines[fabric.interrupt_line(kSlot)]);
  EXPECT_EQ(fabric.read_memory(kBase, 4), 0xFFFFFFFFu);
  computer.advance(1s);
  EXPECT_FALSE(fired);
}

TEST_F(Fabric, FunctionLevelResetThroughTheCapability) {
  Probe& probe = start();
  const unsigned control = 0x70 + pcie::kDeviceControl;
  configure(kSlot, control, 2, 0x000F);
  EXPECT_TRUE(probe.resets.empty());
  configure(kSlot, control, 2, pcie::kInitiateFunctionLevelReset);
  EXPECT_EQ(probe.resets, std::vector{ResetKind::FunctionLevel});
  EXPECT_EQ(look(kSlot, control, 2), 0u);
  EXPECT_EQ(look(kSlot, 0x04, 2), 0u);
  EXPECT_EQ(fabric.read_memory(kBase, 4), 0xFFFFFFFFu);
}

TEST_F(Fabric, SleepingFunctionsDoNotDecode) {
  start();
  configure(kSlot, 0x44, 2, 3);
  EXPECT_EQ(fabric.read_memory(kBase, 4), 0xFFFFFFFFu);
  EXPECT_EQ(look(kSlot, 0, 2), 0x1B36u);
  configure(kSlot, 0x44, 2, 0);
  EXPECT_EQ(fabric.read_memory(kBase + 4, 4), 4u);
}

}  // namespace
}  // namespace drydock::models::pci
