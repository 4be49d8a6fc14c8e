#include "port/scsiport/start_io.h"

#include <algorithm>
#include <cstring>

#include "machine/machine.h"
#include "ntos/io/irp_ledger.h"  // irp#7 in the trace
#include "port/scsiport/completion.h"
#include "port/scsiport/miniport.h"
#include "port/scsiport/reset.h"
#include "port/scsiport/slots.h"
#include "port/scsiport/timeout.h"

namespace drydock::port::scsiport {

using machine::Event;
using machine::Machine;

// ---- what ended ----

void Ended::add(Adapter& adapter, Request& request) {
  if (!request.irp) {
    own_.push_back(&request);
    return;
  }
  IRP* irp = request.irp;
  irp->IoStatus.Status = request.status;
  irp->IoStatus.Information = request.srb->DataTransferLength;
  irp->Tail.Overlay.ListEntry.Flink = nullptr;
  if (last_irp_)
    last_irp_->Tail.Overlay.ListEntry.Flink = &irp->Tail.Overlay.ListEntry;
  else
    first_irp_ = irp;
  last_irp_ = irp;
  ++adapter.account.completed;
  free_request(adapter, request);
}

void Ended::complete(Adapter& adapter) {
  while (IRP* irp = first_irp_) {
    LIST_ENTRY* next = irp->Tail.Overlay.ListEntry.Flink;
    first_irp_ = next ? NT_CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry) : nullptr;
    if (!first_irp_) last_irp_ = nullptr;
    IofCompleteRequest(irp, NT_SUCCESS(irp->IoStatus.Status) ? IO_DISK_INCREMENT : IO_NO_INCREMENT);
  }
  while (Request* request = own_.pop_front()) request->ended(adapter, *request, request->context);
}

Ended::~Ended() {
  HOST_CHECK(!first_irp_ && own_.empty());
}

// ---- requests ----

Request* allocate_request(Adapter& adapter) {
  Request* request = adapter.free_requests;
  if (request) {
    adapter.free_requests = request->next_free;
    static_cast<RequestFields&>(*request) = RequestFields{};
  } else {
    request = &adapter.requests.emplace_back();
  }
  request->number = ++adapter.port->next_request;
  request->arrived = Machine::current().now();
  return request;
}

void free_request(Adapter& adapter, Request& request) {
  request.next_free = adapter.free_requests;
  adapter.free_requests = &request;
}

void end_in_port(Adapter& adapter, Request& request, UCHAR srb_status, NTSTATUS status, Ended& ended) {
  request.srb->SrbStatus = srb_status;
  if (request.function != SRB_FUNCTION_WMI) request.srb->DataTransferLength = 0;
  request.status = status;
  if (srb_status == SRB_STATUS_INTERNAL_ERROR) request.srb->InternalStatus = static_cast<ULONG>(status);  // SP-261
  ended.add(adapter, request);
}

void end_waiting(Adapter& adapter, LogicalUnit& unit, UCHAR srb_status, NTSTATUS status, Ended& ended) {
  RequestList all = unit.queue.take_all();
  all.prepend(unit.retries);
  all.prepend(unit.busy);
  all.prepend(unit.bypass);
  unit.busy_until_tick = false;
  while (Request* request = all.pop_front()) end_in_port(adapter, *request, srb_status, status, ended);
  while (Request* request = unit.quiesce.pop_front()) end_in_port(adapter, *request, srb_status, status, ended);
  if (unit.sense && unit.sense_waits) {
    Request* failed = unit.sense->senses_for;
    free_request(adapter, *unit.sense);
    unit.sense = nullptr;
    unit.sense_waits = false;
    ended.add(adapter, *failed);
  }
}

void arrive(Adapter& adapter, Request& request, Ended& ended) {
  LogicalUnit& unit = *request.unit;
  request.address = unit.address;
  if (request.function == SRB_FUNCTION_EXECUTE_SCSI) request.operation = request.srb->Cdb[0];
  // The port itself may still ask a unit whose stack is gone whether it is there.
  const bool unit_closed = unit.removed && request.irp;
  if (unit_closed || adapter.lifecycle == Lifecycle::SurpriseRemoved || adapter.lifecycle == Lifecycle::Removed) {
    end_in_port(adapter, request, SRB_STATUS_NO_DEVICE, STATUS_DEVICE_DOES_NOT_EXIST, ended);  // SP-277, SP-278
    return;
  }
  if (!map_data(adapter, request)) {
    end_in_port(adapter, request, SRB_STATUS_INTERNAL_ERROR, STATUS_INSUFFICIENT_RESOURCES, ended);  // SP-261
    return;
  }
  const ResetRow* row = reset_step(adapter, ResetEvent::RequestArrives);
  HOST_CHECK(row);
  if (row->then == ResetAction::refuse_request) {
    end_in_port(adapter, request, SRB_STATUS_NO_HBA, STATUS_DEVICE_DOES_NOT_EXIST, ended);
    return;
  }
  // SP-279: BYPASS_LOCKED_QUEUE is the mark of a power request, which passes a frozen queue too.
  const bool passes_frozen = request.flags & SRB_FLAGS_BYPASS_FROZEN_QUEUE;
  const bool passes_both = (unit.locks || unit.frozen) && (request.flags & SRB_FLAGS_BYPASS_LOCKED_QUEUE);
  if (passes_frozen || passes_both) {
    request.waits = Request::Waits::ToBypass;
    unit.bypass.push_back(&request);
  } else {
    request.waits = Request::Waits::InQueue;
    unit.queue.insert(&request);
  }
  consider(unit);
  if (row->then == ResetAction::start_request) start_requests(adapter);
}

// ---- which one is next ----

bool wants_tag(const Adapter& adapter, const Request& request) {
  return (adapter.tagged_queuing || adapter.multiple_requests) &&
         (request.flags & (SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_NO_QUEUE_FREEZE)) &&
         !(request.flags & SRB_FLAGS_DISABLE_DISCONNECT);
}

namespace {

/// SP-243, SP-257, SP-279: a bypass request passes what its flags say; power requests pass a frozen queue too.
bool may_bypass(const LogicalUnit& unit, const Request& request) {
  return !unit.locks || (request.flags & SRB_FLAGS_BYPASS_LOCKED_QUEUE);
}

/// SP-055, SP-074, SP-075.
bool fits_beside_owned(const LogicalUnit& unit, const Request& request) {
  if (unit.owned.empty()) return true;
  return !unit.untagged_owned && !unit.awaits_next && wants_tag(*unit.adapter, request);
}

}  // namespace

Request* startable(LogicalUnit& unit) {
  if (unit.sense) return unit.sense_waits ? unit.sense : nullptr;  // SP-251
  if (!unit.powered) return nullptr;
  for (Request* request = unit.bypass.first(); request; request = request->next)
    if (may_bypass(unit, *request)) return request;
  if (unit.frozen || unit.locks || unit.busy_until_tick) return nullptr;
  Request* request = unit.retries.empty() ? unit.queue.head() : unit.retries.first();
  return request && fits_beside_owned(unit, *request) ? request : nullptr;
}

void take_for_start(LogicalUnit& unit, Request* request) {
  switch (request->waits) {
    case Request::Waits::AsSense:
      unit.sense_waits = false;
      break;
    case Request::Waits::ToBypass:
      unit.bypass.remove(request);
      break;
    case Request::Waits::ToRetry:
      unit.retries.remove(request);
      break;
    case Request::Waits::InQueue:
      unit.queue.take(request);
      break;
    case Request::Waits::No:
      HOST_CHECK(!"a request that waits nowhere was started");
  }
  request->waits = Request::Waits::No;
}

void consider(LogicalUnit& unit) {
  if (unit.in_ready_list || !startable(unit)) return;
  Adapter& adapter = *unit.adapter;
  unit.in_ready_list = true;
  unit.next_ready = nullptr;
  (adapter.ready_last ? adapter.ready_last->next_ready : adapter.ready_first) = &unit;
  adapter.ready_last = &unit;
}

namespace {

/// Everything about the adapter that holds requests back, whatever unit they are for.
bool may_start(const Adapter& adapter) {
  return adapter.ready && !adapter.blocked && adapter.state == ResetState::Running &&
         adapter.first_free_slot != kNoSlot && !adapter.disconnect_disabled_owned && !adapter.interrupts_held &&
         adapter.lifecycle != Lifecycle::SurpriseRemoved;
}

/// Takes one of the ready units out of the list; which one is a decision. Units that are no longer ready leave it.
LogicalUnit* pick(Adapter& adapter) {
  std::uint32_t count = 0;
  LogicalUnit* last = nullptr;
  for (LogicalUnit** link = &adapter.ready_first; *link;) {
    LogicalUnit* unit = *link;
    if (startable(*unit)) {
      ++count;
      last = unit;
      link = &unit->next_ready;
    } else {
      *link = unit->next_ready;
      unit->in_ready_list = false;
    }
  }
  adapter.ready_last = last;
  if (!count) return nullptr;
  std::uint32_t chosen = Machine::current().choose("order.units", count);
  LogicalUnit* before = nullptr;
  LogicalUnit* unit = adapter.ready_first;
  for (; chosen; --chosen) before = unit, unit = unit->next_ready;
  (before ? before->next_ready : adapter.ready_first) = unit->next_ready;
  if (adapter.ready_last == unit) adapter.ready_last = before;
  unit->in_ready_list = false;
  return unit;
}

/// Which request it is, for people.
void tell_contents(const Request& request) {
  const SCSI_REQUEST_BLOCK& srb = *request.srb;
  const UCHAR* cdb = srb.Cdb;
  std::uint64_t block = 0;
  if (cdb[0] == SCSIOP_READ || cdb[0] == SCSIOP_WRITE || cdb[0] == SCSIOP_READ16 || cdb[0] == SCSIOP_WRITE16)
    block = big_endian_32(cdb + (cdb[0] >= SCSIOP_READ16 ? 6 : 2));
  Machine::current().detail(Event::SrbContents, request.number, request.irp ? ntos::io::number_of(request.irp) : 0,
                            static_cast<std::uint64_t>(cdb[0]) << 56 |
                                std::min<std::uint64_t>(srb.DataTransferLength, 0xFFFFFF) << 32 | block);
}

void issue(Adapter& adapter, LogicalUnit& unit, Request& request) {
  take_for_start(unit, &request);
  const bool tagged = wants_tag(adapter, request);
  Slot& slot = *take_slot(adapter);
  hand_over(adapter, slot, request, tagged);
  unit.owned.push_back(&request);
  unit.awaits_next = true;
  if (!tagged) ++unit.untagged_owned;
  ++adapter.owned;
  if (request.flags & SRB_FLAGS_DISABLE_DISCONNECT) ++adapter.disconnect_disabled_owned;
  adapter.ready = false;
  request.started = Machine::current().now();
  ++request.starts;
  ++adapter.account.started;
  start_clocks(adapter, unit, request);
  if (Machine::current().trace().keeps_records()) [[unlikely]]
    tell_contents(request);
  Machine::current().record(Event::SrbStarted, request.number, request.function, unit.address.bits());
  consider(unit);
  call_start_io(adapter, slot);
}

}  // namespace

void start_requests(Adapter& adapter) {
  while (may_start(adapter)) {
    LogicalUnit* unit = pick(adapter);
    if (!unit) return;
    issue(adapter, *unit, *startable(*unit));
  }
}

// ---- senders ----

namespace {
/// Where the sender's data lies: in the IRP's MDL if DataBuffer points into it, else at a system address.
void locate_data(Request& request, MDL* mdl) {
  const SCSI_REQUEST_BLOCK& srb = *request.srb;
  request.data = srb.DataBuffer;
  if (!mdl || request.function != SRB_FUNCTION_EXECUTE_SCSI || !srb.DataTransferLength) return;
  const auto start = reinterpret_cast<std::uint64_t>(MmGetMdlVirtualAddress(mdl));
  const std::uint64_t offset = reinterpret_cast<std::uint64_t>(srb.DataBuffer) - start;
  if (offset > MmGetMdlByteCount(mdl)) return;
  request.mdl = mdl;
  request.mdl_offset = static_cast<ULONG>(offset);
}
}  // namespace

NTSTATUS submit(LogicalUnit& unit, IRP* irp, SCSI_REQUEST_BLOCK* srb) {
  Adapter& adapter = *unit.adapter;
  IoMarkIrpPending(irp);
  Ended ended;
  {
    PortLock lock(adapter);
    Request* request = allocate_request(adapter);
    request->irp = irp;
    request->srb = srb;
    request->unit = &unit;
    request->function = srb->Function;
    request->flags = srb->SrbFlags;
    request->sort_key = srb->Function == SRB_FUNCTION_WMI ? 0 : srb->QueueSortKey;
    locate_data(*request, irp->MdlAddress);
    srb->PathId = unit.address.path;
    srb->TargetId = unit.address.target;
    srb->Lun = unit.address.lun;
    srb->SrbStatus = SRB_STATUS_PENDING;
    arrive(adapter, *request, ended);
  }
  ended.complete(adapter);
  return STATUS_PENDING;
}

namespace {
void own_request_ended(Adapter&, Request&, void* context) {
  KeSetEvent(static_cast<KEVENT*>(context), IO_NO_INCREMENT, FALSE);
}
}  // namespace

OwnResult send_and_wait(LogicalUnit& unit, const OwnRequest& what) {
  Adapter& adapter = *unit.adapter;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  Request* request;
  Ended ended;
  {
    PortLock lock(adapter);
    request = allocate_request(adapter);
    SCSI_REQUEST_BLOCK& srb = request->own_srb = {};
    srb.Length = sizeof(srb);
    srb.Function = what.function;
    srb.PathId = unit.address.path;
    srb.TargetId = unit.address.target;
    srb.Lun = unit.address.lun;
    srb.QueueAction = SRB_SIMPLE_TAG_REQUEST;
    srb.CdbLength = what.cdb_length;
    std::memcpy(srb.Cdb, what.cdb, sizeof(srb.Cdb));
    srb.SrbFlags = what.flags;
    srb.TimeOutValue = what.timeout_s;
    srb.DataBuffer = what.buffer;
    srb.DataTransferLength = what.length;
    srb.SenseInfoBuffer = what.sense;
    srb.SenseInfoBufferLength = what.sense_length;
    srb.OriginalRequest = what.irp;
    if (what.function == SRB_FUNCTION_WMI) {
      auto& wmi = reinterpret_cast<SCSI_WMI_REQUEST_BLOCK&>(srb);
      wmi.WMISubFunction = what.wmi.minor;
      wmi.WMIFlags = what.wmi.flags;
      wmi.DataPath = what.wmi.path;
    }
    request->srb = &srb;
    request->unit = &unit;
    request->function = what.function;
    request->flags = what.flags;
    request->ended = own_request_ended;
    request->context = &done;
    locate_data(*request, what.mdl);
    arrive(adapter, *request, ended);
  }
  ended.complete(adapter);
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  OwnResult result{request->status, request->own_srb.SrbStatus, request->own_srb.ScsiStatus,
                   request->own_srb.DataTransferLength, request->own_srb.SenseInfoBufferLength};
  PortLock lock(adapter);
  free_request(adapter, *request);
  return result;
}

}  // namespace drydock::port::scsiport
