#include "port/scsiport/notification.h"

#include <algorithm>
#include <cstdarg>
#include <iterator>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/miniport.h"
#include "port/scsiport/slots.h"
#include "port/scsiport/srb_checks.h"
#include "port/scsiport/start_io.h"
#include "port/scsiport/wmi.h"

namespace drydock::port::scsiport {

using machine::Event;
using machine::Machine;

void request_completion_dpc(Adapter& adapter) {
  if (adapter.notified.any) KeInsertQueueDpc(&adapter.kernel->completion_dpc, nullptr, nullptr);
}

namespace {
template <class T>
void move_to_end(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}
}  // namespace

void take_notifications(Adapter& adapter, Notified& notified, std::vector<LogEntry>& log, std::vector<WmiNews>& wmi) {
  under_interrupt_lock(adapter, [&] {
    notified = adapter.notified;
    adapter.notified = Notified{};
    move_to_end(adapter.log_entries, log);
    move_to_end(adapter.wmi_news, wmi);
    // Here, since the list is the miniport's again once the lock is released.
    for (LogicalUnit* unit = notified.units; unit; unit = unit->next_notified) {
      unit->notified = false;
      unit->awaits_next = false;
      consider(*unit);
    }
  });
}

namespace {

Adapter* checked_adapter(const void* extension, const char* routine) {
  Adapter* adapter = adapter_of(extension);
  if (!adapter) [[unlikely]]
    violation(nullptr, Check::BadNotification,
              fmt::format("{} was called with an extension pointer that is none of this port's", routine));
  else
    check_irql(*adapter, routine, std::max<KIRQL>(adapter->interrupt_irql, DISPATCH_LEVEL));
  return adapter;
}

void bad_notification(Adapter& adapter, const std::string& what) {
  violation(&adapter, Check::BadNotification, what);
}

/// SP-373: the miniport speaks up after ScsiStopAdapter has returned.
bool may_notify(Adapter& adapter, const char* what) {
  if (adapter.ready_to_run || adapter.call.running || adapter.passive_call.running) return true;
  violation(&adapter, Check::ActiveAfterStop, fmt::format("{} from an adapter that is stopped", what));
  return false;
}

/// The miniport lets go of the slot's SRB: from here on it is the port's (SP-119).
void give_back(Adapter& adapter, Slot& slot, bool swept) {
  Request& request = *slot.request;
  const MiniportCall* call = running_call(adapter);
  slot.state = Slot::State::GivenBack;
  slot.swept = swept;
  slot.callback = call ? call->serial : 0;
  slot.returned = *slot.srb;
  request.given_back = Machine::current().now();
  request.given_back_in = call ? call->routine : Routine::None;
  request.first_status = slot.returned.SrbStatus;
  Machine::current().detail(
      Event::SrbGivenBack, request.number,
      static_cast<std::uint64_t>(slot.returned.SrbStatus) << 8 | slot.returned.ScsiStatus,
      static_cast<std::uint64_t>(request.given_back_in) | static_cast<std::uint64_t>(adapter.number) << 8);
  slot.history = request;
  witness_give_back(adapter, slot);
  const auto index = static_cast<std::uint16_t>(&slot - adapter.slots.data());
  slot.next_given_back = adapter.notified.given_back;
  adapter.notified.given_back = index;
  adapter.notified.any = true;
}

void completed_twice(Adapter& adapter, Slot& slot) {
  const bool after_sweep = slot.state == Slot::State::GivenBack && slot.swept && running_call(adapter) &&
                           running_call(adapter)->serial == slot.callback;
  std::string summary = after_sweep
                            ? fmt::format(
                                  "srb#{} was given back by a sweep of ScsiPortCompleteRequest and then again by "
                                  "RequestComplete in the same routine",
                                  slot.last_number)
                            : fmt::format("RequestComplete for srb#{}, which {} had given back before",
                                          slot.last_number, routine_name(slot.history.given_back_in));
  violation(
      &adapter, after_sweep ? Check::RequestCompletedAfterSweep : Check::RequestCompletedTwice, std::move(summary),
      {reinterpret_cast<std::uint64_t>(adapter.extension), reinterpret_cast<std::uint64_t>(slot.srb)}, &slot.history);
}

void request_complete(Adapter& adapter, const SCSI_REQUEST_BLOCK* srb) {
  Slot* slot = slot_of(adapter, srb);
  if (!slot) {
    violation(&adapter, Check::RequestNotOurs, "RequestComplete with a pointer that never was an SRB of this adapter");
    return;
  }
  Machine::current().record(Event::Notification, RequestComplete, slot->last_number);
  if (slot->state != Slot::State::Owned) {
    completed_twice(adapter, *slot);
    return;
  }
  check_given_back(adapter, *slot);
  give_back(adapter, *slot, false);
  if (adapter.port->settings.guard_requests) guard_slot(adapter, *slot, false);
}

void next_request(Adapter& adapter) {
  adapter.notified.next_request = true;
  adapter.notified.any = true;
}

void next_lu_request(Adapter& adapter, UnitAddress address) {
  LogicalUnit* unit = find_unit(adapter, address);
  next_request(adapter);
  if (!unit) return;  // SP-130
  if (unit->untagged_owned) {
    for (Request* request = unit->owned.first(); request; request = request->next) {
      const Slot& slot = adapter.slots[request->slot];
      if (slot.tagged || slot.state != Slot::State::Owned) continue;
      violation(&adapter, Check::NextLuWhileUntagged,
                fmt::format("NextLuRequest for unit {}:{}:{} while the untagged srb#{} of it is not completed",
                            address.path, address.target, address.lun, request->number),
                {reinterpret_cast<std::uint64_t>(adapter.extension), reinterpret_cast<std::uint64_t>(unit->extension)},
                request);
      break;
    }
  }
  if (unit->notified) return;
  unit->notified = true;
  unit->next_notified = adapter.notified.units;
  adapter.notified.units = unit;
}

void timer_call(Adapter& adapter, PHW_TIMER routine, ULONG microseconds) {
  if (!routine && microseconds) {
    bad_notification(adapter, fmt::format("RequestTimerCall for {} us without a routine", microseconds));
    return;
  }
  adapter.notified.timer = true;
  adapter.notified.timer_routine = routine;
  adapter.notified.timer_us = microseconds;
  adapter.notified.any = true;
}

bool is_address(const Adapter& adapter, UnitAddress at) {
  return at.path < adapter.config.NumberOfBuses && at.target < SCSI_MAXIMUM_TARGETS_PER_BUS &&
         at.lun < SCSI_MAXIMUM_LUNS_PER_TARGET;
}

}  // namespace

VOID NTAPI ScsiPortNotification(SCSI_NOTIFICATION_TYPE NotificationType, PVOID HwDeviceExtension, ...) {
  Adapter* found = checked_adapter(HwDeviceExtension, "ScsiPortNotification");
  if (!found) return;
  Adapter& adapter = *found;
  if (!may_notify(adapter, scsi_notification_name(NotificationType) ? scsi_notification_name(NotificationType)
                                                                    : "ScsiPortNotification"))
    return;
  const MiniportCall* call = running_call(adapter);
  if (call && call->routine == Routine::FindAdapter && NotificationType != ResetDetected) [[unlikely]] {
    bad_notification(adapter, "ScsiPortNotification from HwScsiFindAdapter: nothing can be under way yet");  // SP-112
    return;
  }

  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, HwDeviceExtension);
  auto next_byte = [&] { return static_cast<UCHAR>(__builtin_va_arg(arguments, int)); };
  auto next_source = [&] {
    WmiSource source;
    source.address.path = next_byte();
    source.is_adapter = source.address.path == SP_UNTAGGED;
    if (source.is_adapter) return WmiSource{};
    source.address.target = next_byte();
    source.address.lun = next_byte();
    return source;
  };
  Machine& machine = Machine::current();
  auto record = [&](std::uint64_t argument = 0) { machine.record(Event::Notification, NotificationType, argument); };

  switch (NotificationType) {
    case RequestComplete:
      request_complete(adapter, __builtin_va_arg(arguments, SCSI_REQUEST_BLOCK*));
      break;
    case NextRequest:
      record();
      next_request(adapter);
      break;
    case NextLuRequest: {
      UnitAddress at;
      at.path = next_byte();
      at.target = next_byte();
      at.lun = next_byte();
      record(at.bits());
      if (is_address(adapter, at))
        next_lu_request(adapter, at);
      else
        bad_notification(adapter,
                         fmt::format("NextLuRequest for {}:{}:{}, which cannot be", at.path, at.target, at.lun));
      break;
    }
    case ResetDetected:
      record();
      witness_reset_known(adapter);
      adapter.notified.reset_detected = true;
      adapter.notified.any = true;
      break;
    case CallDisableInterrupts:
      record();
      adapter.notified.disable_routine = __builtin_va_arg(arguments, PHW_ENABLE_INTERRUPTS);
      adapter.notified.any = true;
      if (adapter.call.running) adapter.call.asked_to_disable = true;
      if (!adapter.notified.disable_routine) bad_notification(adapter, "CallDisableInterrupts without a routine");
      break;
    case CallEnableInterrupts:
      record();
      adapter.notified.enable_routine = __builtin_va_arg(arguments, PHW_ENABLE_INTERRUPTS);
      adapter.notified.any = true;
      if (!adapter.notified.enable_routine) bad_notification(adapter, "CallEnableInterrupts without a routine");
      break;
    case RequestTimerCall: {
      auto routine = __builtin_va_arg(arguments, PHW_TIMER);
      const ULONG microseconds = __builtin_va_arg(arguments, ULONG);
      record(microseconds);
      timer_call(adapter, routine, microseconds);
      break;
    }
    case BusChangeDetected: {
      const UCHAR path = next_byte();
      record(path);
      if (path < adapter.config.NumberOfBuses || path == SP_UNTAGGED) {
        adapter.notified.buses_changed |= path == SP_UNTAGGED ? ~0u : 1u << path;
        adapter.notified.any = true;
      } else {
        bad_notification(adapter, fmt::format("BusChangeDetected for bus {}, which the adapter does not have", path));
      }
      break;
    }
    case WMIEvent: {
      record();
      const void* event = __builtin_va_arg(arguments, const void*);
      note_wmi_event(adapter, event, next_source());
      break;
    }
    case WMIReregister:
      record();
      note_wmi_reregistration(adapter, next_source());
      break;
    default:
      record();
      bad_notification(adapter,
                       fmt::format("notification type {} is none of SCSI Port's", static_cast<int>(NotificationType)));
      break;
  }
  __builtin_ms_va_end(arguments);
}

void take_back_refused(Adapter& adapter, Slot& slot) {
  violation(&adapter, Check::StartIoReturnedFalse,
            fmt::format("HwScsiStartIo returned FALSE for srb#{}; it must return TRUE whatever becomes of the request",
                        slot.last_number),
            {}, slot.request);
  if (slot.state != Slot::State::Owned) return;
  slot.srb->SrbStatus = SRB_STATUS_INVALID_REQUEST;
  slot.request->status = STATUS_UNSUCCESSFUL;
  give_back(adapter, slot, false);
  next_request(adapter);
}

VOID NTAPI ScsiPortCompleteRequest(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, UCHAR SrbStatus) {
  Adapter* found = checked_adapter(HwDeviceExtension, "ScsiPortCompleteRequest");
  if (!found || !may_notify(*found, "ScsiPortCompleteRequest")) return;
  Adapter& adapter = *found;
  const UnitAddress pattern{PathId, TargetId, Lun};
  Machine::current().record(Event::Notification, 0x100, pattern.bits() << 8 | SrbStatus);
  auto matches = [](UCHAR wanted, UCHAR is) { return wanted == SP_UNTAGGED || wanted == is; };
  const bool wildcard = PathId == SP_UNTAGGED || TargetId == SP_UNTAGGED || Lun == SP_UNTAGGED;
  for (LogicalUnit* unit : adapter.units) {
    if (!matches(PathId, unit->address.path) || !matches(TargetId, unit->address.target) ||
        !matches(Lun, unit->address.lun))
      continue;
    for (Request* request = unit->owned.first(); request; request = request->next) {
      Slot& slot = adapter.slots[request->slot];
      if (slot.state != Slot::State::Owned) continue;
      slot.srb->SrbStatus = SrbStatus;
      slot.srb->DataTransferLength = 0;  // SP-146
      check_given_back(adapter, slot);
      give_back(adapter, slot, wildcard);
      if (adapter.port->settings.guard_requests) guard_slot(adapter, slot, false);
    }
  }
}

SCSI_REQUEST_BLOCK* NTAPI ScsiPortGetSrb(PVOID DeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                                         LONG QueueTag) {
  Adapter* adapter = checked_adapter(DeviceExtension, "ScsiPortGetSrb");
  if (!adapter) return nullptr;
  LogicalUnit* unit = find_unit(*adapter, {PathId, TargetId, Lun});
  if (!unit) return nullptr;
  const auto tag = static_cast<UCHAR>(QueueTag);
  if (tag == SP_UNTAGGED) {
    for (Request* request = unit->owned.last(); request; request = request->previous) {
      Slot& slot = adapter->slots[request->slot];
      if (!slot.tagged && slot.state == Slot::State::Owned) return slot.srb;
    }
    return nullptr;
  }
  if (tag == 0 || tag > adapter->slots.size()) return nullptr;
  Slot& slot = adapter->slots[tag - 1u];
  return slot.state == Slot::State::Owned && slot.tagged && slot.request->unit == unit ? slot.srb : nullptr;
}

PVOID NTAPI ScsiPortGetLogicalUnit(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun) {
  Adapter* adapter = checked_adapter(HwDeviceExtension, "ScsiPortGetLogicalUnit");
  if (!adapter) return nullptr;
  LogicalUnit* unit = find_unit(*adapter, {PathId, TargetId, Lun});
  if (!unit || (unit->owned.empty() && !unit->has_answered)) return nullptr;
  return unit->extension;
}

VOID NTAPI ScsiPortLogError(PVOID HwDeviceExtension, SCSI_REQUEST_BLOCK* Srb, UCHAR PathId, UCHAR TargetId, UCHAR Lun,
                            ULONG ErrorCode, ULONG UniqueId) {
  Adapter* adapter = checked_adapter(HwDeviceExtension, "ScsiPortLogError");
  if (!adapter) return;
  LogEntry entry;
  entry.address = {PathId, TargetId, Lun};
  entry.code = ErrorCode;
  entry.unique_id = UniqueId;
  if (Srb) {
    Slot* slot = slot_of(*adapter, Srb);
    if (!slot || slot->state != Slot::State::Owned) {
      violation(adapter, Check::LogErrorAfterComplete,
                slot ? fmt::format("ScsiPortLogError with srb#{}, which was given back before", slot->last_number)
                     : std::string("ScsiPortLogError with a pointer that is no SRB of this adapter"),
                {}, slot ? &slot->history : nullptr);
    } else {
      entry.has_srb = true;
      slot->logged_code = ErrorCode;
      entry.srb = *slot->srb;
      entry.request = slot->last_number;
    }
  }
  if (ErrorCode < SP_BUS_PARITY_ERROR || ErrorCode > SP_LOST_WMI_MINIPORT_REQUEST)
    violation(adapter, Check::UnknownLogCode,
              fmt::format("ScsiPortLogError with code {}, which srb.h does not define", ErrorCode));
  if (MiniportCall* call = running_call(*adapter)) call->logged_error = true;
  adapter->log_entries.push_back(entry);
  adapter->notified.log_entries = true;
  adapter->notified.any = true;
  // At PASSIVE_LEVEL nobody asks for the DPC afterwards.
  if (!adapter->call.running) request_completion_dpc(*adapter);
}

}  // namespace drydock::port::scsiport
