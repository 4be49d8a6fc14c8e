#include "models/edu/edu_model.h"

#include <gtest/gtest.h>

#include "models/testing/edu_rig.h"

namespace drydock::models::edu {
namespace {

using machine::ResetKind;
using testing::EduRig;
using namespace std::chrono_literals;

TEST(Edu, IsFoundOnTheBus) {
  EduRig rig;
  EXPECT_EQ(rig.look(0, 4), 0x11E81234u);
  EXPECT_EQ(rig.look(8, 4), 0x00FF0010u);
  rig.configure(0x10, 4, 0xFFFFFFFF);
  EXPECT_EQ(rig.look(0x10, 4), 0xFFF00000u);
  EXPECT_EQ(rig.look(kMsiOffset, 1), 0x05u);
  EXPECT_EQ(rig.look(kPciExpressOffset, 1), 0x10u);
  EXPECT_TRUE(rig.look(kPciExpressOffset + 4, 4) & 0x10000000);
}

TEST(Edu, GoesWithoutFunctionLevelResetAndMessages) {
  EduRig rig({.has_msi = false, .has_function_level_reset = false});
  EXPECT_FALSE(rig.look(kPciExpressOffset + 4, 4) & 0x10000000);
  EXPECT_NE(rig.look(kMsiOffset, 1), 0x05u);
  rig.set(reg::kLiveness, 5);
  rig.reset_function();
  EXPECT_EQ(rig.get(reg::kLiveness), ~5u);
}

TEST(Edu, SaysWhatItIsAndThatItLives) {
  EduRig rig;
  EXPECT_EQ(rig.get(reg::kIdentification), 0x010000EDu);
  rig.set(reg::kLiveness, 0x12345678);
  EXPECT_EQ(rig.get(reg::kLiveness), ~0x12345678u);
}

TEST(Edu, NarrowAndUnknownAccessesReadAllOnes) {
  EduRig rig;
  EXPECT_EQ(rig.fabric.read_memory(EduRig::kBar0, 1), 0xFFu);
  EXPECT_EQ(rig.fabric.read_memory(EduRig::kBar0 + reg::kLiveness, 8), ~0ull);  // wide only from 0x80 on
  EXPECT_EQ(rig.get(0x30), 0xFFFFFFFFu);
  EXPECT_EQ(rig.get(reg::kInterruptRaise), 0xFFFFFFFFu);
}

TEST(Edu, ComputesFactorialsAndIsBusyMeanwhile) {
  EduRig rig;
  rig.set(reg::kFactorial, 10);
  EXPECT_EQ(rig.get(reg::kStatus), status::kComputing);
  rig.set(reg::kFactorial, 3);  // ignored
  rig.computer.advance(10us);
  EXPECT_EQ(rig.get(reg::kStatus), 0u);
  EXPECT_EQ(rig.get(reg::kFactorial), 3628800u);
  EXPECT_FALSE(rig.line());
  for (auto [number, result] : {std::pair{0u, 1u}, {13u, 1932053504u}, {33u, 0x80000000u}, {34u, 0u}, {~0u, 0u}}) {
    rig.set(reg::kFactorial, number);
    rig.computer.advance(10us);
    EXPECT_EQ(rig.get(reg::kFactorial), result) << number;
  }
}

TEST(Edu, InterruptsAfterAFactorialIfAskedTo) {
  EduRig rig;
  rig.set(reg::kStatus, 0xFF);
  EXPECT_EQ(rig.get(reg::kStatus), status::kInterruptAfterwards);
  rig.set(reg::kFactorial, 4);
  rig.computer.advance(10us);
  EXPECT_TRUE(rig.line());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), interrupt::kFactorial);
  rig.set(reg::kInterruptAcknowledge, interrupt::kFactorial);
  EXPECT_FALSE(rig.line());
}

TEST(Edu, RaisesWhatItIsToldToAndHoldsTheLineUntilAllIsAcknowledged) {
  EduRig rig;
  rig.set(reg::kInterruptRaise, 0x30);
  rig.set(reg::kInterruptAcknowledge, 0x10);
  EXPECT_TRUE(rig.line());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), 0x20u);
  rig.set(reg::kInterruptAcknowledge, 0x20);
  EXPECT_FALSE(rig.line());
}

TEST(Edu, SendsMessagesWhereTheyAreEnabled) {
  EduRig rig;
  rig.configure(kMsiOffset + 4, 4, 0xFEE00000);
  rig.configure(kMsiOffset + 12, 2, 0x51);
  rig.configure(kMsiOffset + 2, 2, 1);
  rig.set(reg::kInterruptRaise, 1);
  ASSERT_EQ(rig.computer.messages.size(), 1u);
  EXPECT_EQ(rig.computer.messages[0], std::pair(std::uint64_t{0xFEE00000}, 0x51u));
  EXPECT_FALSE(rig.line());
}

TEST(Edu, MovesDataBothWays) {
  EduRig rig;
  rig.computer.poke(EduRig::kData, 0x0123456789ABCDEFull);
  rig.transfer(EduRig::kData, dma::kBuffer + 8, 8, dma::kStart);
  EXPECT_EQ(rig.get_wide(reg::kDmaCommand), dma::kStart);
  rig.set_wide(reg::kDmaCount, 77);  // ignored while it runs
  rig.computer.advance(100ms);
  EXPECT_EQ(rig.get_wide(reg::kDmaCommand), 0u);
  EXPECT_EQ(rig.get_wide(reg::kDmaCount), 8u);
  EXPECT_FALSE(rig.line());
  rig.transfer(dma::kBuffer + 8, EduRig::kData + 0x100, 8, dma::kStart | dma::kToRam | dma::kInterrupt);
  rig.computer.advance(100ms);
  EXPECT_EQ(rig.computer.peek<std::uint64_t>(EduRig::kData + 0x100), 0x0123456789ABCDEFull);
  EXPECT_EQ(rig.get(reg::kInterruptStatus), interrupt::kDma);
  EXPECT_TRUE(rig.line());
}

TEST(Edu, ReachesOnly28BitsOfRamAndOnlyItsOwnBuffer) {
  EduRig rig;
  rig.computer.poke(EduRig::kData, 0x55AA55AAu);
  rig.transfer(0xF0000000 | EduRig::kData, dma::kBuffer, 4, dma::kStart);
  rig.computer.advance(100ms);
  rig.transfer(dma::kBuffer, EduRig::kData + 4, 4, dma::kStart | dma::kToRam);
  rig.computer.advance(100ms);
  EXPECT_EQ(rig.computer.peek<std::uint32_t>(EduRig::kData + 4), 0x55AA55AAu);
  const auto writes = rig.computer.ram_writes;
  for (auto [own, count] : {std::pair{dma::kBuffer - 1, 1ull}, {dma::kBuffer, 4097ull}, {dma::kBuffer + 4096, 1ull}}) {
    rig.transfer(own, EduRig::kData, count, dma::kStart | dma::kToRam);
    rig.computer.advance(100ms);
    EXPECT_EQ(rig.get_wide(reg::kDmaCommand) & dma::kStart, 0u);
  }
  EXPECT_EQ(rig.computer.ram_writes, writes);
}

TEST(Edu, EveryResetLeavesItAsNew) {
  for (ResetKind kind : {ResetKind::FunctionLevel, ResetKind::Conventional, ResetKind::PowerOn}) {
    EduRig rig;
    rig.set(reg::kLiveness, 1);
    rig.set(reg::kStatus, status::kInterruptAfterwards);
    rig.set(reg::kInterruptRaise, 2);
    rig.transfer(EduRig::kData, dma::kBuffer, 8, dma::kStart);
    rig.fabric.reset(EduRig::kSlot, kind);
    EXPECT_EQ(rig.computer.events_pending(), 0u);
    EXPECT_FALSE(rig.line());
    EXPECT_EQ(rig.look(0x04, 2), 0u);
    EXPECT_EQ(rig.get(reg::kLiveness), ~0u);  // not decoded any more
    rig.program();
    EXPECT_EQ(rig.get(reg::kStatus), 0u);
    EXPECT_EQ(rig.get(reg::kInterruptStatus), 0u);
    EXPECT_EQ(rig.get_wide(reg::kDmaCommand), 0u);
    rig.set(reg::kFactorial, 5);
    rig.computer.advance(10us);
    EXPECT_EQ(rig.get(reg::kFactorial), 120u);
  }
}

TEST(Edu, LosesItsRegistersInD3) {
  EduRig rig;
  rig.set(reg::kStatus, status::kInterruptAfterwards);
  rig.configure(kPowerManagementOffset + 4, 2, 3);
  EXPECT_EQ(rig.get(reg::kIdentification), ~0u);
  rig.configure(kPowerManagementOffset + 4, 2, 0);
  rig.program();
  EXPECT_EQ(rig.get(reg::kStatus), 0u);
}

}  // namespace
}  // namespace drydock::models::edu
