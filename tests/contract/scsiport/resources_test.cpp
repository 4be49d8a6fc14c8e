// Section 12: ranges, registers, bus data, memory for DMA, time. The rig assigns memory 0xF0000000 to 0xF0000FFF and
// ports 0xC000 to 0xC03F.

#include <map>

#include "contract/scsiport/puppet_test.h"
#include "machine/processor.h"

namespace drydock::tests::scsiport {
namespace {

constexpr PU32 kRegisters = 0xF0000000;
constexpr PU32 kPorts = 0xC000;
constexpr PU32 kInMemory = 0, kInIoSpace = 1;
constexpr PUPPET_ORDER base(PU32 bytes, PU32 space, PU32 address) {
  return {PuppetGetBase, bytes << 1 | space, address};
}

/// Registers and ports that keep what is written to them, and one PCI device, in slot 3 of bus 0.
class Fabric final : public machine::IoFabric {
 public:
  std::map<std::uint64_t, std::uint64_t> memory, ports;
  std::uint32_t config[64] = {0x07C015AD};
  unsigned accesses = 0;

  std::uint64_t read_memory(machine::PhysicalAddress address, unsigned) override { return ++accesses, memory[address]; }
  void write_memory(machine::PhysicalAddress address, unsigned, std::uint64_t value) override {
    ++accesses, memory[address] = value;
  }
  std::uint32_t read_port(std::uint16_t port, unsigned) override {
    return ++accesses, static_cast<std::uint32_t>(ports[port]);
  }
  void write_port(std::uint16_t port, unsigned, std::uint32_t value) override { ++accesses, ports[port] = value; }
  std::uint32_t read_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size) override {
    if (bus || device != 3 || function) return ~0u >> (32 - size * 8);
    return static_cast<std::uint32_t>(config[offset / 4] >> offset % 4 * 8 & (~0ull >> (64 - size * 8)));
  }
  void write_config(unsigned bus, unsigned device, unsigned, unsigned offset, unsigned, std::uint32_t value) override {
    if (!bus && device == 3) config[offset / 4] = value;
  }
};

class Resources : public PuppetTest {
 protected:
  Fabric fabric;
  /// Starts with these orders in HwScsiFindAdapter, a slot of the fabric below.
  NTSTATUS find(Orders orders) {
    rig.machine().set_fabric(&fabric);
    rig.script(PuppetFindAdapter, orders);
    return rig.start();
  }
  PU64 result() { return rig.puppet().Result; }
};

TEST_F(Resources, SP_289_SP_290_OnlyAssignedRangesInTheRightSpaceAreMapped) {
  rig.run([&] {
    find({base(0x40, kInMemory, kRegisters)});
    EXPECT_NE(result(), 0u);
    EXPECT_EQ(rig.adapter().mappings.size(), 1u);
    expect_clean();
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({base(0x40, kInIoSpace, kRegisters)});  // the wrong sense
    EXPECT_EQ(result(), 0u);
    EXPECT_TRUE(rig.found("SP-364"));
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({base(0x1001, kInMemory, kRegisters)});  // one byte too many
    EXPECT_EQ(result(), 0u);
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({base(0x40, kInMemory, kRegisters), base(0x40, kInMemory, kRegisters + 0x20)});
    EXPECT_NE(result(), 0u);
    EXPECT_EQ(rig.adapter().mappings.size(), 2u);  // overlapping ones are two
  });
}

TEST_F(Resources, SP_291_NoMappingIsNull) {
  rig.run([&] {
    rig.puppet().Result = 1;
    find({base(4, kInIoSpace, 0)});
    EXPECT_EQ(result(), 0u);
    EXPECT_TRUE(rig.found("SP-364")) << rig.what_happened();
  });
}

TEST_F(Resources, SP_292_SP_364_TouchingBeyondAMappingIsNamed) {
  rig.run([&] {
    find({base(0x40, kInMemory, kRegisters), {PuppetReadRegister, 0x3C, 0}});
    expect_clean();
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({base(0x40, kInMemory, kRegisters), {PuppetReadRegister, 0x40, 0}});
    EXPECT_EQ(rig.findings().size(), 1u) << rig.what_happened();
    EXPECT_TRUE(rig.found("SP-364"));
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({base(0x40, kInMemory, kRegisters), {PuppetReadRegister, 0x3E, 0}});  // half of it beyond
    EXPECT_EQ(rig.findings().size(), 2u) << rig.what_happened();
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({base(0x10, kInIoSpace, kPorts), {PuppetWritePort, 0x10, 1}});
    EXPECT_EQ(rig.findings().size(), 3u) << rig.what_happened();
  });
}

TEST_F(Resources, SP_294_SP_295_InstructionsAndExportsReachTheSameRegisters) {
  rig.run([&] {
    fabric.ports[kPorts + 8] = 0x12345678;
    find({base(0x40, kInIoSpace, kPorts), {PuppetWritePort, 4, 0xCAFE}, {PuppetReadPort, 8, 0}});
    EXPECT_EQ(rig.puppet().Base, kPorts);  // the port's number itself
    EXPECT_EQ(fabric.ports[kPorts + 4], 0xCAFEu);
    EXPECT_EQ(result(), 0x12345678u);
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({base(0x40, kInIoSpace, kPorts), {PuppetReadPortByExport, 8, 0}});
    EXPECT_EQ(result(), 0x12345678u);
    rig.pnp(IRP_MN_STOP_DEVICE);
    fabric.memory[kRegisters + 0x10] = 77;
    find({base(0x40, kInMemory, kRegisters), {PuppetWriteRegister, 0x14, 5}, {PuppetReadRegister, 0x10, 0}});
    EXPECT_EQ(fabric.memory[kRegisters + 0x14], 5u);
    EXPECT_EQ(result(), 77u);
    EXPECT_EQ(fabric.accesses, 5u);
  });
  expect_clean();
}

TEST_F(Resources, SP_293_ARangeThatAnotherDriverHasIsNotFree) {
  rig.run([&] {
    find({{PuppetValidateRange, 4 << 1 | kInIoSpace, 0x3F0}});
    EXPECT_EQ(result(), 1u);
    // Another adapter, whose resources overlap those asked for by one port.
    Adapter other;
    other.ranges.push_back({.memory = false, .bus_start = 0x3F3, .start = 0x3F3, .length = 8});
    port::scsiport::port().adapters.push_back(&other);
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({{PuppetValidateRange, 4 << 1 | kInIoSpace, 0x3F0}});
    EXPECT_EQ(result(), 0u);
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({{PuppetValidateRange, 4 << 1 | kInMemory, 0x3F0}});  // memory of that address is another matter
    EXPECT_EQ(result(), 1u);
    port::scsiport::port().adapters.pop_back();
  });
  expect_clean();
}

TEST_F(Resources, SP_297_SP_298_BusDataSaysWhatIsThere) {
  rig.run([&] {
    find({{PuppetBusData, 3, 64}});
    EXPECT_EQ(result(), 64u);
    EXPECT_EQ(rig.puppet().Result2, 0x07C015ADu);
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({{PuppetBusData, 4, 64}});  // an empty slot
    EXPECT_EQ(result(), 2u);
    EXPECT_EQ(rig.puppet().Result2 & 0xFFFF, 0xFFFFu);
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({{PuppetBusDataOfBus, 9, 0}});  // no such bus
    EXPECT_EQ(result(), 0u);
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({{PuppetBusData, 3, 0}});  // the port's own buffer
    EXPECT_GT(result(), 0u);
    EXPECT_EQ(rig.puppet().Result2, 0x07C015ADu);
  });
  expect_clean();
}

TEST_F(Resources, SP_299_SetBusDataSaysHowMuchItWrote) {
  rig.run([&] {
    find({{PuppetSetBusData, 3 << 16 | 0x40, 0xABCD1234}});
    EXPECT_EQ(result(), 4u);
    EXPECT_EQ(fabric.config[0x10], 0xABCD1234u);
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({{PuppetSetBusDataOfType, 99, 0}});
    EXPECT_EQ(result(), 0u);
  });
  expect_clean();
}

TEST_F(Resources, SP_296_MoveMemoryTakesOverlappingBuffers) {
  rig.run([&] {
    std::memcpy(rig.puppet().Text, "abcdefghijkl", 12);
    find({{PuppetMove, 0, 0}});
    EXPECT_EQ(std::memcmp(rig.puppet().Text, "ababcdefghkl", 12), 0);
  });
}

// ---- memory for DMA ----

TEST_F(Resources, SP_300_TheUncachedExtensionIsOneBlockZeroedAndOnlyOne) {
  rig.run([&] {
    rig.puppet().Master = TRUE;
    rig.puppet().UncachedBytes = 0x5000;
    find({{PuppetPhysical, 4, 0x1234}});
    ASSERT_NE(rig.puppet().Uncached, 0u);
    const auto* block = reinterpret_cast<const std::byte*>(rig.puppet().Uncached);
    for (unsigned i = 0; i < 0x5000; ++i) ASSERT_EQ(block[i], std::byte{0}) << i;
    EXPECT_EQ(rig.puppet().Result2, 0x5000u - 0x1234u);  // contiguous to its end
    expect_clean();
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({{PuppetUncachedAgain, 0x1000, 0}});
    EXPECT_EQ(result(), 0u);
    EXPECT_TRUE(rig.found("SP-363"));
  });
}

TEST_F(Resources, SP_301_SP_363_WhatTheUncachedExtensionRestsOnMayNotChange) {
  rig.run([&] {
    rig.puppet().Master = TRUE;
    rig.puppet().UncachedBytes = 0x1000;
    find({});
    expect_clean();
    rig.pnp(IRP_MN_STOP_DEVICE);
    find({{PuppetSetBreaks, 5, 0}});
    EXPECT_TRUE(rig.found("SP-363")) << rig.what_happened();
  });
}

TEST_F(Resources, SP_300_NoneForAnAdapterThatIsNoBusMaster) {
  rig.run([&] {
    rig.puppet().UncachedBytes = 0x1000;
    find({});
    EXPECT_EQ(rig.puppet().Uncached, 0u);
  });
}

TEST_F(Resources, SP_303_TheLargestUncachedExtensionIsASetting) {
  rig.settings().uncached_extension_max = 0x8000;
  rig.run([&] {
    rig.puppet().Master = TRUE;
    rig.puppet().UncachedBytes = 0x8001;
    find({});
    EXPECT_EQ(rig.puppet().Uncached, 0u);
    rig.pnp(IRP_MN_STOP_DEVICE);
    rig.puppet().UncachedBytes = 0x8000;
    find({});
    EXPECT_NE(rig.puppet().Uncached, 0u);
  });
}

TEST(ResourcesAbove4GiB, SP_302_SP_304_MemoryForDmaStaysBelow4GiBUnlessTheMiniportSaysOtherwise) {
  constexpr PU64 k4GiB = 1ull << 32;
  // What comes in as 0x80 and is left so says nothing about the adapter.
  for (const auto& [value, below] : {std::pair<PU32, bool>{0x80, true}, {0, true}, {0x81, false}}) {
    PuppetRig rig(1, {}, "scsi_puppet", 32 << 20);
    rig.run([&] {
      rig.puppet().Master = TRUE;
      rig.script(PuppetFindAdapter, {{PuppetSetDma64, value, 0}, {PuppetUncachedAgain, 0x1000, 0}});
      ASSERT_EQ(rig.start(), STATUS_SUCCESS);
      ASSERT_NE(rig.puppet().Result, 0u);
      EXPECT_EQ(rig.adapter().dma64, !below) << value;
      const auto uncached = static_cast<PU64>(rig.adapter().uncached.physical.QuadPart);
      const auto slots = static_cast<PU64>(rig.adapter().slot_memory.physical.QuadPart);
      if (below) EXPECT_LT(uncached, k4GiB) << value;
      if (below) EXPECT_LT(slots, k4GiB) << value;
    });
  }
}

TEST_F(Resources, SP_309_VirtualAddressesAreForUncachedAndSrbExtensionsOnly) {
  run_with(
      [](PUPPET& puppet) {
        puppet.Master = TRUE;
        puppet.UncachedBytes = 0x2000;
      },
      [&] {
        rig.script(PuppetStartIo, {{PuppetPhysical, 4, 0x100}, {PuppetVirtualOfResult, 8, 0}, kSuccess, kNext});
        rig.send();
        EXPECT_EQ(rig.puppet().Result2, rig.puppet().Uncached + 0x108);
        rig.script(PuppetStartIo, {{PuppetPhysical, 2, 4}, {PuppetVirtualOfResult, 0, 0}, kSuccess, kNext});
        rig.send();
        EXPECT_EQ(rig.puppet().Result2, reinterpret_cast<PU64>(seen().SrbExtension) + 4);
        rig.script(PuppetStartIo, {{PuppetPhysical, 0, 0}, {PuppetVirtualOfResult, 0, 0}, kSuccess, kNext});
        rig.send();
        EXPECT_EQ(rig.puppet().Result2, 0u);  // data
        rig.script(PuppetStartIo, {{PuppetPhysical, 1, 0}, {PuppetVirtualOfResult, 0, 0}, kSuccess, kNext});
        rig.send();
        EXPECT_EQ(rig.puppet().Result2, 0u);  // sense
      });
  expect_clean();
}

TEST_F(Resources, SP_308_AskingForAnExtensionsAddressWithoutNeedPhysicalAddressesIsNoted) {
  rig.run([&] {
    keep_notes();
    find({{PuppetNoPhysical, 0, 0}});
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    rig.script(PuppetStartIo, {{PuppetPhysical, 1, 0}, kSuccess, kNext});
    rig.send();
    EXPECT_FALSE(noted("SP-308"));
    rig.script(PuppetStartIo, {{PuppetPhysical, 2, 0}, kSuccess, kNext});
    rig.send();
    EXPECT_TRUE(noted("SP-308"));
  });
  expect_clean();
}

TEST_F(Resources, SP_312_SubordinateDmaEndsTheRunWithASentence) {
  const auto outcome = rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetMapTransfer, 0, 0}, kSuccess, kNext});
    rig.send();
    ADD_FAILURE() << "the run should have ended";
  });
  EXPECT_EQ(outcome, machine::OutcomeKind::NotImplemented);
  EXPECT_NE(rig.what_happened().find("ScsiPortIoMapTransfer"), std::string::npos);
}

TEST_F(Resources, SP_311_TheAlignmentIsTheDevices) {
  rig.run([&] {
    find({{PuppetAlignment, 7, 0}});
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_EQ(rig.unit().pdo->AlignmentRequirement, 7u);
  });
}

// ---- time ----

TEST_F(Resources, SP_314_AStallLastsAsLongAsItSaysAtTheCallersIrql) {
  rig.run_started([&] {
    rig.script(PuppetInterrupt, {{PuppetSystemTime, 0, 0}, {PuppetStall, 400, 0}});
    rig.interrupt();
    const PU64 before = rig.puppet().Result;
    interrupt({{PuppetStall, 300, 0}, {PuppetSystemTime, 0, 0}});
    const PUPPET_CALL* entered = rig.call(PuppetInterrupt, 1);
    ASSERT_NE(entered, nullptr);
    EXPECT_GT(rig.puppet().Result, before);
    EXPECT_GE(rig.puppet().Result - entered->Time, 3000u);  // 100 ns each
    EXPECT_LE(rig.puppet().Result - entered->Time, 3050u);
    EXPECT_EQ(entered->Irql, rig.adapter().interrupt_irql);
  });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
