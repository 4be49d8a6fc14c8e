#include "class/disk/retry.h"

#include <gtest/gtest.h>

#include "class/disk/cdb.h"

namespace drydock::class_::disk {
namespace {

struct Came {
  SCSI_REQUEST_BLOCK srb{};
  UCHAR sense[18]{};
};

Verdict judge(UCHAR srb_status, UCHAR scsi_status = 0) {
  Came came;
  came.srb.SrbStatus = srb_status;
  came.srb.ScsiStatus = scsi_status;
  return interpret(failure_of(came.srb, STATUS_IO_DEVICE_ERROR));
}

Verdict judge_sense(UCHAR key, UCHAR code = 0, UCHAR qualifier = 0, UCHAR operation = SCSIOP_READ) {
  Came came;
  came.srb.SrbStatus = SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID | SRB_STATUS_QUEUE_FROZEN;
  came.srb.ScsiStatus = SCSISTAT_CHECK_CONDITION;
  came.srb.Cdb[0] = operation;
  came.srb.SenseInfoBuffer = came.sense;
  came.srb.SenseInfoBufferLength = sizeof(came.sense);
  came.sense[0] = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
  came.sense[2] = key;
  came.sense[7] = 10;
  came.sense[12] = code;
  came.sense[13] = qualifier;
  return interpret(failure_of(came.srb, STATUS_IO_DEVICE_ERROR));
}

TEST(DiskRetry, SP_197_RetriesABusResetAtOnceAndCountsNoError) {
  for (UCHAR frozen : {UCHAR{0}, SRB_STATUS_QUEUE_FROZEN}) {
    const Verdict verdict = judge(SRB_STATUS_BUS_RESET | frozen);
    EXPECT_EQ(verdict.status, STATUS_IO_DEVICE_ERROR);
    EXPECT_TRUE(verdict.retry);
    EXPECT_EQ(verdict.delay_s, 0);
    EXPECT_FALSE(verdict.counts);
  }
  EXPECT_EQ(kRetriesMax, 4u);
}

TEST(DiskRetry, SP_201_RetriesTheUnitAttentionAfterAResetAndNotesAPossibleMediaChange) {
  const Verdict verdict = judge_sense(SCSI_SENSE_UNIT_ATTENTION, SCSI_ADSENSE_BUS_RESET);
  EXPECT_TRUE(verdict.retry);
  EXPECT_EQ(verdict.delay_s, 0);
  EXPECT_TRUE(verdict.medium_may_differ);
  EXPECT_FALSE(verdict.counts);
}

TEST(DiskRetry, SP_237_CountsTimeoutsAndParityErrorsOnly) {
  for (UCHAR status : {SRB_STATUS_TIMEOUT, SRB_STATUS_COMMAND_TIMEOUT, SRB_STATUS_PARITY_ERROR,
                       SRB_STATUS_UNEXPECTED_BUS_FREE, SRB_STATUS_PHASE_SEQUENCE_FAILURE, SRB_STATUS_ABORTED})
    EXPECT_TRUE(judge(status).counts) << int{status};
  for (UCHAR status : {SRB_STATUS_BUS_RESET, SRB_STATUS_SELECTION_TIMEOUT, SRB_STATUS_NO_DEVICE,
                       SRB_STATUS_REQUEST_FLUSHED, SRB_STATUS_DATA_OVERRUN})
    EXPECT_FALSE(judge(status).counts) << int{status};
}

TEST(DiskRetry, SP_157_ResetsTheBusWhenADiskAnswersBusyWithStatusError) {
  EXPECT_EQ(judge(SRB_STATUS_ERROR, SCSISTAT_BUSY).remedy, Remedy::ResetBus);
  EXPECT_EQ(judge(SRB_STATUS_BUSY, SCSISTAT_BUSY).remedy, Remedy::None);
  EXPECT_TRUE(judge(SRB_STATUS_BUSY, SCSISTAT_BUSY).retry);
}

TEST(DiskRetry, SP_260_RetriesDeviceErrorsAndTimeouts) {
  EXPECT_TRUE(judge_sense(SCSI_SENSE_HARDWARE_ERROR).retry);
  EXPECT_TRUE(judge_sense(SCSI_SENSE_ABORTED_COMMAND).retry);
  EXPECT_EQ(judge(SRB_STATUS_TIMEOUT).status, STATUS_IO_TIMEOUT);
  EXPECT_TRUE(judge(SRB_STATUS_TIMEOUT).retry);
  EXPECT_TRUE(judge(SRB_STATUS_ERROR, SCSISTAT_CHECK_CONDITION).retry);
}

TEST(DiskRetry, GivesUpAtOnceWhereTheDeviceIsGone) {
  for (UCHAR status : {SRB_STATUS_NO_DEVICE, SRB_STATUS_NO_HBA, SRB_STATUS_INVALID_LUN, SRB_STATUS_INVALID_TARGET_ID,
                       SRB_STATUS_INVALID_PATH_ID}) {
    EXPECT_EQ(judge(status).status, STATUS_NO_SUCH_DEVICE);
    EXPECT_FALSE(judge(status).retry);
  }
  SCSI_REQUEST_BLOCK srb{};  // the PDO failed the IRP and left the SRB alone
  const Verdict verdict = interpret(failure_of(srb, STATUS_DEVICE_DOES_NOT_EXIST));
  EXPECT_EQ(verdict.status, STATUS_DEVICE_DOES_NOT_EXIST);
  EXPECT_FALSE(verdict.retry);
}

TEST(DiskRetry, GivesUpWhatNoRetryMends) {
  EXPECT_EQ(judge_sense(SCSI_SENSE_MEDIUM_ERROR, SCSI_ADSENSE_UNRECOVERED_ERROR).status, STATUS_DEVICE_DATA_ERROR);
  EXPECT_EQ(judge_sense(SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT).status, STATUS_MEDIA_WRITE_PROTECTED);
  EXPECT_EQ(judge_sense(SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_BLOCK).status, STATUS_NONEXISTENT_SECTOR);
  EXPECT_EQ(judge_sense(SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_COMMAND).status,
            STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(judge_sense(SCSI_SENSE_NOT_READY, SCSI_ADSENSE_NO_MEDIA_IN_DEVICE).status, STATUS_NO_MEDIA_IN_DEVICE);
  EXPECT_EQ(judge(SRB_STATUS_ERROR, SCSISTAT_RESERVATION_CONFLICT).status, STATUS_DEVICE_BUSY);
  EXPECT_EQ(judge(SRB_STATUS_SELECTION_TIMEOUT).status, STATUS_DEVICE_NOT_CONNECTED);
  for (const SenseRow& row : sense_rows())
    if (row.key == SCSI_SENSE_MEDIUM_ERROR || row.key == SCSI_SENSE_DATA_PROTECT ||
        row.key == SCSI_SENSE_ILLEGAL_REQUEST) {
      EXPECT_FALSE(row.verdict.retry);
    }
}

TEST(DiskRetry, StartsAUnitThatWaitsForIt) {
  const Verdict verdict =
      judge_sense(SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, SCSI_SENSEQ_INIT_COMMAND_REQUIRED);
  EXPECT_EQ(verdict.remedy, Remedy::StartUnit);
  EXPECT_TRUE(verdict.retry);
  EXPECT_GT(verdict.delay_s, 0);
}

TEST(DiskRetry, TakesRecoveredErrorsAsSuccess) {
  EXPECT_EQ(judge_sense(SCSI_SENSE_RECOVERED_ERROR).status, STATUS_SUCCESS);
  EXPECT_FALSE(judge_sense(SCSI_SENSE_RECOVERED_ERROR).retry);
}

TEST(DiskRetry, HasNothingToFlushWhereCachesAreUnknown) {
  EXPECT_EQ(judge_sense(SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_COMMAND, 0, SCSIOP_SYNCHRONIZE_CACHE).status,
            STATUS_SUCCESS);
  SCSI_REQUEST_BLOCK srb{};
  srb.Function = SRB_FUNCTION_FLUSH;
  srb.SrbStatus = SRB_STATUS_INVALID_REQUEST;
  EXPECT_EQ(interpret(failure_of(srb, STATUS_INVALID_DEVICE_REQUEST)).status, STATUS_SUCCESS);
}

TEST(DiskRetry, ReadsDescriptorSenseToo) {
  Came came;
  came.srb.SrbStatus = SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID;
  came.srb.ScsiStatus = SCSISTAT_CHECK_CONDITION;
  came.srb.SenseInfoBuffer = came.sense;
  came.srb.SenseInfoBufferLength = 8;
  came.sense[0] = 0x72;
  came.sense[1] = SCSI_SENSE_ILLEGAL_REQUEST;
  came.sense[2] = SCSI_ADSENSE_ILLEGAL_BLOCK;
  EXPECT_EQ(interpret(failure_of(came.srb, 0)).status, STATUS_NONEXISTENT_SECTOR);
}

TEST(DiskRetry, RetriesWhatAnEarlierCommandsSenseInterrupted) {
  Came came;
  came.srb.SrbStatus = SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID;
  came.srb.SenseInfoBuffer = came.sense;
  came.srb.SenseInfoBufferLength = sizeof(came.sense);
  came.sense[0] = SCSI_SENSE_ERRORCODE_FIXED_DEFERRED;
  came.sense[2] = SCSI_SENSE_MEDIUM_ERROR;
  EXPECT_TRUE(interpret(failure_of(came.srb, 0)).retry);
}

TEST(DiskRetry, KnowsEverySenseKeyAndEveryStatusIsFinal) {
  for (UCHAR key = 0; key <= SCSI_SENSE_MISCOMPARE; ++key) {
    if (key == 0x0C) continue;  // obsolete
    const Verdict verdict = judge_sense(key, 0x7F, 0x7F);
    bool has_row = false;
    for (const SenseRow& row : sense_rows()) has_row |= row.key == key && row.code == kAny;
    EXPECT_TRUE(has_row) << int{key};
    EXPECT_NE(verdict.status, STATUS_PENDING);
    if (verdict.retry) {
      EXPECT_FALSE(NT_SUCCESS(verdict.status)) << int{key};
    }
  }
  for (const SrbRow& row : srb_rows()) EXPECT_FALSE(NT_SUCCESS(row.verdict.status)) << int{row.status};
}

TEST(DiskCdb, NamesBlocksBigEndian) {
  UCHAR cdb[16] = {};
  EXPECT_EQ(put_read_write(cdb, false, {0x01020304, 0x0506}, false, false), 10);
  const UCHAR read10[] = {SCSIOP_READ, 0, 1, 2, 3, 4, 0, 5, 6, 0};
  EXPECT_TRUE(std::equal(std::begin(read10), std::end(read10), cdb));
  EXPECT_EQ(put_read_write(cdb, true, {0x0102030405060708, 9}, true, true), 16);
  const UCHAR write16[] = {SCSIOP_WRITE16, CDB_FORCE_MEDIA_ACCESS, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 0, 0};
  EXPECT_TRUE(std::equal(std::begin(write16), std::end(write16), cdb));
}

}  // namespace
}  // namespace drydock::class_::disk
