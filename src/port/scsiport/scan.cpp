#include "port/scsiport/scan.h"

#include <cstring>

#include "port/scsiport/kernel.h"
#include "port/scsiport/start_io.h"

namespace drydock::port::scsiport {

namespace {

constexpr ULONG kInquiryTimeout_s = 4;
constexpr unsigned kInquiryRetries = 2;
/// SP-089: so often the port asks a unit that is busy again, a second later each time.
constexpr unsigned kBusyReturnsMax = 20;
constexpr LONGLONG kSecond100ns = 10'000'000;

enum class Answer {
  Present,
  NoUnit,    ///< this lun is not there, others of the target may be
  NoTarget,  ///< nothing more to ask this target
};

/// Buffers of an INQUIRY: the device writes into them by DMA.
struct InquiryBuffer {
  INQUIRYDATA data;
  alignas(8) UCHAR sense[SENSE_BUFFER_SIZE];
};

bool is_silent(UCHAR status) {
  return status == SRB_STATUS_NO_DEVICE || status == SRB_STATUS_SELECTION_TIMEOUT ||
         status == SRB_STATUS_INVALID_TARGET_ID || status == SRB_STATUS_INVALID_PATH_ID || status == SRB_STATUS_NO_HBA;
}

bool is_busy(const OwnResult& result) {
  return SRB_STATUS(result.srb_status) == SRB_STATUS_BUSY || result.scsi_status == SCSISTAT_BUSY ||
         result.scsi_status == SCSISTAT_QUEUE_FULL;
}

void wait_a_second() {
  LARGE_INTEGER due;
  due.QuadPart = -kSecond100ns;
  KeDelayExecutionThread(KernelMode, FALSE, &due);
}

bool is_illegal_request(const OwnResult& result, const UCHAR* sense) {
  return (result.srb_status & SRB_STATUS_AUTOSENSE_VALID) && result.sense_length > 2 &&
         (sense[2] & 0xF) == SCSI_SENSE_ILLEGAL_REQUEST;
}

Answer ask(LogicalUnit& unit, InquiryBuffer& buffer) {
  OwnRequest inquiry;
  inquiry.cdb[0] = SCSIOP_INQUIRY;
  inquiry.cdb[4] = INQUIRYDATABUFFERSIZE;
  inquiry.cdb_length = CDB6GENERIC_LENGTH;
  // A queue that a class driver left frozen or locked must not hold up who looks for devices.
  inquiry.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_DISABLE_SYNCH_TRANSFER | SRB_FLAGS_BYPASS_FROZEN_QUEUE |
                  SRB_FLAGS_BYPASS_LOCKED_QUEUE;
  inquiry.timeout_s = kInquiryTimeout_s;
  inquiry.buffer = &buffer.data;
  inquiry.length = INQUIRYDATABUFFERSIZE;
  inquiry.sense = buffer.sense;
  inquiry.sense_length = sizeof(buffer.sense);
  unsigned busy_returns = 0;
  for (unsigned attempt = 0; attempt <= kInquiryRetries; ++attempt) {
    std::memset(static_cast<void*>(&buffer), 0, sizeof(buffer));
    const OwnResult result = send_and_wait(unit, inquiry);
    const UCHAR status = SRB_STATUS(result.srb_status);
    if (status == SRB_STATUS_SUCCESS || status == SRB_STATUS_DATA_OVERRUN) {
      if (buffer.data.DeviceTypeQualifier == DEVICE_QUALIFIER_NOT_SUPPORTED) return Answer::NoUnit;
      unit.inquiry = buffer.data;
      unit.inquiry_length = result.length;
      return Answer::Present;
    }
    if (is_silent(status)) return Answer::NoTarget;
    if (status == SRB_STATUS_INVALID_LUN || is_illegal_request(result, buffer.sense)) return Answer::NoUnit;
    if (is_busy(result) && busy_returns++ < kBusyReturnsMax) {
      wait_a_second();
      --attempt;
    }
  }
  return Answer::NoTarget;
}

/// Asks one address. A unit that does not answer and has no PDO goes again.
Answer scan_unit(Adapter& adapter, UnitAddress address, InquiryBuffer& buffer, bool& changed) {
  LogicalUnit* unit = find_unit(adapter, address);
  const bool known = unit != nullptr;
  if (!unit) unit = create_unit(adapter, address);
  if (!unit) return Answer::NoTarget;
  if (!unit->powered) {  // it could not answer, and nobody says that it is gone
    unit->seen = true;
    return Answer::Present;
  }
  const Answer answer = ask(*unit, buffer);
  if (answer == Answer::Present) {
    unit->seen = true;
    if (!unit->pdo && !NT_SUCCESS(create_pdo(*unit))) unit->seen = false;
    changed |= !known || unit->missing;
    unit->missing = false;
  }
  if (!unit->pdo && unit->owned.empty()) delete_unit(*unit);
  return answer;
}

void scan_target(Adapter& adapter, UCHAR path, UCHAR target, InquiryBuffer& buffer, bool& changed) {
  for (UCHAR lun = 0; lun < adapter.config.MaximumNumberOfLogicalUnits && lun != SP_UNTAGGED; ++lun)
    if (scan_unit(adapter, {path, target, lun}, buffer, changed) == Answer::NoTarget) return;
}

void scan_bus(Adapter& adapter, UCHAR path, InquiryBuffer& buffer, bool& changed) {
  const UCHAR targets = adapter.config.MaximumNumberOfTargets;
  const auto initiator = static_cast<UCHAR>(adapter.config.InitiatorBusId[path]);
  for (UCHAR i = 0; i < targets; ++i) {
    const UCHAR target = adapter.config.AdapterScansDown ? static_cast<UCHAR>(targets - 1 - i) : i;
    if (target != initiator) scan_target(adapter, path, target, buffer, changed);
  }
}

}  // namespace

bool scan_buses(Adapter& adapter) {
  auto* buffer = static_cast<InquiryBuffer*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(InquiryBuffer), kPoolTag));
  if (!buffer) return false;
  KeWaitForSingleObject(&adapter.kernel->scan, Executive, KernelMode, FALSE, nullptr);
  bool changed = false;
  if (adapter.ready_to_run) {
    for (LogicalUnit* unit : adapter.units) unit->seen = false;
    for (UCHAR path = 0; path < adapter.config.NumberOfBuses; ++path) scan_bus(adapter, path, *buffer, changed);
    for (LogicalUnit* unit : adapter.units) {
      if (unit->seen || unit->missing || unit->initiator) continue;
      unit->missing = true;  // SP-050
      changed = true;
    }
  }
  KeSetEvent(&adapter.kernel->scan, IO_NO_INCREMENT, FALSE);
  ExFreePoolWithTag(buffer, kPoolTag);
  return changed;
}

DEVICE_RELATIONS* report_units(Adapter& adapter) {
  ULONG count = 0;
  for (const LogicalUnit* unit : adapter.units) count += unit->pdo && !unit->missing;
  const SIZE_T bytes = offsetof(DEVICE_RELATIONS, Objects) + (count ? count : 1) * sizeof(DEVICE_OBJECT*);
  auto* relations = static_cast<DEVICE_RELATIONS*>(ExAllocatePoolWithTag(PagedPool, bytes, kPoolTag));
  if (!relations) return nullptr;
  relations->Count = 0;
  for (LogicalUnit* unit : adapter.units) {
    unit->reported = unit->pdo && !unit->missing;
    if (!unit->reported) continue;
    ObfReferenceObject(unit->pdo);
    relations->Objects[relations->Count++] = unit->pdo;
  }
  return relations;
}

}  // namespace drydock::port::scsiport
