// Section 4: which requests reach the miniport, what it may do with an SRB, and what it owes for each.

#include "contract/scsiport/request_fixture.h"
#include "ntos/io/user.h"

namespace drydock::tests::scsiport {
namespace {

using SrbRules = RequestFixture;

constexpr ULONG kNoFreeze = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE;

TEST_F(SrbRules, SP_057_TheseFunctionsReachTheMiniport) {
  run_with([&] { rig.puppet().CachesData = TRUE; },
           [&] {
             for (UCHAR function : {SRB_FUNCTION_EXECUTE_SCSI, SRB_FUNCTION_IO_CONTROL, SRB_FUNCTION_FLUSH,
                                    SRB_FUNCTION_SHUTDOWN, SRB_FUNCTION_RESET_BUS, SRB_FUNCTION_ABORT_COMMAND}) {
               rig.reset_srb_script({{PuppetCompleteThis, SRB_STATUS_INVALID_REQUEST, 0}, kNext});
               rig.puppet().LastSrb[2] = 0xFF;
               rig.send({.function = function, .flags = SRB_FLAGS_NO_QUEUE_FREEZE, .length = 0});
               EXPECT_EQ(seen().Function, function);
             }
           });
  expect_clean();
}

TEST_F(SrbRules, SP_057_SP_058_ThePortSendsNeitherAbortsNorPnpRequests) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    // A request that never comes back draws a reset and nothing else.
    rig.script(PuppetStartIo, {kHold, kNext});
    rig.send({.timeout_s = 2});
    rig.advance(10s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
    EXPECT_EQ(rig.pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.pnp(IRP_MN_SURPRISE_REMOVAL), STATUS_SUCCESS);
    for (unsigned n = 0; const PUPPET_CALL* call = rig.call(PuppetStartIo, n); ++n)
      EXPECT_EQ(call->Argument >> 8, ULONG{SRB_FUNCTION_EXECUTE_SCSI});
  });
  expect_clean();
}

TEST_F(SrbRules, SP_064_AFunctionTheMiniportDoesNotKnow) {
  rig.run_started([&] {
    for (UCHAR status : {SRB_STATUS_INVALID_REQUEST, SRB_STATUS_BAD_FUNCTION}) {
      rig.script(PuppetStartIo, {{PuppetCompleteThis, status, 0}, kNext});
      Sent& sent = rig.send({.function = SRB_FUNCTION_IO_CONTROL, .flags = 0, .length = 64});
      EXPECT_EQ(sent.srb_status(), status);
      EXPECT_FALSE(NT_SUCCESS(sent.status));
    }
    rig.script(PuppetStartIo, {kSuccess, kNext});
    EXPECT_EQ(rig.send().srb_status(), SRB_STATUS_SUCCESS);
  });
  expect_clean();
}

TEST_F(SrbRules, SP_066_AUnitThatIsNotInD0Waits) {
  rig.run_plugged([&] {
    auto power = [&](DEVICE_POWER_STATE state) {
      return ntos::io::user::send(rig.unit().pdo, IRP_MJ_POWER, IRP_MN_SET_POWER,
                                  [&](IRP*, IO_STACK_LOCATION* stack) {
                                    stack->Parameters.Power.Type = DevicePowerState;
                                    stack->Parameters.Power.State.DeviceState = state;
                                  })
          .status;
    };
    rig.script(PuppetStartIo, {kSuccess, kNext});
    EXPECT_EQ(power(PowerDeviceD3), STATUS_SUCCESS);
    Sent& waits = rig.send();
    rig.advance(5s);
    EXPECT_FALSE(waits.done);
    EXPECT_EQ(power(PowerDeviceD0), STATUS_SUCCESS);
    EXPECT_EQ(waits.srb_status(), SRB_STATUS_SUCCESS);
  });
  expect_clean();
}

TEST_F(SrbRules, SP_071_WithoutAFreeTagARequestWaits) {
  run_tagged([&] {
    rig.script(PuppetStartIo, {kHold, kNextLu});
    for (unsigned i = 0; i < 254; ++i) rig.send({.flags = kTagged, .length = 0, .timeout_s = 100});
    Sent& waits = rig.send({.flags = kTagged, .length = 0, .timeout_s = 100});
    ASSERT_EQ(rig.puppet().HeldCount, 254u);
    interrupt({});
    EXPECT_FALSE(waits.done);
    EXPECT_EQ(rig.calls(PuppetStartIo), 254u);
    interrupt({{PuppetCompleteHeld, 100, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(rig.calls(PuppetStartIo), 255u);
    EXPECT_FALSE(waits.done);
    interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(waits.srb_status(), SRB_STATUS_SUCCESS);
  });
  expect_clean();
}

TEST_F(SrbRules, SP_082_OnlyTheResultsMayChange) {
  rig.settings().verify = false;
  rig.run_started([&] {
    // Offsets of SCSI_REQUEST_BLOCK, section 2.
    struct Field {
      const char* name;
      PU32 offset;
      bool may_change = false;
      UCHAR value = 0x2B;
    };
    const Field fields[] = {
        {"Length", 0x00},
        {"Function", 0x02},
        {"ScsiStatus", 0x04, true},
        {"PathId", 0x05},
        {"TargetId", 0x06},
        {"Lun", 0x07, true},
        {"QueueTag", 0x08},
        {"QueueAction", 0x09},
        {"CdbLength", 0x0A},
        {"SenseInfoBufferLength", 0x0B, true, 4},
        {"SrbFlags", 0x0D},
        {"DataTransferLength", 0x11, true, 1},
        {"TimeOutValue", 0x14},
        {"DataBuffer", 0x18},
        {"SenseInfoBuffer", 0x20},
        {"NextSrb", 0x28},
        {"OriginalRequest", 0x30},
        {"SrbExtension", 0x38},
        {"QueueSortKey", 0x40},
        {"Cdb", 0x48},
        {"Cdb", 0x57},
    };
    for (const Field& field : fields) {
      const std::size_t before = rig.findings().size();
      rig.script(PuppetStartIo,
                 {{PuppetPoke, field.offset, field.value}, {PuppetCompleteThis, SRB_STATUS_ERROR, 0}, kNext});
      Sent& sent = rig.send({.flags = kNoFreeze});
      EXPECT_TRUE(sent.done) << field.name;
      EXPECT_EQ(rig.findings().size() - before, field.may_change ? 0u : 1u) << field.name << "\n"
                                                                            << rig.what_happened();
      if (!field.may_change && rig.findings().size() > before) {
        EXPECT_EQ(rig.findings().back().rule, "SP-366");
        EXPECT_NE(rig.findings().back().summary.find(field.name), std::string::npos) << field.name;
      }
      // Whatever it did to its copy, the sender's SRB still says whose it is.
      EXPECT_EQ(sent.srb->Function, SRB_FUNCTION_EXECUTE_SCSI);
      EXPECT_EQ(sent.srb->OriginalRequest, sent.irp);
      EXPECT_EQ(sent.srb->Cdb[0], 0x28);
      EXPECT_EQ(sent.srb->Lun, 0);
    }
    // The direction flags are the one exception among the flags: UNSPECIFIED_DIRECTION.
    const std::size_t before = rig.findings().size();
    rig.script(PuppetStartIo, {{PuppetPoke, 0x0C, SRB_FLAGS_DATA_IN | SRB_FLAGS_DATA_OUT}, kSuccess, kNext});
    rig.send({.flags = SRB_FLAGS_DATA_IN});
    EXPECT_EQ(rig.findings().size(), before);
  });
}

TEST_F(SrbRules, SP_083_StateOfARequestLivesInItsExtension) {
  run_tagged([&] {
    // Two owned at once: what each keeps in its extension is there until it is given back.
    rig.script(PuppetStartIo, {{PuppetPokeExtension, 5, 0x11}, kHold, kNextLu});
    rig.send({.flags = kTagged});
    rig.script(PuppetStartIo, {{PuppetPokeExtension, 5, 0x22}, kHold, kNextLu});
    rig.send({.flags = kTagged});
    rig.advance(3s);
    EXPECT_EQ(static_cast<UCHAR*>(held(0)->SrbExtension)[5], 0x11);
    EXPECT_EQ(static_cast<UCHAR*>(held(1)->SrbExtension)[5], 0x22);
    interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
    expect_clean();
    // In the SRB itself there is no place for it, not even where nothing else stands.
    rig.script(PuppetStartIo, {{PuppetPoke, 0x28, 0x33}, kSuccess, kNextLu});
    rig.send({.flags = kTagged});
  });
  EXPECT_TRUE(rig.found("SP-366")) << rig.what_happened();
}

TEST_F(SrbRules, SP_084_FalseFromStartIoIsReportedThoughTheRequestWasServed) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kSuccess, kNext, {PuppetReturn, FALSE, 0}});
    Sent& sent = rig.send();
    EXPECT_EQ(sent.srb_status(), SRB_STATUS_SUCCESS);
    EXPECT_EQ(sent.completions, 1u);
  });
  EXPECT_TRUE(rig.found("SP-368")) << rig.what_happened();
}

TEST_F(SrbRules, SP_086_ARequestIsServedAtOnceOrLater) {
  rig.run_started([&] {
    EXPECT_TRUE(rig.send().done);
    rig.script(PuppetStartIo, {kHold, kNext});
    Sent& later = rig.send({.timeout_s = 60});
    rig.advance(30s);
    EXPECT_FALSE(later.done);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(later.srb_status(), SRB_STATUS_SUCCESS);
    expect_clean();
    // One that is never given back is named when the run ends.
    rig.send({.timeout_s = 3600});
    port::scsiport::report_lost_requests();
  });
  EXPECT_TRUE(rig.found("SP-356")) << rig.what_happened();
}

TEST_F(SrbRules, SP_090_BothNotificationsAreDue) {
  rig.run_started([&] {
    // Completed, but the next one is never asked for.
    rig.script(PuppetStartIo, {kSuccess});
    EXPECT_TRUE(rig.send({.timeout_s = 2}).done);
    Sent& waits = rig.send({.timeout_s = 2});
    rig.advance(5s);
    EXPECT_TRUE(rig.found("SP-355")) << rig.what_happened();
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
    rig.script(PuppetStartIo, {kSuccess, kNext});
    rig.advance(5s);
    EXPECT_TRUE(waits.done);
  });
}

TEST_F(SrbRules, SP_091_AnAbortNamesTheRequestAsTheMiniportKnowsIt) {
  run_tagged([&] {
    rig.script(PuppetStartIo, {kHold, kNextLu});
    Sent& victim = rig.send({.flags = kTagged, .timeout_s = 60});
    Sent& other = rig.send({.flags = kTagged, .timeout_s = 60});
    SCSI_REQUEST_BLOCK* const as_the_miniport_sees_it = held(0);
    rig.script(PuppetStartIo, {{PuppetAbort, 0, 0}, kNextLu});
    Sent& abort = rig.send({.function = SRB_FUNCTION_ABORT_COMMAND, .flags = kTagged, .length = 0, .next = victim.srb});
    EXPECT_EQ(seen().NextSrb, as_the_miniport_sees_it);
    EXPECT_EQ(abort.srb_status(), SRB_STATUS_SUCCESS);
    EXPECT_EQ(victim.srb_status(), SRB_STATUS_ABORTED);
    EXPECT_FALSE(other.done);
    // A request that is no longer there cannot be aborted.
    Sent& late = rig.send({.function = SRB_FUNCTION_ABORT_COMMAND, .flags = kTagged, .length = 0, .next = victim.srb});
    EXPECT_EQ(late.srb_status(), SRB_STATUS_ABORT_FAILED);
    EXPECT_EQ(victim.completions, 1u);
    interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
  });
  expect_clean();
}

TEST_F(SrbRules, SP_093_IoControlsBufferIsMappedWhateverTheConfigurationSays) {
  run_with([&] { rig.puppet().MapBuffers = FALSE; },
           [&] {
             // The puppet without MapBuffers answers INQUIRY without looking at the data.
             ASSERT_FALSE(rig.adapter().map_buffers);
             rig.script(PuppetStartIo,
                        {{PuppetTouchData, 0, 0}, {PuppetCompleteThis, SRB_STATUS_INVALID_REQUEST, 0}, kNext});
             Sent& sent = rig.send({.function = SRB_FUNCTION_IO_CONTROL, .flags = 0, .length = 64});
             EXPECT_EQ(sent.srb_status(), SRB_STATUS_INVALID_REQUEST);  // an unknown signature
             EXPECT_EQ(seen().DataBuffer, sent.data);
           });
  expect_clean();
}

TEST_F(SrbRules, SP_113_RequestsMayComeAtDispatchLevel) {
  rig.run_started([&] {
    auto at_dispatch = [&](const Srb& what) -> Sent& {
      const KIRQL irql = machine::raise_irql(DISPATCH_LEVEL);
      Sent& sent = rig.send(what);
      machine::lower_irql(irql);
      return sent;
    };
    EXPECT_EQ(at_dispatch({}).srb_status(), SRB_STATUS_SUCCESS);
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_ERROR, 0}, kNext});
    EXPECT_TRUE(at_dispatch({}).frozen());
    EXPECT_EQ(at_dispatch({.function = SRB_FUNCTION_RELEASE_QUEUE, .flags = 0, .length = 0}).status, STATUS_SUCCESS);
    EXPECT_TRUE(at_dispatch({}).frozen());
    Sent& waits = at_dispatch({});
    EXPECT_FALSE(waits.done);
    EXPECT_EQ(at_dispatch({.function = SRB_FUNCTION_FLUSH_QUEUE, .flags = 0, .length = 0}).status, STATUS_SUCCESS);
    EXPECT_EQ(waits.srb_status(), SRB_STATUS_REQUEST_FLUSHED);
    EXPECT_LE(waits.irql, DISPATCH_LEVEL);
  });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
