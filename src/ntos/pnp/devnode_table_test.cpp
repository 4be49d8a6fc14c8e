#include "ntos/pnp/devnode_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace drydock::ntos::pnp {
namespace {

TEST(DevnodeTable, EveryRowNamesARuleOfItsOwn) {
  std::set<std::string> rules;
  for (const DevnodeRow& row : kDevnodeRows) EXPECT_TRUE(rules.insert(row.rule).second) << row.rule;
}

TEST(DevnodeTable, NamesAreThoseOfTheEnumerators) {
  EXPECT_EQ(state_name(DevnodeState::Reported), "Reported");
  EXPECT_EQ(state_name(DevnodeState::SurpriseRemoved), "SurpriseRemoved");
  EXPECT_EQ(state_name(DevnodeState::Deleted), "Deleted");
  EXPECT_EQ(event_name(DevnodeEvent::Identified), "Identified");
  EXPECT_EQ(event_name(DevnodeEvent::RebalanceGoesAhead), "RebalanceGoesAhead");
  EXPECT_EQ(event_name(DevnodeEvent::NoLongerReported), "NoLongerReported");
  EXPECT_EQ(action_name(DevnodeAction::nothing), "nothing");
  EXPECT_EQ(action_name(DevnodeAction::forget_devnode), "forget_devnode");
}

DevnodeState walk(DevnodeState state, std::initializer_list<DevnodeEvent> events) {
  for (DevnodeEvent event : events) {
    const std::size_t row = find_row(state, event);
    EXPECT_NE(row, kNoRow) << event_name(event) << " in " << state_name(state);
    if (row == kNoRow) break;
    state = kDevnodeRows[row].becomes;
  }
  return state;
}

TEST(DevnodeTable, AnOrdinaryLife) {
  using enum DevnodeEvent;
  const DevnodeState started =
      walk(DevnodeState::Reported, {Identified, StartWanted, StackBuilt, ResourcesFound, StartSucceeded});
  EXPECT_EQ(started, DevnodeState::Started);
  EXPECT_EQ(walk(started, {QueryRemoveAgreed, RemovalGoesAhead, RemoveCompleted, StillReported}),
            DevnodeState::Initialized);
  EXPECT_EQ(walk(started, {DeviceGone, LastHandleClosed, RemoveCompleted, NoLongerReported}), DevnodeState::Deleted);
  EXPECT_EQ(walk(started, {QueryStopAgreed, RebalanceGoesAhead, ResourcesFound, StartSucceeded}), started);
}

TEST(DevnodeTable, ARefusedQueryLeavesTheDeviceStarted) {
  using enum DevnodeEvent;
  EXPECT_EQ(walk(DevnodeState::Started, {QueryRemoveRefused}), DevnodeState::Started);
  EXPECT_EQ(walk(DevnodeState::Started, {QueryStopRefused}), DevnodeState::Started);
  EXPECT_EQ(walk(DevnodeState::Started, {QueryRemoveAgreed, RemovalCalledOff}), DevnodeState::Started);
  EXPECT_EQ(walk(DevnodeState::Started, {QueryStopAgreed, RebalanceCalledOff}), DevnodeState::Started);
}

TEST(DevnodeTable, OnlyAFailedRestartIsASurprise) {
  using enum DevnodeEvent;
  EXPECT_EQ(kDevnodeRows[find_row(DevnodeState::ResourcesAssigned, StartFailed)].then, DevnodeAction::send_remove);
  EXPECT_EQ(kDevnodeRows[find_row(DevnodeState::Stopped, StartFailed)].then, DevnodeAction::send_surprise_removal);
}

TEST(DevnodeTable, EveryDroppedEventHasAReason) {
  for (const DroppedEvent& dropped : kDroppedEvents) EXPECT_GT(std::string(dropped.reason).size(), 10u);
  EXPECT_TRUE(may_drop(DevnodeState::SurpriseRemoved, DevnodeEvent::DeviceGone));
  EXPECT_FALSE(may_drop(DevnodeState::Started, DevnodeEvent::DeviceGone));
}

}  // namespace
}  // namespace drydock::ntos::pnp
