#include "port/scsiport/reset_table.h"

#include <gtest/gtest.h>

#include <string>

namespace drydock::port::scsiport {
namespace {

using enum ResetState;
using enum ResetEvent;
using enum ResetAction;

ResetState after(ResetState state, std::initializer_list<ResetEvent> events) {
  for (ResetEvent event : events) {
    const std::uint8_t index = kResetIndex[static_cast<unsigned>(state)][static_cast<unsigned>(event)];
    if (index == kDroppedResetEvent) continue;
    EXPECT_NE(index, kNoResetRow) << event_name(event) << " in " << state_name(state);
    if (index != kNoResetRow) state = kResetRows[index].becomes;
  }
  return state;
}

const ResetRow* row(ResetState state, ResetEvent event) {
  const std::uint8_t index = kResetIndex[static_cast<unsigned>(state)][static_cast<unsigned>(event)];
  return index < kResetRowCount ? &kResetRows[index] : nullptr;
}

TEST(ResetTable, SP_180_AResetIsCalledThenHeldOffThenOver) {
  EXPECT_EQ(after(Running, {ResetWanted}), Resetting);
  EXPECT_EQ(after(Running, {ResetWanted, RoutineReturned}), HoldOff);
  EXPECT_EQ(after(Running, {ResetWanted, RoutineReturned, ClockEnds}), Running);
}

TEST(ResetTable, SP_206_ResetDetectedHoldsOffWithoutACall) {
  EXPECT_EQ(row(Running, ResetDetected)->then, start_hold_off);
  EXPECT_EQ(after(Running, {ResetDetected}), HoldOff);
}

TEST(ResetTable, SP_175_ResetDetectedInsideTheRoutineChangesNothing) {
  EXPECT_EQ(row(Resetting, ResetDetected)->then, nothing);
}

TEST(ResetTable, SP_188_AnotherResetSetsTheClockAnew) {
  EXPECT_EQ(row(HoldOff, ResetDetected)->then, restart_hold_off);
  EXPECT_EQ(row(HoldOff, ResetWanted)->then, call_reset_bus);
}

TEST(ResetTable, SP_184_NothingStartsUntilTheHoldOffIsOver) {
  for (ResetState state : {HoldOff, Stopped}) EXPECT_EQ(row(state, RequestArrives)->then, queue_request);
  EXPECT_EQ(row(Running, RequestArrives)->then, start_request);
}

TEST(ResetTable, SP_193_AFailedAdapterRefusesAndStays) {
  EXPECT_EQ(after(HoldOff, {ResetsWithoutEnd, ResetWanted, ResetDetected, ClockEnds}), Failed);
  EXPECT_EQ(row(Failed, RequestArrives)->then, refuse_request);
}

TEST(ResetTable, SP_276_AStopEndsTheHoldOffAndAStartBeginsWithoutOne) {
  EXPECT_EQ(after(HoldOff, {AdapterStopped}), Stopped);
  EXPECT_EQ(after(HoldOff, {AdapterStopped, AdapterStarted}), Running);
}

TEST(ResetTable, EveryNameIsKnown) {
  for (unsigned i = 0; i < kResetStateCount; ++i) EXPECT_STRNE(state_name(static_cast<ResetState>(i)), "?");
  for (unsigned i = 0; i < kResetEventCount; ++i) EXPECT_STRNE(event_name(static_cast<ResetEvent>(i)), "?");
  for (const ResetRow& one : kResetRows) {
    EXPECT_STRNE(action_name(one.then), "?");
    EXPECT_EQ(std::string(one.rules).substr(0, 3), "SP-");
  }
}

}  // namespace
}  // namespace drydock::port::scsiport
