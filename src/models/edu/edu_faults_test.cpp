#include "models/edu/edu_faults.h"

#include <gtest/gtest.h>

#include "models/testing/edu_rig.h"

namespace drydock::models::edu {
namespace {

using machine::ResetKind;
using testing::EduRig;
using namespace std::chrono_literals;

Options with(Fault fault, unsigned strikes = 1) {
  Options options;
  options.faults[fault] = strikes;
  return options;
}

bool computes(EduRig& rig) {
  rig.set(reg::kFactorial, 5);
  rig.computer.advance(10us);
  return rig.get(reg::kFactorial) == 120 && rig.get(reg::kStatus) == 0;
}

TEST(EduFaults, NoneEnabledAsksNoDecision) {
  EduRig rig;
  EXPECT_TRUE(computes(rig));
  rig.transfer(dma::kBuffer, EduRig::kData, 8, dma::kStart | dma::kToRam);
  rig.reset_function();
  EXPECT_TRUE(rig.computer.asked.empty());
}

TEST(EduFaults, EnabledButDecidedAgainstNothingHappens) {
  Options options;
  options.faults.strikes_left.fill(1);
  EduRig rig(options);
  EXPECT_TRUE(computes(rig));
  rig.reset_function();
  rig.program();
  EXPECT_TRUE(computes(rig));
  EXPECT_GT(rig.computer.asked["edu.hang"], 0u);
  EXPECT_GT(rig.computer.asked["edu.stuck_in_reset"], 0u);
}

TEST(EduFaults, AHangEndsByAFunctionLevelReset) {
  EduRig rig(with(Fault::Hang));
  rig.computer.answers["edu.hang"] = {1};
  rig.set(reg::kFactorial, 5);
  rig.computer.advance(1h);
  EXPECT_EQ(rig.get(reg::kStatus), status::kComputing);
  rig.set(reg::kLiveness, 7);
  EXPECT_EQ(rig.get(reg::kLiveness), 7u);
  rig.reset_function();
  rig.program();
  EXPECT_TRUE(computes(rig));
}

TEST(EduFaults, AHangForGoodEndsByTheResetLineOnly) {
  EduRig rig;
  rig.model->strike(Fault::HangForGood);
  rig.set(reg::kFactorial, 5);
  rig.reset_function();
  rig.program();
  EXPECT_FALSE(computes(rig));
  EXPECT_TRUE(rig.model->hung());
  rig.fabric.reset(EduRig::kSlot, ResetKind::Conventional);
  rig.program();
  EXPECT_TRUE(computes(rig));
}

TEST(EduFaults, ALostInterruptLeavesItsStatus) {
  EduRig rig(with(Fault::LoseInterrupt));
  rig.computer.answers["edu.lose_interrupt"] = {1};
  rig.set(reg::kStatus, status::kInterruptAfterwards);
  EXPECT_TRUE(rig.get(reg::kStatus));
  rig.set(reg::kFactorial, 5);
  rig.computer.advance(10us);
  EXPECT_FALSE(rig.line());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), interrupt::kFactorial);
}

TEST(EduFaults, AWrongAnswerHasOneWrongBit) {
  EduRig rig(with(Fault::WrongAnswer));
  rig.computer.answers["edu.wrong_answer"] = {1};
  EXPECT_FALSE(computes(rig));
  EXPECT_EQ(rig.get(reg::kFactorial) ^ 120u, 0x80u);
  EXPECT_TRUE(computes(rig));
}

TEST(EduFaults, ASlowResetAnswersWithRetryStatusForAWhile) {
  EduRig rig(with(Fault::SlowReset));
  rig.computer.answers["edu.slow_reset"] = {1};
  rig.reset_function();
  EXPECT_EQ(rig.look(0, 4), 0xFFFF0001u);
  EXPECT_EQ(rig.look(2, 2), 0xFFFFu);
  rig.program();  // lost
  EXPECT_EQ(rig.look(0x10, 4), 0u);
  rig.computer.advance(5s);
  EXPECT_EQ(rig.look(0, 4), 0x11E81234u);
  rig.program();
  EXPECT_TRUE(computes(rig));
}

TEST(EduFaults, StuckInResetEndsByTheResetLineOnly) {
  EduRig rig;
  rig.model->strike(Fault::StuckInReset);
  rig.reset_function();
  rig.computer.advance(1h);
  EXPECT_EQ(rig.look(0, 2), 0x0001u);
  rig.fabric.reset(EduRig::kSlot, ResetKind::Conventional);
  EXPECT_EQ(rig.look(0, 2), 0x1234u);
}

TEST(EduFaults, DmaAfterResetArrivesOnceBusMasteringIsOnAgain) {
  EduRig rig;
  rig.model->strike(Fault::DmaAfterReset);
  rig.transfer(dma::kBuffer, EduRig::kData, 8, dma::kStart | dma::kToRam);
  const auto writes = rig.computer.ram_writes;
  rig.reset_function();
  rig.computer.advance(100ms);
  rig.program();
  EXPECT_EQ(rig.computer.ram_writes, writes);
  rig.computer.advance(50ms);
  EXPECT_EQ(rig.computer.ram_writes, writes + 1);
}

TEST(EduFaults, DeathIsForeverUnlessPowerIsCut) {
  EduRig rig(with(Fault::Die));
  rig.computer.answers["edu.die"] = {1};
  rig.set(reg::kFactorial, 5);
  EXPECT_EQ(rig.get(reg::kIdentification), ~0u);
  EXPECT_EQ(rig.look(0, 4), ~0u);
  rig.fabric.reset(EduRig::kSlot, ResetKind::Conventional);
  EXPECT_EQ(rig.look(0, 4), ~0u);
  rig.fabric.reset(EduRig::kSlot, ResetKind::PowerOn);
  rig.program();
  EXPECT_TRUE(computes(rig));
}

}  // namespace
}  // namespace drydock::models::edu
