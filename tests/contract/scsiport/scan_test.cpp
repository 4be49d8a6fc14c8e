// Sections 3, 4 and 6: who is there, who comes and goes, and who has claimed whom.

#include <cstring>

#include "contract/scsiport/request_fixture.h"
#include "ntos/pnp/devnode.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/kernel.h"

namespace drydock::tests::scsiport {
namespace {

class Scan : public RequestFixture {
 protected:
  /// The INQUIRY of the scan is answered by `orders`; how often HwScsiStartIo was called for it.
  unsigned inquiries(Orders orders) {
    rig.puppet().ScriptInquiries = TRUE;
    rig.script(PuppetStartIo, orders);
    rig.puppet().Calls[PuppetStartIo] = 0;
    EXPECT_EQ(rig.enumerate(), STATUS_SUCCESS);
    return rig.calls(PuppetStartIo);
  }
};

TEST_F(Scan, SP_048_WhatTheInquiryLooksLike) {
  rig.run([&] {
    rig.puppet().Targets = 1;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    const SCSI_REQUEST_BLOCK srb = seen();
    EXPECT_EQ(srb.Cdb[0], SCSIOP_INQUIRY);
    EXPECT_EQ(srb.CdbLength, 6);
    EXPECT_EQ(srb.TimeOutValue, 4u);
    EXPECT_TRUE(srb.SrbFlags & SRB_FLAGS_DISABLE_SYNCH_TRANSFER);
    EXPECT_TRUE(srb.SrbFlags & SRB_FLAGS_DATA_IN);
  });
  expect_clean();
}

TEST_F(Scan, SP_048_TwoRetriesButNoneForTheSilent) {
  rig.run([&] {
    rig.puppet().Targets = 1;
    rig.puppet().Luns = 4;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    // Any other failure is tried three times and ends the target.
    EXPECT_EQ(inquiries({{PuppetCompleteThis, SRB_STATUS_PARITY_ERROR, 0}, kNext}), 3u);
    EXPECT_EQ(inquiries({{PuppetCompleteThis, SRB_STATUS_SELECTION_TIMEOUT, 0}, kNext}), 1u);
    EXPECT_EQ(inquiries({{PuppetCompleteThis, SRB_STATUS_NO_DEVICE, 0}, kNext}), 1u);
    // ILLEGAL REQUEST is an answer: this lun is not there, the next may be.
    EXPECT_EQ(inquiries({{PuppetSense, SCSI_SENSE_ILLEGAL_REQUEST, 0x25},
                         {PuppetCompleteThis, SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID, SCSISTAT_CHECK_CONDITION},
                         kNext}),
              4u);
    EXPECT_TRUE(rig.adapter().units.empty());
  });
  expect_clean();
}

TEST_F(Scan, SP_048_TheScanLeavesNoQueueFrozen) {
  rig.run_started([&] {
    inquiries({{PuppetCompleteThis, SRB_STATUS_PARITY_ERROR, 0}, kNext});
    ASSERT_FALSE(rig.adapter().units.empty());
    EXPECT_FALSE(rig.unit().frozen);
    rig.script(PuppetStartIo, {kSuccess, kNext});
    EXPECT_EQ(rig.send().srb_status(), SRB_STATUS_SUCCESS);
  });
  expect_clean();
}

TEST_F(Scan, SP_050_ASilentUnitGoesAndComesBackAnew) {
  rig.run_plugged(
      [&] {
        ntos::pnp::Manager& manager = ntos::pnp::manager();
        ASSERT_EQ(rig.adapter().units.size(), 2u);
        LogicalUnit* const stays = &rig.unit();
        DEVICE_OBJECT* const pdo_of_one_that_goes = rig.unit({0, 1, 0}).pdo;
        ASSERT_NE(manager.find_pdo(pdo_of_one_that_goes), nullptr);
        EXPECT_EQ(rig.send({.function = SRB_FUNCTION_CLAIM_DEVICE, .flags = 0, .length = 0}).status, STATUS_SUCCESS);
        PVOID const extension = stays->extension;
        std::memset(extension, 0x77, 8);

        set_units({0x000000});
        EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_SCSI_RESCAN_BUS), STATUS_SUCCESS);
        manager.wait_until_settled();
        ASSERT_EQ(rig.adapter().units.size(), 1u);
        EXPECT_EQ(&rig.unit(), stays);
        EXPECT_TRUE(stays->claimed);
        EXPECT_EQ(stays->extension, extension);
        EXPECT_EQ(*static_cast<const unsigned char*>(extension), 0x77);

        set_units({0x000000, 0x000100});
        EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_SCSI_RESCAN_BUS), STATUS_SUCCESS);
        manager.wait_until_settled();
        ASSERT_EQ(rig.adapter().units.size(), 2u);
        LogicalUnit& back = rig.unit({0, 1, 0});
        EXPECT_FALSE(back.claimed);
        EXPECT_TRUE(back.pdo_started);
        EXPECT_EQ(rig.send({}, {0, 1, 0}).srb_status(), SRB_STATUS_SUCCESS);
      },
      [&] {
        set_units({0x000000, 0x000100});
      });
  expect_clean();
}

TEST_F(Scan, SP_050_RequestsOfAUnitThatGoesEndAndItsClaimGoesWithIt) {
  rig.run_plugged(
      [&] {
        rig.script(PuppetStartIo, {kHold});
        Sent& owned = rig.send({.timeout_s = 60}, {0, 1, 0});
        Sent& queued = rig.send({.timeout_s = 60}, {0, 1, 0});
        set_units({0x000000});
        interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_NO_DEVICE}, {PuppetBusChange, 0, 0}, kNext});
        ntos::pnp::manager().wait_until_settled();
        EXPECT_EQ(owned.srb_status(), SRB_STATUS_NO_DEVICE);
        EXPECT_TRUE(queued.done);
        EXPECT_EQ(queued.srb_status(), SRB_STATUS_NO_DEVICE);
        EXPECT_EQ(rig.adapter().units.size(), 1u);
      },
      [&] {
        set_units({0x000000, 0x000100});
      });
  expect_clean();
}

TEST_F(Scan, SP_050_AUnitThatWasDisabledIsStillThere) {
  rig.run_plugged([&] {
    ntos::pnp::Manager& manager = ntos::pnp::manager();
    const auto devnode = manager.find_pdo(rig.unit().pdo)->id;
    LogicalUnit* const before = &rig.unit();
    EXPECT_TRUE(manager.disable(devnode).ok());
    EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_SCSI_RESCAN_BUS), STATUS_SUCCESS);
    manager.wait_until_settled();
    EXPECT_FALSE(before->missing);
    EXPECT_TRUE(manager.enable(devnode).ok());
    ASSERT_EQ(&rig.unit(), before);
    EXPECT_EQ(rig.send().srb_status(), SRB_STATUS_SUCCESS);
  });
  expect_clean();
}

TEST_F(Scan, SP_048_ABusyUnitIsAskedAgainAndAFrozenQueueHoldsNothingUp) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_ERROR, 0}, kNext});
    EXPECT_TRUE(rig.send().frozen());
    rig.puppet().ScriptInquiries = TRUE;
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_BUSY, 0}, kNext});
    const machine::Time began = rig.now();
    EXPECT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_GE(rig.now() - began, 20s);
    EXPECT_TRUE(rig.unit().frozen);  // it was not the scan that froze it
  });
  expect_clean();
}

TEST_F(Scan, SP_080_Lun255IsNobodysAddress) {
  rig.run([&] {
    rig.puppet().Targets = 1;
    rig.puppet().Luns = 255;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    // Everybody says that this lun is not there, so each one is asked.
    EXPECT_EQ(inquiries({{PuppetCompleteThis, SRB_STATUS_INVALID_LUN, 0}, kNext}), 255u);
    EXPECT_EQ(seen().Lun, 254);
  });
  expect_clean();
}

TEST_F(Scan, SP_094_AClaimOfAnUnknownUnit) {
  rig.run_started([&] {
    Sent& claim = rig.send_to_adapter({.function = SRB_FUNCTION_CLAIM_DEVICE, .flags = 0, .length = 0}, {0, 5, 0});
    EXPECT_EQ(claim.status, STATUS_DEVICE_DOES_NOT_EXIST);
    EXPECT_EQ(claim.srb_status(), SRB_STATUS_NO_DEVICE);
    Sent& known = rig.send_to_adapter({.function = SRB_FUNCTION_CLAIM_DEVICE, .flags = 0, .length = 0}, {0, 0, 0});
    EXPECT_EQ(known.status, STATUS_SUCCESS);
    EXPECT_EQ(known.srb->DataBuffer, rig.unit().pdo);
    Sent& taken = rig.send({.function = SRB_FUNCTION_CLAIM_DEVICE, .flags = 0, .length = 0});
    EXPECT_EQ(taken.srb_status(), SRB_STATUS_BUSY);
    rig.send({.function = SRB_FUNCTION_REMOVE_DEVICE, .flags = 0, .length = 0});
    EXPECT_EQ(rig.send({.function = SRB_FUNCTION_CLAIM_DEVICE, .flags = 0, .length = 0}).status, STATUS_SUCCESS);
  });
  expect_clean();
}

TEST_F(Scan, SP_065_ARequestForAnUnknownUnitEndsInThePort) {
  rig.run_started([&] {
    Sent& sent = rig.send_to_adapter({}, {0, 5, 0});
    EXPECT_EQ(sent.status, STATUS_NO_SUCH_DEVICE);
    EXPECT_EQ(sent.srb_status(), SRB_STATUS_NO_DEVICE);
    EXPECT_EQ(rig.calls(PuppetStartIo), 0u);
    EXPECT_EQ(rig.send_to_adapter({}, {0, 0, 0}).srb_status(), SRB_STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
  });
  expect_clean();
}

TEST_F(Scan, SP_132_ABusChangeLeadsToOneScanAtPassiveLevel) {
  rig.run_plugged([&] {
    ntos::pnp::Manager& manager = ntos::pnp::manager();
    const unsigned scan = rig.calls(PuppetStartIo);
    const std::size_t irps = manager.sent_irps().size();
    set_units({0x000000, 0x000100});
    interrupt({{PuppetBusChange, 0, 0}, {PuppetBusChange, 0, 0}, {PuppetBusChange, 0, 0}});
    manager.wait_until_settled();
    EXPECT_EQ(rig.calls(PuppetStartIo), 2 * scan);  // several before the scan are one
    ASSERT_EQ(rig.adapter().units.size(), 2u);
    EXPECT_TRUE(rig.unit({0, 1, 0}).pdo_started);
    // The scan runs in the PnP manager's query, which comes at PASSIVE_LEVEL.
    unsigned queries = 0;
    for (std::size_t i = irps; i < manager.sent_irps().size(); ++i)
      queries += manager.sent_irps()[i].minor == IRP_MN_QUERY_DEVICE_RELATIONS &&
                 manager.sent_irps()[i].devnode == manager.find_id(u"ROOT\\PUPPET")->id;
    EXPECT_EQ(queries, 1u);
  });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
