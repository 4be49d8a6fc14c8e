#include "models/pvscsi/pvscsi_faults.h"

#include <gtest/gtest.h>

#include "models/pvscsi/pvscsi_model.h"
#include "models/testing/pvscsi_rig.h"

namespace drydock::models::pvscsi {
namespace {

using testing::PvscsiRig;
using namespace std::chrono_literals;

std::uint16_t host(HostStatus status) {
  return static_cast<std::uint16_t>(status);
}

Options with(Faults faults) {
  return {.disks = memory_disks(2, 1 << 20), .faults = faults};
}

TEST(PvscsiFaults, NoneEnabledAsksNoDecision) {
  PvscsiRig rig;
  rig.start_quietly();
  rig.submit(PvscsiRig::read_block(0));
  rig.command(Command::ResetBus);
  rig.command(Command::AdapterReset);
  EXPECT_TRUE(rig.computer.asked.empty());
}

TEST(PvscsiFaults, EnabledButDecidedAgainstNothingHappens) {
  PvscsiRig rig(with({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  rig.start_quietly();
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, 0u);
  EXPECT_GT(rig.computer.asked["pvscsi.hang"], 0u);
  EXPECT_GT(rig.computer.asked["pvscsi.die"], 0u);
}

TEST(PvscsiFaults, HungRequestEndsByResetOnly) {
  PvscsiRig rig(with({.hung_requests = 1}));
  rig.start_quietly();
  rig.computer.answers["pvscsi.hang"] = {1, 1};
  const auto hung = rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, 0u);  // the budget was one
  rig.computer.advance(1h);
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.model->outstanding(), 1u);
  rig.command(Command::ResetBus);
  const auto completion = rig.next();
  EXPECT_EQ(completion->context, hung);
  EXPECT_EQ(completion->host_status, host(HostStatus::BusReset));
}

TEST(PvscsiFaults, LateCompletion) {
  PvscsiRig rig(with({.late_completions = 1, .late_by = 15s}));
  rig.start_quietly();
  rig.computer.answers["pvscsi.late"] = {1};
  rig.submit(PvscsiRig::read_block(0));
  rig.computer.advance(15s);
  EXPECT_FALSE(rig.next());
  rig.computer.advance(1ms);
  EXPECT_TRUE(rig.next());
}

TEST(PvscsiFaults, ABusyUnitSaysSoForAMinuteOrUntilItIsReset) {
  for (const Command reset : {Command::None, Command::ResetBus, Command::AdapterReset}) {
    PvscsiRig rig(with({.busy_units = 1}));
    rig.start_quietly();
    rig.computer.answers["pvscsi.busy"] = {1};
    const auto busy = static_cast<std::uint16_t>(scsi::Status::Busy);
    EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, busy);
    rig.computer.advance(50s);
    EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, busy);
    if (reset == Command::None) {
      rig.computer.advance(11s);
      EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, 0u);
      continue;
    }
    rig.command(reset);
    if (reset == Command::AdapterReset) rig.start_quietly();
    EXPECT_NE(rig.run(PvscsiRig::read_block(0)).scsi_status, busy);
  }
}

TEST(PvscsiFaults, LostInterruptLeavesTheCompletionInTheRing) {
  PvscsiRig rig(with({.lost_interrupts = 1}));
  rig.start_quietly();
  rig.computer.answers["pvscsi.lose_interrupt"] = {1};
  rig.submit(PvscsiRig::read_block(0));
  rig.computer.advance(1s);
  EXPECT_FALSE(rig.line());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), interrupt::kCompletion);
  EXPECT_TRUE(rig.next());
  rig.submit(PvscsiRig::read_block(0));
  rig.computer.advance(1ms);
  EXPECT_TRUE(rig.line());
}

TEST(PvscsiFaults, SpuriousInterruptHasNoStatus) {
  PvscsiRig rig(with({.spurious_interrupts = 2}));
  rig.start_quietly();
  rig.computer.answers["pvscsi.spurious"] = {1, 1};
  rig.submit(PvscsiRig::read_block(0));
  rig.computer.advance(25us);
  EXPECT_TRUE(rig.line());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), 0u);
  EXPECT_FALSE(rig.line());
  rig.computer.advance(1ms);
  rig.acknowledge();
  rig.submit(PvscsiRig::read_block(0));
  rig.computer.advance(50us);  // nobody looked
  EXPECT_FALSE(rig.line());
}

TEST(PvscsiFaults, ForeignResetEndsWhatIsOut) {
  PvscsiRig rig(with({.foreign_bus_resets = 1}));
  rig.start_quietly();
  rig.computer.answers["pvscsi.foreign_reset"] = {1};
  rig.submit(PvscsiRig::read_block(0));
  rig.computer.advance(1ms);
  EXPECT_EQ(rig.next()->host_status, host(HostStatus::BusReset));
  EXPECT_TRUE(rig.line());
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0, 1)).scsi_status, 2u);
}

TEST(PvscsiFaults, AStrikeOrderedFromOutsideIsNoDecision) {
  PvscsiRig rig;
  rig.start_quietly();
  rig.model->strike(*find_fault("hang"));
  rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, 0u);  // only the first
  EXPECT_EQ(rig.model->outstanding(), 1u);
  EXPECT_TRUE(rig.computer.asked.empty());
}

TEST(PvscsiFaults, TheWatchedRequestIsToldOfWhenItIsTakenAndBeforeItsEndIsSignalled) {
  PvscsiRig rig;
  rig.start_quietly();
  const auto before = rig.model->statistics();
  std::vector<std::uint64_t> taken, ended;
  rig.model->watch_request(
      3, [&] { taken.push_back(rig.model->statistics().requests); },
      [&] { ended.push_back(rig.model->statistics().completions); });
  for (int i = 0; i < 5; ++i) rig.run(PvscsiRig::read_block(0));
  EXPECT_EQ(taken, std::vector<std::uint64_t>{before.requests + 3});
  EXPECT_EQ(ended, std::vector<std::uint64_t>{before.completions + 2});
}

TEST(PvscsiFaults, EveryKindIsFoundByNameAndBySite) {
  for (const FaultKind& kind : kFaultKinds) {
    EXPECT_EQ(find_fault(kind.name), &kind);
    EXPECT_STREQ(site_of(kind.strikes_left), kind.site);
    EXPECT_EQ(kind.site, "pvscsi." + std::string(kind.name));
  }
  EXPECT_EQ(find_fault("hung"), nullptr);
}

TEST(PvscsiFaults, EndlessBusResetNeedsAnAdapterReset) {
  PvscsiRig rig(with({.endless_bus_resets = 1}));
  rig.start_quietly();
  rig.computer.answers["pvscsi.bus_reset_hangs"] = {1};
  rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.command(Command::ResetBus), command_status::kGood);
  rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.command(Command::ResetBus), command_status::kGood);
  rig.computer.advance(1h);
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.command(Command::AdapterReset), command_status::kGood);
  EXPECT_EQ(rig.next()->host_status, host(HostStatus::BusReset));
  EXPECT_EQ(rig.next()->host_status, host(HostStatus::BusReset));
  rig.start_quietly();
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, 0u);
}

TEST(PvscsiFaults, FailingBusResetTouchesNothing) {
  PvscsiRig rig(with({.failing_bus_resets = 1}));
  rig.start_quietly();
  rig.computer.answers["pvscsi.bus_reset_fails"] = {1};
  rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.command(Command::ResetBus), command_status::kFailed);
  rig.computer.advance(1ms);
  EXPECT_EQ(rig.next()->scsi_status, 0u);
}

TEST(PvscsiFaults, DeadDeviceAnswersAllOnesUntilPowerIsCut) {
  PvscsiRig rig(with({.deaths = 1}));
  rig.start_quietly();
  rig.submit(PvscsiRig::read_block(0));
  rig.computer.answers["pvscsi.die"] = {1};
  rig.submit(PvscsiRig::read_block(0));
  EXPECT_TRUE(rig.model->dead());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), 0xFFFFFFFFu);
  EXPECT_EQ(rig.get(0x123C), 0xFFFFFFFFu);
  EXPECT_EQ(rig.look(0, 4), 0xFFFFFFFFu);
  const std::uint64_t writes = rig.computer.ram_writes;
  rig.computer.advance(1h);
  EXPECT_EQ(rig.computer.ram_writes, writes);
  EXPECT_FALSE(rig.line());
  rig.fabric.reset(PvscsiRig::kSlot, machine::ResetKind::Conventional);
  EXPECT_EQ(rig.look(0, 4), 0xFFFFFFFFu);
  rig.fabric.reset(PvscsiRig::kSlot, machine::ResetKind::PowerOn);
  EXPECT_EQ(rig.look(0, 4), 0x07C015ADu);
}

TEST(PvscsiFaults, DmaAfterResetScribblesOverTheOldBuffer) {
  PvscsiRig rig(with({.dma_after_reset = 1}));
  rig.start_quietly();
  rig.computer.answers["pvscsi.dma_after_reset"] = {1};
  rig.submit(PvscsiRig::read_block(0));
  rig.command(Command::AdapterReset);
  EXPECT_EQ(rig.computer.peek<std::uint8_t>(PvscsiRig::kData), 0u);
  rig.computer.advance(1ms);
  EXPECT_EQ(rig.computer.peek<std::uint8_t>(PvscsiRig::kData), 0xDDu);
  EXPECT_EQ(rig.computer.peek<std::uint8_t>(PvscsiRig::kData + 512), 0u);
}

}  // namespace
}  // namespace drydock::models::pvscsi
