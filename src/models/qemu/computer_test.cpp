// A real QEMU: what is left of its devices when it ends, and how another one takes its place.

#include <gtest/gtest.h>

#include "host/helper_process.h"
#include "models/qemu/computer.h"
#include "models/testing/fake_computer.h"

namespace drydock::models::qemu {
namespace {

/// QEMU's edu in a fake computer. This QEMU ends when its computer is to be reset.
class ComputerTest : public ::testing::Test {
 protected:
  static constexpr pci::Location kSlot{0, 4, 0};
  static constexpr std::uint64_t kBar0 = 0xE0000000;
  static constexpr std::uint64_t kIdentification = 0, kRaiseInterrupt = 0x60;
  static constexpr std::uint32_t kIdentifiedAs = 0x010000ED;

  void SetUp() override {
    if (!host::is_installed("qemu-system-x86_64")) GTEST_SKIP() << "QEMU is not installed";
    Plan plan;
    plan.ram_bytes = 16 << 20;
    plan.devices.push_back({.type = "edu", .properties = "", .arguments = {"-no-reboot"}, .disks = {}, .place = "here"});
    auto started = Computer::start(plan);
    ASSERT_TRUE(started) << started.failure().message;
    qemu_ = std::move(*started);
    switch_on();
  }
  void switch_on() {
    const host::Status on = qemu_->power_on(&board_);
    ASSERT_TRUE(on) << on.failure().message;
    fabric_.plug(kSlot, qemu_->factory(0));
    fabric_.write_config(0, 4, 0, 0x10, 4, kBar0);
    fabric_.write_config(0, 4, 0, 0x04, 2, 0x6);
  }
  std::uint64_t identification() { return fabric_.read_memory(kBar0 + kIdentification, 4); }
  bool line() { return board_.lines[fabric_.interrupt_line(kSlot)]; }

  testing::FakeComputer board_;
  pci::PciFabric fabric_{board_};
  std::unique_ptr<Computer> qemu_;
};

TEST_F(ComputerTest, DevicesOfAQemuThatHasEndedAreDead) {
  EXPECT_EQ(identification(), kIdentifiedAs);
  fabric_.write_memory(kBar0 + kRaiseInterrupt, 4, 1);
  EXPECT_TRUE(line());
  board_.advance(std::chrono::milliseconds(5));
  qemu_->system_reset();
  EXPECT_TRUE(qemu_->ended());
  EXPECT_FALSE(qemu_->stands_still());
  EXPECT_EQ(qemu_->ended_at(), std::chrono::milliseconds(5));
  EXPECT_FALSE(line());  // a line that stayed up would be an interrupt without end
  EXPECT_EQ(identification(), 0xFFFFFFFF);
}

TEST_F(ComputerTest, AnotherQemuTakesThePlaceOfOneThatHasEnded) {
  qemu_->system_reset();
  ASSERT_TRUE(qemu_->ended());
  fabric_.unplug(kSlot);
  switch_on();
  EXPECT_FALSE(qemu_->ended());
  EXPECT_EQ(identification(), kIdentifiedAs);
  fabric_.write_memory(kBar0 + kRaiseInterrupt, 4, 1);
  EXPECT_TRUE(line());
}

TEST_F(ComputerTest, OneThatEndsBetweenTwoRunsIsReplacedAsWell) {
  fabric_.unplug(kSlot);
  switch_on();  // asks for a reset, which ends it
  EXPECT_EQ(identification(), kIdentifiedAs);
}

/// QEMU 7.2 would stand still for ever if the edu were computing with its interrupt on.
TEST_F(ComputerTest, AnEduThatComputesCanBePulled) {
  constexpr std::uint64_t kFactorial = 0x08, kStatus = 0x20;
  constexpr std::uint32_t kInterruptWhenDone = 0x80;
  for (int turn = 0; turn < 20 && !qemu_->ended(); ++turn) {
    fabric_.write_memory(kBar0 + kStatus, 4, kInterruptWhenDone);
    fabric_.write_memory(kBar0 + kFactorial, 4, 30'000);
    fabric_.unplug(kSlot);
    fabric_.plug(kSlot, qemu_->factory(0));
    fabric_.write_config(0, 4, 0, 0x10, 4, kBar0);
    fabric_.write_config(0, 4, 0, 0x04, 2, 0x6);
    EXPECT_EQ(identification(), kIdentifiedAs);
  }
}

}  // namespace
}  // namespace drydock::models::qemu
