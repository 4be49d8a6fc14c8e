// Every row of the state table of bus resets, walked by a driver.

#include <array>

#include "contract/scsiport/puppet_test.h"
#include "port/scsiport/reset_table.h"

namespace drydock::tests::scsiport {
namespace {

using namespace port::scsiport;
using enum ResetState;
using enum ResetEvent;

constexpr Srb kBrief{.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE, .timeout_s = 1};
constexpr Srb kLong{.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE, .timeout_s = 60};
constexpr Srb kResetBusAtOnce{.function = SRB_FUNCTION_RESET_BUS, .flags = SRB_FLAGS_BYPASS_FROZEN_QUEUE, .length = 0};
constexpr Srb kResetBus{.function = SRB_FUNCTION_RESET_BUS, .flags = 0, .length = 0, .timeout_s = 0, .sense_length = 0};

std::string name_of(const ResetRow& row) {
  std::string name = event_name(row.on);
  for (unsigned state = kResetStateCount; state-- > 0;)
    if (row.from.has(static_cast<ResetState>(state)))
      name =
          std::string(state_name(static_cast<ResetState>(state))) + (name == event_name(row.on) ? " on " : ", ") + name;
  return name;
}

class ResetTableWalk : public testing::Test {
 protected:
  /// What all walks so far have visited.
  std::array<std::uint32_t, kResetRowCount> visits{};

  using Walk = void (*)(PuppetRig& rig);
  void walk(Walk steps, bool verify = true) {
    PuppetRig rig;
    rig.settings().verify = verify;
    rig.run_started([&] { steps(rig); });
    rig.machine().enter([&] {
      for (std::size_t i = 0; i < kResetRowCount; ++i) visits[i] += port::scsiport::port().reset_visits[i];
    });
  }
  bool walked(ResetState state, ResetEvent event) const {
    const std::uint8_t index = kResetIndex[static_cast<unsigned>(state)][static_cast<unsigned>(event)];
    return index < kResetRowCount && visits[index];
  }
};

void interrupt(PuppetRig& rig, Orders orders) {
  rig.script(PuppetInterrupt, orders);
  rig.interrupt();
}

/// Requests, a reset in the middle of them with everything a routine may notify, a second reset in the rest after it,
/// and what may arrive in the rest.
void reset_under_load(PuppetRig& rig) {
  rig.script(PuppetStartIo, {kHold, kNext});
  rig.reset_srb_script({kHold, kNext});
  rig.send(kLong);
  rig.send(kResetBusAtOnce);
  rig.script(PuppetResetBus, {{PuppetResetDetected, 0, 0}, kSweepAll, kForget, kNext});
  EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
  EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
  interrupt(rig, {kNext, {PuppetResetDetected, 0, 0}});
  Sent& waits = rig.send(kLong);
  EXPECT_FALSE(waits.done);
  rig.script(PuppetStartIo, {kSuccess, kNext});
  rig.advance(5s);
  EXPECT_TRUE(waits.done);
}

/// Requests that the miniport gives back in the rest, the RESET_BUS request among them.
void give_back_late(PuppetRig& rig) {
  rig.script(PuppetStartIo, {kHold, kNext});
  rig.reset_srb_script({kHold, kNext});
  Sent& owned = rig.send(kLong);
  Sent& reset = rig.send(kResetBusAtOnce);
  EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
  interrupt(rig, {{PuppetResetDetected, 0, 0}});
  interrupt(rig, {{PuppetCompleteAllHeld, 0, SRB_STATUS_BUS_RESET}});
  EXPECT_TRUE(owned.done);
  EXPECT_TRUE(reset.done);
  rig.advance(5s);
}

void reset_by_request(PuppetRig& rig) {
  rig.reset_srb_script({kSuccess, kNext});
  EXPECT_TRUE(rig.send(kResetBus).done);
  rig.advance(5s);
}

void stop_in_the_rest(PuppetRig& rig) {
  EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
  EXPECT_EQ(rig.set_power(PowerDeviceD3), STATUS_SUCCESS);
  Sent& waits = rig.send(kLong);
  EXPECT_FALSE(waits.done);
  EXPECT_EQ(rig.set_power(PowerDeviceD0), STATUS_SUCCESS);
  EXPECT_TRUE(waits.done);
  EXPECT_EQ(rig.set_power(PowerDeviceD3), STATUS_SUCCESS);
}

/// Pulled with a request out, which comes back while the adapter is being stopped.
void give_back_in_stop(PuppetRig& rig) {
  rig.script(PuppetStartIo, {kHold, kNext});
  rig.script(PuppetStopAdapter, {{PuppetCompleteAllHeld, 0, SRB_STATUS_NO_HBA}});
  Sent& owned = rig.send(kBrief);
  EXPECT_EQ(rig.pnp(IRP_MN_SURPRISE_REMOVAL), STATUS_SUCCESS);
  EXPECT_TRUE(owned.done);
}

/// No reset helps.
void fail(PuppetRig& rig) {
  rig.script(PuppetStartIo, {kHold});
  rig.script(PuppetResetBus, {kNext});
  Sent& owned = rig.send(kBrief);
  rig.advance(80s);
  EXPECT_EQ(rig.send(kBrief).srb_status(), SRB_STATUS_NO_HBA);
  interrupt(rig, {{PuppetCompleteAllHeld, 0, SRB_STATUS_BUS_RESET}});
  EXPECT_TRUE(owned.done);
}

TEST_F(ResetTableWalk, SP_154_SP_156_SP_175_SP_180_SP_187_SP_188_SP_190_SP_193_SP_205_SP_214_SP_276_EveryRowIsWalked) {
  walk(reset_under_load);
  walk(give_back_late);
  walk(reset_by_request);
  walk(stop_in_the_rest);
  walk(give_back_in_stop);
  walk(fail, false);
  for (std::size_t i = 0; i < kResetRowCount; ++i) EXPECT_GT(visits[i], 0u) << name_of(kResetRows[i]);
}

TEST_F(ResetTableWalk, AWalkVisitsTheRowsItGoesAndNoOthers) {
  walk(reset_by_request);
  EXPECT_TRUE(walked(Running, ResetRequestCompleted));
  EXPECT_TRUE(walked(HoldOff, ClockEnds));
  EXPECT_FALSE(walked(Running, ResetWanted));
  EXPECT_FALSE(walked(HoldOff, AdapterStopped));
}

}  // namespace
}  // namespace drydock::tests::scsiport
