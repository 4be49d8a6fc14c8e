#include "port/scsiport/srb_checks.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace drydock::port::scsiport {

namespace {

struct Field {
  const char* name;
  unsigned offset, bytes;
};
#define SRB_FIELD(field) \
  { #field, offsetof(SCSI_REQUEST_BLOCK, field), sizeof(SCSI_REQUEST_BLOCK::field) }

/// Every field a miniport may not write (SP-082).
constexpr Field kFixedFields[] = {
    SRB_FIELD(Length),       SRB_FIELD(Function),        SRB_FIELD(PathId),    SRB_FIELD(TargetId),
    SRB_FIELD(QueueTag),     SRB_FIELD(QueueAction),     SRB_FIELD(CdbLength), SRB_FIELD(TimeOutValue),
    SRB_FIELD(DataBuffer),   SRB_FIELD(SenseInfoBuffer), SRB_FIELD(NextSrb),   SRB_FIELD(OriginalRequest),
    SRB_FIELD(SrbExtension), SRB_FIELD(QueueSortKey),    SRB_FIELD(Cdb),
};
#undef SRB_FIELD

const char* changed_field(const SCSI_REQUEST_BLOCK& before, const SCSI_REQUEST_BLOCK& after) {
  for (const Field& field : kFixedFields)
    if (std::memcmp(reinterpret_cast<const char*>(&before) + field.offset,
                    reinterpret_cast<const char*>(&after) + field.offset, field.bytes))
      return field.name;
  if ((before.SrbFlags ^ after.SrbFlags) & ~SRB_FLAGS_UNSPECIFIED_DIRECTION) return "SrbFlags";
  return nullptr;
}

/// True if nothing but what may change has changed; two comparisons for the common case.
bool only_results_changed(const SCSI_REQUEST_BLOCK& before, SCSI_REQUEST_BLOCK after) {
  after.SrbStatus = before.SrbStatus;
  after.ScsiStatus = before.ScsiStatus;
  after.Lun = before.Lun;
  after.SenseInfoBufferLength = before.SenseInfoBufferLength;
  after.DataTransferLength = before.DataTransferLength;
  after.SrbFlags =
      (after.SrbFlags & ~SRB_FLAGS_UNSPECIFIED_DIRECTION) | (before.SrbFlags & SRB_FLAGS_UNSPECIFIED_DIRECTION);
  after.Reserved = before.Reserved;
  return std::memcmp(static_cast<const void*>(&before), &after, sizeof(after)) == 0;
}

/// What is logged with which code (SP-283, SP-285). Overruns are not among them: DATA_OVERRUN means underruns too.
struct LoggedStatus {
  UCHAR status;
  bool must_be_logged;
  ULONG codes[2];
};
constexpr LoggedStatus kLoggedStatuses[] = {
    {SRB_STATUS_PARITY_ERROR, true, {SP_BUS_PARITY_ERROR}},
    {SRB_STATUS_UNEXPECTED_BUS_FREE, true, {SP_PROTOCOL_ERROR, SP_UNEXPECTED_DISCONNECT}},
    {SRB_STATUS_COMMAND_TIMEOUT, true, {SP_REQUEST_TIMEOUT}},
    {SRB_STATUS_PHASE_SEQUENCE_FAILURE, true, {SP_PROTOCOL_ERROR, SP_INVALID_RESELECTION}},
    {SRB_STATUS_SELECTION_TIMEOUT, false, {SP_BUS_TIME_OUT}},
};

void check_log_entry(Adapter& adapter, const Slot& slot, UCHAR status) {
  const auto* row = std::find_if(std::begin(kLoggedStatuses), std::end(kLoggedStatuses),
                                 [&](const LoggedStatus& one) { return one.status == status; });
  if (row == std::end(kLoggedStatuses)) return;
  const MiniportCall* call = running_call(adapter);
  if (slot.logged_code && slot.logged_code != row->codes[0] && slot.logged_code != row->codes[1])
    violation(&adapter, Check::LogCodeDoesNotFit,
              fmt::format("srb#{} was given back with {}, but logged with code {}", slot.last_number,
                          srb_status_name(status), slot.logged_code),
              {}, slot.request);
  else if (row->must_be_logged && !slot.logged_code && !(call && call->logged_error))
    violation(
        &adapter, Check::ErrorNotLogged,
        fmt::format("srb#{} was given back with {} and nothing was logged", slot.last_number, srb_status_name(status)),
        {}, slot.request);
}

void check_status(Adapter& adapter, const Slot& slot, const SCSI_REQUEST_BLOCK& srb) {
  const UCHAR status = SRB_STATUS(srb.SrbStatus);
  if (status == SRB_STATUS_PENDING || !srb_status_name(status) || (srb.SrbStatus & SRB_STATUS_QUEUE_FROZEN)) {
    violation(&adapter, Check::BadSrbStatus,
              fmt::format("srb#{} was given back with SrbStatus 0x{:02x}, {}", slot.last_number, srb.SrbStatus,
                          status == SRB_STATUS_PENDING              ? "which is pending"
                          : srb.SrbStatus & SRB_STATUS_QUEUE_FROZEN ? "with the port's QUEUE_FROZEN bit"
                                                                    : "which is no SRB status"),
              {reinterpret_cast<std::uint64_t>(slot.srb), reinterpret_cast<std::uint64_t>(adapter.extension)},
              slot.request);
    return;
  }
  if (slot.request->function != SRB_FUNCTION_EXECUTE_SCSI) return;
  check_log_entry(adapter, slot, status);
  if (status == SRB_STATUS_SUCCESS && srb.ScsiStatus != SCSISTAT_GOOD && srb.ScsiStatus != SCSISTAT_CONDITION_MET)
    violation(&adapter, Check::DoubtfulSrbStatus,
              fmt::format("srb#{} was given back with SUCCESS, though its ScsiStatus is 0x{:02x}", slot.last_number,
                          srb.ScsiStatus),
              {}, slot.request);
  if ((srb.SrbStatus & SRB_STATUS_AUTOSENSE_VALID) &&
      (!slot.issued.SenseInfoBuffer || !slot.issued.SenseInfoBufferLength ||
       (slot.issued.SrbFlags & SRB_FLAGS_DISABLE_AUTOSENSE)))
    violation(
        &adapter, Check::DoubtfulSrbStatus,
        fmt::format("srb#{} was given back with AUTOSENSE_VALID, though it wanted no sense data", slot.last_number), {},
        slot.request);
}

}  // namespace

void check_given_back(Adapter& adapter, const Slot& slot) {
  const SCSI_REQUEST_BLOCK& before = slot.issued;
  const SCSI_REQUEST_BLOCK& after = *slot.srb;
  if (after.SrbStatus != SRB_STATUS_SUCCESS || after.ScsiStatus != SCSISTAT_GOOD) check_status(adapter, slot, after);
  if (slot.request->function == SRB_FUNCTION_WMI) return;
  if (!only_results_changed(before, after)) [[unlikely]] {
    if (const char* name = changed_field(before, after))
      violation(
          &adapter, Check::SrbFieldChanged,
          fmt::format("srb#{} was given back with another {} than it was handed over with", slot.last_number, name), {},
          slot.request);
  }
  const bool sense_grew = after.SenseInfoBufferLength > before.SenseInfoBufferLength;
  if (after.DataTransferLength > before.DataTransferLength || sense_grew) [[unlikely]]
    violation(&adapter, Check::LengthGrew,
              fmt::format("srb#{} was given back with a {} of {}; it was handed over with {}", slot.last_number,
                          sense_grew ? "SenseInfoBufferLength" : "DataTransferLength",
                          sense_grew ? after.SenseInfoBufferLength : after.DataTransferLength,
                          sense_grew ? before.SenseInfoBufferLength : before.DataTransferLength),
              {}, slot.request);
}

}  // namespace drydock::port::scsiport
