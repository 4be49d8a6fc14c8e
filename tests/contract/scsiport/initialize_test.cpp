// Section 3: ScsiPortInitialize, and what HwScsiFindAdapter may not do.

#include <gtest/gtest.h>

#include "contract/scsiport/puppet_rig.h"

namespace drydock::tests::scsiport {
namespace {

class Initialize : public testing::Test {
 protected:
  PuppetRig rig{1, {}, "scsi_initialize"};
  ULONG answer(unsigned i) { return (&rig.variable<ULONG>("Answers"))[i]; }
};

TEST_F(Initialize, SP_003_SP_004_SP_005_TheStructureIsChecked) {
  rig.run_bare([&] {
    ASSERT_EQ(rig.load_miniport(), STATUS_SUCCESS);
    const auto mismatch = static_cast<ULONG>(STATUS_REVISION_MISMATCH);
    for (unsigned i = 0; i < 6; ++i) EXPECT_EQ(answer(i), mismatch) << i;
    EXPECT_EQ(answer(6), static_cast<ULONG>(STATUS_SUCCESS));
    EXPECT_EQ(port::scsiport::miniport_driver_of(rig.fdo()->DriverObject)->registrations.size(), 1u);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Initialize, SP_004_SP_041_SP_107_WithoutAnInterruptRoutineTheAdapterIsPolled) {
  rig.run_bare([&] {
    ASSERT_EQ(rig.load_miniport(), STATUS_SUCCESS);
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.adapter().interrupt, nullptr);
    EXPECT_EQ(rig.enumerate(), STATUS_SUCCESS);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Initialize, SP_005_SP_263_WhatAnOlderStructureLacksReadsAsZero) {
  rig.run_bare([&] {
    ASSERT_EQ(rig.load_miniport(), STATUS_SUCCESS);
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.pnp(IRP_MN_QUERY_STOP_DEVICE), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(rig.variable<ULONG>("ControlCalls"), 0u);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Initialize, SP_001_ALaterCallIsAFault) {
  rig.run_bare([&] {
    ASSERT_EQ(rig.load_miniport(), STATUS_SUCCESS);
    rig.variable<ULONG>("CallsLater") = 1;
    EXPECT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_NE(rig.variable<ULONG>("AnswerLater"), 0u);
  });
  EXPECT_EQ(rig.findings().size(), 1u) << rig.what_happened();
}

TEST_F(Initialize, SP_031_SP_365_AMappingLeftBehindIsAWarning) {
  rig.run_bare([&] {
    ASSERT_EQ(rig.load_miniport(), STATUS_SUCCESS);
    rig.variable<ULONG>("LeavesMapping") = 1;
    EXPECT_EQ(rig.start(), STATUS_NOT_FOUND);
  });
  ASSERT_TRUE(rig.found("SP-365")) << rig.what_happened();
  EXPECT_EQ(rig.findings()[0].severity, machine::Severity::Warning);
}

TEST_F(Initialize, SP_029_SP_289_SP_364_ARangeThatWasNotAssignedGivesNull) {
  rig.run_bare([&] {
    ASSERT_EQ(rig.load_miniport(), STATUS_SUCCESS);
    rig.variable<ULONG>("MapsForeign") = 1;
    EXPECT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.variable<ULONG64>("Foreign"), 0u);
  });
  EXPECT_TRUE(rig.found("SP-364")) << rig.what_happened();
}

TEST(InitializeBad, SP_002_SP_338_OtherPointersThanDriverEntrysAreTheStop) {
  PuppetRig rig(1, {}, "scsi_initialize_bad");
  rig.run_bare([&] {
    rig.load_miniport();
    ADD_FAILURE() << "the run should have stopped";
  });
  EXPECT_TRUE(rig.found("SP-338")) << rig.what_happened();
  EXPECT_EQ(rig.stop_parameter(0), 0x1000u);
}

}  // namespace
}  // namespace drydock::tests::scsiport
