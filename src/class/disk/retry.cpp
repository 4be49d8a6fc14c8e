#include "class/disk/retry.h"

namespace drydock::class_::disk {

namespace {

constexpr std::uint8_t kNotReadyDelay_s = 10;

constexpr Verdict no(NTSTATUS status) {
  return {.status = status};
}
constexpr Verdict again(NTSTATUS status, std::uint8_t delay_s = 0) {
  return {.status = status, .retry = true, .delay_s = delay_s};
}
constexpr Verdict counted(Verdict verdict) {
  verdict.counts = true;
  return verdict;
}
constexpr Verdict once(Verdict verdict) {
  verdict.only_once = true;
  return verdict;
}
constexpr Verdict changed(Verdict verdict) {
  verdict.medium_may_differ = true;
  return verdict;
}
constexpr Verdict with(Remedy remedy, Verdict verdict) {
  verdict.remedy = remedy;
  return verdict;
}

// Special cases before the general row of their key, which every key has. [class.c]
constexpr SenseRow kSenseRows[] = {
    {SCSI_SENSE_NO_SENSE, kAny, kAny, again(STATUS_IO_DEVICE_ERROR)},
    {SCSI_SENSE_RECOVERED_ERROR, kAny, kAny, no(STATUS_SUCCESS)},

    {SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, SCSI_SENSEQ_BECOMING_READY,
     again(STATUS_DEVICE_NOT_READY, kNotReadyDelay_s)},
    {SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, SCSI_SENSEQ_INIT_COMMAND_REQUIRED,
     with(Remedy::StartUnit, again(STATUS_DEVICE_NOT_READY, kNotReadyDelay_s))},
    {SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, SCSI_SENSEQ_MANUAL_INTERVENTION_REQUIRED,
     no(STATUS_NO_MEDIA_IN_DEVICE)},
    {SCSI_SENSE_NOT_READY, SCSI_ADSENSE_NO_MEDIA_IN_DEVICE, kAny, changed(no(STATUS_NO_MEDIA_IN_DEVICE))},
    {SCSI_SENSE_NOT_READY, kAny, kAny, again(STATUS_DEVICE_NOT_READY, kNotReadyDelay_s)},

    {SCSI_SENSE_MEDIUM_ERROR, kAny, kAny, no(STATUS_DEVICE_DATA_ERROR)},
    {SCSI_SENSE_HARDWARE_ERROR, kAny, kAny, again(STATUS_IO_DEVICE_ERROR)},

    {SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_BLOCK, kAny, no(STATUS_NONEXISTENT_SECTOR)},
    {SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_LUN, kAny, no(STATUS_NO_SUCH_DEVICE)},
    {SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_WRITE_PROTECT, kAny, no(STATUS_MEDIA_WRITE_PROTECTED)},
    {SCSI_SENSE_ILLEGAL_REQUEST, kAny, kAny, no(STATUS_INVALID_DEVICE_REQUEST)},

    // SP-201: after a bus reset each unit says so once.
    {SCSI_SENSE_UNIT_ATTENTION, SCSI_ADSENSE_BUS_RESET, kAny, changed(again(STATUS_IO_DEVICE_ERROR))},
    {SCSI_SENSE_UNIT_ATTENTION, SCSI_ADSENSE_MEDIUM_CHANGED, kAny, changed(again(STATUS_IO_DEVICE_ERROR))},
    {SCSI_SENSE_UNIT_ATTENTION, SCSI_ADSENSE_NO_MEDIA_IN_DEVICE, kAny, changed(no(STATUS_NO_MEDIA_IN_DEVICE))},
    {SCSI_SENSE_UNIT_ATTENTION, kAny, kAny, again(STATUS_IO_DEVICE_ERROR)},

    {SCSI_SENSE_DATA_PROTECT, kAny, kAny, no(STATUS_MEDIA_WRITE_PROTECTED)},
    {SCSI_SENSE_BLANK_CHECK, kAny, kAny, no(STATUS_NO_DATA_DETECTED)},
    {SCSI_SENSE_UNIQUE, kAny, kAny, again(STATUS_IO_DEVICE_ERROR)},
    {SCSI_SENSE_COPY_ABORTED, kAny, kAny, again(STATUS_IO_DEVICE_ERROR)},
    {SCSI_SENSE_ABORTED_COMMAND, kAny, kAny, again(STATUS_IO_DEVICE_ERROR, 1)},
    {SCSI_SENSE_VOL_OVERFLOW, kAny, kAny, no(STATUS_IO_DEVICE_ERROR)},
    {SCSI_SENSE_MISCOMPARE, kAny, kAny, no(STATUS_IO_DEVICE_ERROR)},
};

// Without sense the SRB status decides; with a status of INTERNAL_ERROR or PENDING, what the port said otherwise.
constexpr SrbRow kSrbRows[] = {
    {SRB_STATUS_ABORTED, kAny, counted(again(STATUS_IO_TIMEOUT, 1))},
    {SRB_STATUS_ERROR, SCSISTAT_BUSY, with(Remedy::ResetBus, counted(again(STATUS_DEVICE_NOT_READY, 1)))},
    {SRB_STATUS_ERROR, SCSISTAT_QUEUE_FULL, again(STATUS_DEVICE_NOT_READY, 1)},
    {SRB_STATUS_ERROR, SCSISTAT_RESERVATION_CONFLICT, no(STATUS_DEVICE_BUSY)},
    {SRB_STATUS_ERROR, SCSISTAT_GOOD, counted(again(STATUS_IO_DEVICE_ERROR))},
    {SRB_STATUS_ERROR, kAny, again(STATUS_IO_DEVICE_ERROR)},
    {SRB_STATUS_BUSY, kAny, again(STATUS_DEVICE_NOT_READY, 1)},
    {SRB_STATUS_INVALID_REQUEST, kAny, no(STATUS_INVALID_DEVICE_REQUEST)},
    {SRB_STATUS_BAD_FUNCTION, kAny, no(STATUS_INVALID_DEVICE_REQUEST)},
    {SRB_STATUS_BAD_SRB_BLOCK_LENGTH, kAny, no(STATUS_INVALID_DEVICE_REQUEST)},
    {SRB_STATUS_INVALID_PATH_ID, kAny, no(STATUS_NO_SUCH_DEVICE)},
    {SRB_STATUS_INVALID_TARGET_ID, kAny, no(STATUS_NO_SUCH_DEVICE)},
    {SRB_STATUS_INVALID_LUN, kAny, no(STATUS_NO_SUCH_DEVICE)},
    {SRB_STATUS_NO_DEVICE, kAny, no(STATUS_NO_SUCH_DEVICE)},
    {SRB_STATUS_NO_HBA, kAny, no(STATUS_NO_SUCH_DEVICE)},
    {SRB_STATUS_TIMEOUT, kAny, counted(again(STATUS_IO_TIMEOUT))},
    {SRB_STATUS_COMMAND_TIMEOUT, kAny, counted(again(STATUS_IO_TIMEOUT))},
    {SRB_STATUS_SELECTION_TIMEOUT, kAny, no(STATUS_DEVICE_NOT_CONNECTED)},
    {SRB_STATUS_BUS_RESET, kAny, again(STATUS_IO_DEVICE_ERROR)},  // SP-197
    {SRB_STATUS_PARITY_ERROR, kAny, counted(again(STATUS_IO_DEVICE_ERROR))},
    {SRB_STATUS_UNEXPECTED_BUS_FREE, kAny, counted(again(STATUS_IO_DEVICE_ERROR))},
    {SRB_STATUS_PHASE_SEQUENCE_FAILURE, kAny, once(counted(again(STATUS_IO_DEVICE_ERROR)))},
    {SRB_STATUS_DATA_OVERRUN, kAny, no(STATUS_DATA_OVERRUN)},
    {SRB_STATUS_REQUEST_FLUSHED, kAny, again(STATUS_IO_DEVICE_ERROR)},
    {SRB_STATUS_REQUEST_SENSE_FAILED, kAny, again(STATUS_IO_DEVICE_ERROR)},
    {SRB_STATUS_NOT_POWERED, kAny, no(STATUS_DEVICE_NOT_READY)},
    {SRB_STATUS_LINK_DOWN, kAny, again(STATUS_DEVICE_NOT_READY, 1)},
};
constexpr Verdict kOtherSrbStatus = again(STATUS_IO_DEVICE_ERROR);

constexpr bool row_is_hidden(std::size_t later) {
  const SenseRow& row = kSenseRows[later];
  for (std::size_t i = 0; i < later; ++i) {
    const SenseRow& other = kSenseRows[i];
    if (other.key == row.key && (other.code == kAny || other.code == row.code) &&
        (other.qualifier == kAny || other.qualifier == row.qualifier))
      return true;
  }
  return false;
}
constexpr bool every_sense_row_is_reached() {
  for (std::size_t i = 0; i < std::size(kSenseRows); ++i)
    if (row_is_hidden(i)) return false;
  return true;
}
static_assert(every_sense_row_is_reached());

constexpr bool every_srb_row_is_reached() {
  for (std::size_t i = 0; i < std::size(kSrbRows); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (kSrbRows[j].status == kSrbRows[i].status &&
          (kSrbRows[j].scsi_status == kAny || kSrbRows[j].scsi_status == kSrbRows[i].scsi_status))
        return false;
  return true;
}
static_assert(every_srb_row_is_reached());

constexpr bool device_is_gone(NTSTATUS status) {
  return status == STATUS_NO_SUCH_DEVICE || status == STATUS_DEVICE_DOES_NOT_EXIST || status == STATUS_DELETE_PENDING ||
         status == STATUS_DEVICE_NOT_CONNECTED || status == STATUS_INVALID_DEVICE_STATE;
}

/// The port failed the IRP without a word in the SRB, or with the reason beside it (SP-261).
Verdict by_status(NTSTATUS status) {
  if (NT_SUCCESS(status)) return kOtherSrbStatus;
  return device_is_gone(status) || status == STATUS_INVALID_DEVICE_REQUEST || status == STATUS_NOT_SUPPORTED ||
                 status == STATUS_INVALID_PARAMETER
             ? no(status)
             : again(status);
}

Verdict by_srb_status(const Failure& failure) {
  if (failure.srb_status == SRB_STATUS_PENDING) return by_status(failure.irp_status);
  if (failure.srb_status == SRB_STATUS_INTERNAL_ERROR) return by_status(failure.internal_status);
  for (const SrbRow& row : kSrbRows)
    if (row.status == failure.srb_status && (row.scsi_status == kAny || row.scsi_status == failure.scsi_status))
      return row.verdict;
  return kOtherSrbStatus;
}

Verdict by_sense(const Failure& failure) {
  for (const SenseRow& row : kSenseRows)
    if (row.key == failure.key && (row.code == kAny || row.code == failure.code) &&
        (row.qualifier == kAny || row.qualifier == failure.qualifier))
      return row.verdict;
  return kOtherSrbStatus;
}

/// A device or port that does not know caches has nothing to flush.
bool is_about_caches(const Failure& failure) {
  if (failure.function == SRB_FUNCTION_FLUSH || failure.function == SRB_FUNCTION_SHUTDOWN) return true;
  return failure.function == SRB_FUNCTION_EXECUTE_SCSI &&
         (failure.operation == SCSIOP_SYNCHRONIZE_CACHE || failure.operation == SCSIOP_SYNCHRONIZE_CACHE16);
}

}  // namespace

std::span<const SenseRow> sense_rows() {
  return kSenseRows;
}
std::span<const SrbRow> srb_rows() {
  return kSrbRows;
}

Failure failure_of(const SCSI_REQUEST_BLOCK& srb, NTSTATUS irp_status) {
  Failure failure;
  failure.function = srb.Function;
  failure.operation = srb.Function == SRB_FUNCTION_EXECUTE_SCSI ? srb.Cdb[0] : 0;
  failure.srb_status = SRB_STATUS(srb.SrbStatus);
  failure.scsi_status = srb.ScsiStatus;
  failure.irp_status = irp_status;
  if (failure.srb_status == SRB_STATUS_INTERNAL_ERROR)
    failure.internal_status = static_cast<NTSTATUS>(srb.InternalStatus);

  const auto* sense = static_cast<const UCHAR*>(srb.SenseInfoBuffer);
  const unsigned length = srb.SenseInfoBufferLength;
  if ((srb.SrbStatus & SRB_STATUS_AUTOSENSE_VALID) == 0 || sense == nullptr || length < 3) return failure;
  const UCHAR format = sense[0] & 0x7F;
  constexpr UCHAR kDescriptorCurrent = 0x72, kDescriptorDeferred = 0x73;
  failure.has_sense = true;
  failure.deferred = format == SCSI_SENSE_ERRORCODE_FIXED_DEFERRED || format == kDescriptorDeferred;
  if (format == kDescriptorCurrent || format == kDescriptorDeferred) {
    failure.key = sense[1] & 0x0F;
    failure.code = sense[2];
    failure.qualifier = length > 3 ? sense[3] : 0;
  } else {
    failure.key = sense[2] & 0x0F;
    failure.code = length > 12 ? sense[12] : 0;
    failure.qualifier = length > 13 ? sense[13] : 0;
  }
  return failure;
}

Verdict interpret(const Failure& failure) {
  if (failure.srb_status == SRB_STATUS_SUCCESS) return no(STATUS_SUCCESS);
  // Sense about an earlier command: this one was not carried out.
  if (failure.has_sense && failure.deferred) return again(STATUS_IO_DEVICE_ERROR);
  const bool conflict = failure.scsi_status == SCSISTAT_RESERVATION_CONFLICT;
  Verdict verdict = failure.has_sense && !conflict ? by_sense(failure) : by_srb_status(failure);
  if (!verdict.retry && verdict.status == STATUS_INVALID_DEVICE_REQUEST && is_about_caches(failure))
    return no(STATUS_SUCCESS);
  return verdict;
}

}  // namespace drydock::class_::disk
