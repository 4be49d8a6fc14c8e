// Section 9: queues that freeze, what is retried, what the port cannot deliver.

#include "contract/scsiport/puppet_test.h"
#include "ntos/io/error_log.h"

namespace drydock::tests::scsiport {
namespace {

using Freeze = PuppetTest;

TEST_F(Freeze, SP_238_EveryFailureFreezes) {
  rig.run_started([&] {
    for (UCHAR status : {SRB_STATUS_PARITY_ERROR, SRB_STATUS_NO_DEVICE, SRB_STATUS_INVALID_REQUEST, SRB_STATUS_ABORTED,
                         SRB_STATUS_TIMEOUT, SRB_STATUS_SELECTION_TIMEOUT, SRB_STATUS_MESSAGE_REJECTED}) {
      rig.script(PuppetStartIo, {{PuppetCompleteThis, status, 0}, kNext});
      Sent& failed = rig.send();
      EXPECT_TRUE(failed.frozen()) << static_cast<unsigned>(status);
      EXPECT_TRUE(rig.unit().frozen) << static_cast<unsigned>(status);
      rig.release_queue();
    }
    answer_requests();
    EXPECT_FALSE(rig.send().frozen());
  });
}

TEST_F(Freeze, SP_242_WhatIsOwnedGoesOnAndEachFailureCarriesTheBit) {
  run_with([](PUPPET& puppet) { puppet.TaggedQueuing = puppet.MultipleRequests = TRUE; },
           [&] {
             rig.script(PuppetStartIo, {kHold, {PuppetNextLu, ~0u, 0}});
             std::vector<Sent*> sent;
             for (unsigned i = 0; i < 3; ++i)
               sent.push_back(&rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_QUEUE_ACTION_ENABLE}));
             interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_ABORTED}});
             EXPECT_TRUE(sent[0]->frozen());
             EXPECT_FALSE(sent[1]->done);
             interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}, {PuppetCompleteHeld, 0, SRB_STATUS_ABORTED}});
             EXPECT_EQ(sent[1]->srb->SrbStatus, SRB_STATUS_SUCCESS);
             EXPECT_TRUE(sent[2]->frozen());
           });
  expect_clean();
}

TEST_F(Freeze, SP_248_OnlyReleaseAndFlushThawAndAQueueLeftFrozenIsReported) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_ABORTED, 0}, kNext});
    rig.send();
    Sent& waits = rig.send();
    answer_requests();
    rig.reset_bus_by_ioctl();
    port::scsiport::report_frozen_queues(60s);
    expect_clean();
    rig.advance(100s);
    EXPECT_TRUE(rig.unit().frozen);  // neither a reset nor time
    EXPECT_FALSE(waits.done);
    port::scsiport::report_frozen_queues(60s);
    EXPECT_TRUE(rig.found("SP-248"));
    rig.release_queue();
    EXPECT_TRUE(waits.done);
  });
  EXPECT_EQ(rig.findings().size(), 1u) << rig.what_happened();
}

TEST_F(Freeze, SP_279_PowerRequestsPassAFrozenAndALockedQueueButNoHoldOff) {
  rig.run_started([&] {
    const Srb start_unit{
        .flags = SRB_FLAGS_BYPASS_LOCKED_QUEUE | SRB_FLAGS_NO_QUEUE_FREEZE, .length = 0, .operation = 0x1B};
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_ABORTED, 0}, kNext});
    EXPECT_TRUE(rig.send().frozen());
    answer_requests();
    Sent& waits = rig.send();
    EXPECT_TRUE(rig.send(start_unit).done);
    rig.send({.function = SRB_FUNCTION_LOCK_QUEUE, .flags = start_unit.flags, .length = 0});
    EXPECT_TRUE(rig.send(start_unit).done);
    EXPECT_FALSE(waits.done);
    rig.reset_bus_by_ioctl();
    Sent& held_off = rig.send(start_unit);
    EXPECT_FALSE(held_off.done);
    rig.advance(5s);
    EXPECT_TRUE(held_off.done);
  });
  expect_clean();
}

TEST_F(Freeze, SP_259_ATransportErrorThatStaysIsLogged) {
  rig.run_started([&] {
    const auto entries = [] { return ntos::io::event_log().size(); };
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_BUSY, 0}, kNext});
    Sent& busy = rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
    rig.advance(5s);
    EXPECT_EQ(entries(), 0u);  // it is being retried
    rig.advance(30s);
    ASSERT_TRUE(busy.done);
    ASSERT_EQ(entries(), 1u);
    EXPECT_EQ(ntos::io::event_log().back().error_code & 0xFFFF, 9u);
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_PARITY_ERROR, 0}, kNext});
    rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
    EXPECT_EQ(rig.calls(PuppetStartIo), 22u);  // once and twenty retries, then once
    ASSERT_EQ(entries(), 2u);
    EXPECT_EQ(ntos::io::event_log().back().error_code & 0xFFFF, 5u);
  });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
