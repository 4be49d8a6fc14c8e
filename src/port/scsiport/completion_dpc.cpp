#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/completion.h"
#include "port/scsiport/error_log.h"
#include "port/scsiport/miniport.h"
#include "port/scsiport/notification.h"
#include "port/scsiport/reset.h"
#include "port/scsiport/slots.h"
#include "port/scsiport/timeout.h"
#include "port/scsiport/wmi.h"

namespace drydock::port::scsiport {

using machine::Event;
using machine::Machine;

NTSTATUS status_of(UCHAR srb_status) {
  switch (SRB_STATUS(srb_status)) {
    case SRB_STATUS_SUCCESS:
      return STATUS_SUCCESS;
    case SRB_STATUS_TIMEOUT:
    case SRB_STATUS_COMMAND_TIMEOUT:
      return STATUS_IO_TIMEOUT;
    case SRB_STATUS_BAD_SRB_BLOCK_LENGTH:
    case SRB_STATUS_BAD_FUNCTION:
      return STATUS_INVALID_DEVICE_REQUEST;
    case SRB_STATUS_NO_DEVICE:
    case SRB_STATUS_INVALID_LUN:
    case SRB_STATUS_INVALID_TARGET_ID:
    case SRB_STATUS_NO_HBA:
      return STATUS_DEVICE_DOES_NOT_EXIST;
    case SRB_STATUS_DATA_OVERRUN:
      return STATUS_BUFFER_OVERFLOW;
    case SRB_STATUS_SELECTION_TIMEOUT:
      return STATUS_DEVICE_NOT_CONNECTED;
    default:
      return STATUS_IO_DEVICE_ERROR;
  }
}

bool freezes(const Request& request, UCHAR srb_status) {
  if (SRB_STATUS(srb_status) == SRB_STATUS_SUCCESS || (request.flags & SRB_FLAGS_NO_QUEUE_FREEZE)) return false;
  if (!request.irp) return false;  // the port would have to release its own (SP-048)
  switch (request.function) {
    case SRB_FUNCTION_RESET_BUS:
    case SRB_FUNCTION_IO_CONTROL:
    case SRB_FUNCTION_WMI:
      return false;
    default:
      return true;
  }
}

void note_idle(Adapter& adapter) {
  if (adapter.idle_is_awaited) KeSetEvent(&adapter.kernel->idle, IO_NO_INCREMENT, FALSE);
}

namespace {

constexpr ULONG kSenseTimeout_s = 2;          // SP-232
constexpr std::uint8_t kBusyReturnsMax = 20;  // SP-089

/// The books: the miniport has one less.
void release_ownership(Adapter& adapter, Slot& slot, Request& request) {
  LogicalUnit& unit = *request.unit;
  const bool was_oldest = unit.owned.first() == &request;
  unit.owned.remove(&request);
  if (!slot.tagged) --unit.untagged_owned;
  if (request.flags & SRB_FLAGS_DISABLE_DISCONNECT) --adapter.disconnect_disabled_owned;
  if (was_oldest) restart_unit_clock(unit);
  if (unit.owned.empty()) unit.awaits_next = false;
  if (--adapter.owned == 0) note_idle(adapter);
  request.slot = kNoSlot;
}

bool is_busy(const SCSI_REQUEST_BLOCK& srb) {
  const UCHAR status = SRB_STATUS(srb.SrbStatus);
  return status == SRB_STATUS_BUSY ||
         (status != SRB_STATUS_SUCCESS && (srb.ScsiStatus == SCSISTAT_BUSY || srb.ScsiStatus == SCSISTAT_QUEUE_FULL));
}

/// SP-250.
bool wants_sense(const Request& request, const SCSI_REQUEST_BLOCK& returned) {
  return request.function == SRB_FUNCTION_EXECUTE_SCSI && !request.senses_for &&
         returned.ScsiStatus == SCSISTAT_CHECK_CONDITION && !(returned.SrbStatus & SRB_STATUS_AUTOSENSE_VALID) &&
         SRB_STATUS(returned.SrbStatus) != SRB_STATUS_REQUEST_SENSE_FAILED &&
         SRB_STATUS(returned.SrbStatus) != SRB_STATUS_SUCCESS && request.srb->SenseInfoBuffer &&
         request.srb->SenseInfoBufferLength && !(request.flags & SRB_FLAGS_DISABLE_AUTOSENSE);
}

/// SP-251: untagged, past a frozen queue, ahead of everything else of the unit.
void send_request_sense(Adapter& adapter, Request& failed) {
  LogicalUnit& unit = *failed.unit;
  Request& sense = *allocate_request(adapter);
  SCSI_REQUEST_BLOCK& srb = sense.own_srb = {};
  srb.Length = sizeof(srb);
  srb.Function = SRB_FUNCTION_EXECUTE_SCSI;
  srb.PathId = unit.address.path;
  srb.TargetId = unit.address.target;
  srb.Lun = unit.address.lun;
  srb.QueueAction = SRB_SIMPLE_TAG_REQUEST;
  srb.SrbFlags =
      SRB_FLAGS_DATA_IN | SRB_FLAGS_BYPASS_FROZEN_QUEUE | SRB_FLAGS_DISABLE_DISCONNECT | SRB_FLAGS_DISABLE_AUTOSENSE;
  srb.TimeOutValue = kSenseTimeout_s;
  srb.CdbLength = CDB6GENERIC_LENGTH;
  srb.Cdb[0] = SCSIOP_REQUEST_SENSE;
  srb.Cdb[4] = failed.srb->SenseInfoBufferLength;
  srb.DataBuffer = failed.srb->SenseInfoBuffer;
  srb.DataTransferLength = failed.srb->SenseInfoBufferLength;
  sense.srb = &srb;
  sense.unit = &unit;
  sense.address = unit.address;
  sense.operation = SCSIOP_REQUEST_SENSE;
  sense.flags = srb.SrbFlags;
  sense.data = srb.DataBuffer;
  sense.senses_for = &failed;
  sense.waits = Request::Waits::AsSense;
  unit.sense = &sense;
  unit.sense_waits = true;
  consider(unit);
}

/// SP-252, SP-254: the failed request goes back now, with what there is.
void sense_ended(Adapter& adapter, Request& sense, Afterwards& afterwards) {
  LogicalUnit& unit = *sense.unit;
  Request& failed = *sense.senses_for;
  const UCHAR status = SRB_STATUS(sense.own_srb.SrbStatus);
  if (status == SRB_STATUS_SUCCESS || status == SRB_STATUS_DATA_OVERRUN) {
    failed.srb->SrbStatus |= SRB_STATUS_AUTOSENSE_VALID;
    failed.srb->SenseInfoBufferLength =
        static_cast<UCHAR>(std::min<ULONG>(sense.own_srb.DataTransferLength, failed.srb->SenseInfoBufferLength));
  }
  unit.sense = nullptr;
  free_request(adapter, sense);
  afterwards.ended.add(adapter, failed);
}

/// SP-208, SP-352: what a BUS_RESET says about the bus it happened on.
void note_bus_reset_status(Adapter& adapter, const Request& request) {
  const std::uint32_t path = 1u << request.unit->address.path;
  if (adapter.reset_unnamed)
    adapter.paths_in_hold_off |= path;
  else if (adapter.state == ResetState::Resetting && !(adapter.paths_in_hold_off & path))
    violation(&adapter, Check::ResetHitOtherBus,
              fmt::format("srb#{} came back with BUS_RESET, though bus {} was not reset", request.number,
                          request.unit->address.path),
              {}, &request);
}

void complete_slot(Adapter& adapter, Slot& slot, Afterwards& afterwards) {
  Request& request = *slot.request;
  LogicalUnit& unit = *request.unit;
  const SCSI_REQUEST_BLOCK returned = slot.returned;
  release_ownership(adapter, slot, request);
  Machine::current().record(Event::SrbCompleted, request.number,
                            static_cast<std::uint64_t>(returned.SrbStatus) << 8 | returned.ScsiStatus);
  const UCHAR status = SRB_STATUS(returned.SrbStatus);
  if (status != SRB_STATUS_SELECTION_TIMEOUT && status != SRB_STATUS_NO_DEVICE) unit.has_answered = true;

  const bool gone = adapter.lifecycle == Lifecycle::SurpriseRemoved || unit.removed;
  const bool busy = is_busy(returned);
  if (busy && !gone && !request.senses_for && !(request.flags & SRB_FLAGS_BYPASS_FROZEN_QUEUE) &&
      request.busy_returns < kBusyReturnsMax) {
    put_slot(adapter, slot);
    retry_on_tick(adapter, request);
    return;
  }

  take_over_results(adapter, slot, request);
  put_slot(adapter, slot);
  if (!request.status) request.status = status_of(returned.SrbStatus);
  if (busy) request.status = STATUS_DEVICE_NOT_READY;
  if (busy ? request.busy_returns == kBusyReturnsMax : status == SRB_STATUS_PARITY_ERROR)
    log_transport_error(adapter, request);
  if (status == SRB_STATUS_SUCCESS) adapter.buses[unit.address.path].resets_without_success = 0;
  if (status == SRB_STATUS_BUS_RESET) note_bus_reset_status(adapter, request);
  if (request.function == SRB_FUNCTION_RESET_BUS && status != SRB_STATUS_INVALID_REQUEST)
    reset_request_completed(adapter, unit.address.path);

  if (request.senses_for) {
    sense_ended(adapter, request, afterwards);
    return;
  }
  if (freezes(request, returned.SrbStatus)) {
    if (!unit.frozen) unit.frozen_since = Machine::current().now();
    unit.frozen = true;
    request.srb->SrbStatus |= SRB_STATUS_QUEUE_FROZEN;
  }
  if (wants_sense(request, returned) && !gone && adapter.state != ResetState::Failed)
    send_request_sense(adapter, request);
  else
    afterwards.ended.add(adapter, request);
}

/// Last notified first; another order is a decision (SP-103).
void complete_given_back(Adapter& adapter, std::uint16_t first, Afterwards& afterwards) {
  std::array<std::uint16_t, kSlotsMax> order;
  unsigned count = 0;
  for (std::uint16_t slot = first; slot != kNoSlot; slot = adapter.slots[slot].next_given_back) order[count++] = slot;
  Machine& machine = Machine::current();
  for (unsigned done = 0; done < count; ++done) {
    if (const std::uint32_t chosen = machine.choose("order.completions", count - done))
      std::rotate(order.begin() + done, order.begin() + done + chosen, order.begin() + done + chosen + 1);
    Slot& slot = adapter.slots[order[done]];
    LogicalUnit& unit = *slot.request->unit;
    reset_step(adapter, ResetEvent::SrbGivenBack);
    complete_slot(adapter, slot, afterwards);
    consider(unit);
    if (unit.owned.empty())
      while (Request* request = unit.quiesce.pop_front())
        end_in_port(adapter, *request, SRB_STATUS_SUCCESS, STATUS_SUCCESS, afterwards.ended);
  }
}

void set_miniport_timer(Adapter& adapter, const Notified& notified) {
  FdoExtension& kernel = *adapter.kernel;
  KeCancelTimer(&kernel.miniport_timer);
  adapter.timer_set = notified.timer_us != 0 && adapter.ready_to_run;
  adapter.timer_routine = notified.timer_routine;
  if (!adapter.timer_set) return;
  // SP-136: at the next multiple of the clock's resolution.
  const machine::Time now = Machine::current().now();
  const machine::Duration resolution = std::max(port().settings.timer_resolution, machine::k100ns);
  const machine::Time due = now + std::chrono::microseconds{notified.timer_us};
  const machine::Time at = (due + resolution - machine::Duration{1}) / resolution * resolution;
  LARGE_INTEGER relative;
  relative.QuadPart = -static_cast<LONGLONG>((at - now + machine::k100ns - machine::Duration{1}) / machine::k100ns);
  KeSetTimer(&kernel.miniport_timer, relative, &kernel.miniport_timer_dpc);
}

/// SP-105. A level line that is still up asks again of itself; an edge that came meanwhile must not be lost.
void hold_interrupts(Adapter& adapter, bool hold) {
  under_interrupt_lock(adapter, [&] {
    adapter.interrupts_held = hold;
    if (hold) return;
    const bool missed = std::exchange(adapter.interrupt_came_while_held, false);
    if (missed && adapter.interrupt && adapter.interrupt_mode == Latched) call_interrupt(adapter);
    request_completion_dpc(adapter);
  });
}

}  // namespace

void act_on_notifications(Adapter& adapter, Afterwards& afterwards) {
  Notified notified;
  take_notifications(adapter, notified, afterwards.log, afterwards.wmi);
  if (!notified.any) return;
  if (notified.timer) set_miniport_timer(adapter, notified);
  if (notified.next_request && reset_step(adapter, ResetEvent::NextRequestNotified)) {
    adapter.ready = true;
    adapter.next_clock = -1;
  }
  if (notified.reset_detected) reset_detected(adapter);
  start_requests(adapter);
  complete_given_back(adapter, notified.given_back, afterwards);
  start_requests(adapter);
  if (notified.enable_routine) {
    hold_interrupts(adapter, true);
    call_enable_interrupts(adapter, notified.enable_routine);
    hold_interrupts(adapter, false);
  }
  if (notified.disable_routine) call_disable_interrupts(adapter, notified.disable_routine);
  afterwards.buses_changed |= notified.buses_changed;
}

void finish(Adapter& adapter, Afterwards& afterwards) {
  for (const LogEntry& entry : afterwards.log) write_log_entry(adapter, entry);
  if (!afterwards.wmi.empty()) pass_on_to_wmi(adapter, afterwards.wmi);
  if (afterwards.buses_changed && adapter.pdo && adapter.ready_to_run)
    IoInvalidateDeviceRelations(adapter.pdo, BusRelations);
  afterwards.ended.complete(adapter);
}

VOID NTAPI ScsiPortCompletionDpc(KDPC*, PVOID DeferredContext, PVOID, PVOID) {
  Adapter& adapter = *static_cast<Adapter*>(DeferredContext);
  Afterwards afterwards;
  {
    PortLock lock(adapter);
    act_on_notifications(adapter, afterwards);
  }
  finish(adapter, afterwards);
}

VOID NTAPI ScsiPortMiniportTimerDpc(KDPC*, PVOID DeferredContext, PVOID, PVOID) {
  Adapter& adapter = *static_cast<Adapter*>(DeferredContext);
  PortLock lock(adapter);
  if (!adapter.timer_set || !adapter.ready_to_run) return;
  adapter.timer_set = false;
  call_timer(adapter, adapter.timer_routine);
}

}  // namespace drydock::port::scsiport
