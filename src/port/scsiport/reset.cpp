#include "port/scsiport/reset.h"

#include <algorithm>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/error_log.h"
#include "port/scsiport/miniport.h"
#include "port/scsiport/timeout.h"

namespace drydock::port::scsiport {

using machine::Machine;

namespace {

/// SP-193.
constexpr std::uint32_t kResetsWithoutSuccessMax = 8;
/// SP-182: a decision may shorten the rest by up to one tick, in quarters of it.
constexpr std::uint32_t kShorteningSteps = 5;
constexpr machine::Duration kShorteningStep = std::chrono::milliseconds{250};
/// SP-356.
constexpr std::uint8_t kResetsSurvivedMax = 3;

}  // namespace

const ResetRow* reset_step(Adapter& adapter, ResetEvent event) {
  const std::uint8_t index = kResetIndex[static_cast<unsigned>(adapter.state)][static_cast<unsigned>(event)];
  if (index == kDroppedResetEvent) return nullptr;
  if (index == kNoResetRow) [[unlikely]] {
    Machine::current().note(
        fmt::format("adapter {}: no row for {} in {}", adapter.number, event_name(event), state_name(adapter.state)));
    HOST_CHECK(index != kNoResetRow);
  }
  const ResetRow& row = kResetRows[index];
  ++adapter.port->reset_visits[index];
  if (adapter.state != row.becomes)
    Machine::current().detail(machine::Event::AdapterState, adapter.number,
                              static_cast<std::uint64_t>(adapter.state) << 8 | static_cast<std::uint64_t>(row.becomes),
                              static_cast<std::uint64_t>(event));
  adapter.state = row.becomes;
  return &row;
}

const char* cause_name(ResetCause cause) {
  switch (cause) {
    case ResetCause::Overdue:
      return "a request is overdue";
    case ResetCause::NotReady:
      return "the adapter did not ask for the next request";
    case ResetCause::Ioctl:
      return "an application asked for it";
    case ResetCause::Stop:
      return "the adapter is to stop and requests are out";
  }
  return "?";
}

namespace {

/// Sets the clock of the rest to its full length, whatever it stood at.
void start_hold_off_clock(Adapter& adapter) {
  machine::Duration rest = port().settings.reset_holdoff;
  const std::uint32_t steps = Machine::current().choose("scsiport.hold_off_shortened", kShorteningSteps);
  rest = std::max(rest - static_cast<int>(steps) * kShorteningStep, machine::Duration{0});
  LARGE_INTEGER due;
  due.QuadPart = -static_cast<LONGLONG>(rest / machine::k100ns);
  ++adapter.account.hold_offs;
  Machine::current().note(
      fmt::format("adapter {}: the bus rests for {:.3g} s", adapter.number, static_cast<double>(rest.count()) / 1e9));
  KeSetTimer(&adapter.kernel->hold_off, due, &adapter.kernel->hold_off_dpc);
}

/// A reset begins or is noticed now: what the port will ask for when the rest is over.
void note_reset(Adapter& adapter, std::uint32_t paths, bool unnamed) {
  adapter.paths_in_hold_off |= paths;
  adapter.reset_unnamed |= unnamed;
  if (!adapter.ready) adapter.next_request_owed = true;  // SP-174
}

unsigned owned_on(const Adapter& adapter, std::uint32_t paths) {
  unsigned count = 0;
  for (const LogicalUnit* unit : adapter.units) {
    if (!(paths >> unit->address.path & 1)) continue;
    for (const Request* request = unit->owned.first(); request; request = request->next)
      if (adapter.slots[request->slot].state == Slot::State::Owned) ++count;
  }
  return count;
}

void carry_out(Adapter& adapter, const ResetRow* row) {
  if (!row) return;
  if (row->then == ResetAction::start_hold_off || row->then == ResetAction::restart_hold_off)
    start_hold_off_clock(adapter);
}

bool reset_one_bus(Adapter& adapter, UCHAR path, ResetCause cause, const Request* overdue, Afterwards& afterwards) {
  const ResetRow* row = reset_step(adapter, ResetEvent::ResetWanted);
  if (!row) return false;
  KeCancelTimer(&adapter.kernel->hold_off);
  note_reset(adapter, 1u << path, false);
  witness_reset_known(adapter);
  ++adapter.account.bus_resets;
  log_reset(adapter, path, cause, overdue);
  const bool result = call_reset_bus(adapter, path);
  adapter.last_reset_result = result;
  adapter.reset_routine_called = true;
  const bool logged = adapter.last_call.logged_error;
  act_on_notifications(adapter, afterwards);

  if (!result)
    violation(&adapter, logged ? Check::ResetFailed : Check::ResetFailedUnlogged,
              fmt::format("HwScsiResetBus returned FALSE for bus {}{}", path, logged ? "" : " and logged no error"));
  else if (const unsigned left = owned_on(adapter, 1u << path))
    violation(&adapter, Check::ResetReturnedEarly,
              fmt::format("HwScsiResetBus returned TRUE for bus {} with {} requests still owned", path, left));

  carry_out(adapter, reset_step(adapter, ResetEvent::RoutineReturned));
  if (cause != ResetCause::Ioctl && ++adapter.buses[path].resets_without_success >= kResetsWithoutSuccessMax &&
      reset_step(adapter, ResetEvent::ResetsWithoutEnd)) {
    KeCancelTimer(&adapter.kernel->hold_off);
    for (LogicalUnit* unit : adapter.units)
      end_waiting(adapter, *unit, SRB_STATUS_NO_HBA, STATUS_DEVICE_DOES_NOT_EXIST, afterwards.ended);
    violation(&adapter, Check::ResetLoop,
              fmt::format("bus {} was reset {} times and no request completed successfully in between: the adapter has "
                          "failed",
                          path, kResetsWithoutSuccessMax));
  }
  return result;
}

/// SP-190, SP-347.
void check_leftovers(Adapter& adapter) {
  std::vector<std::string> lines;
  const Request* first = nullptr;
  for (LogicalUnit* unit : adapter.units) {
    if (!(adapter.paths_in_hold_off >> unit->address.path & 1)) continue;
    for (Request* request = unit->owned.first(); request; request = request->next) {
      if (adapter.slots[request->slot].state != Slot::State::Owned) continue;
      if (!first) first = request;
      ++request->resets_survived;
      lines.push_back(fmt::format("still owned: {}", describe(*request)));
      if (request->resets_survived == kResetsSurvivedMax && !port().settings.verify)
        violation(&adapter, Check::RequestLost,
                  fmt::format("srb#{} has survived {} resets", request->number, kResetsSurvivedMax), {}, request);
    }
  }
  if (!first) return;
  if (adapter.reset_routine_called)
    lines.push_back(fmt::format("HwScsiResetBus had returned {}", adapter.last_reset_result ? "TRUE" : "FALSE"));
  else
    lines.push_back("HwScsiResetBus was not called: the miniport notified ResetDetected or completed RESET_BUS");
  const std::size_t count = lines.size() - 1;
  violation(&adapter, Check::RequestsLeftAfterReset,
            fmt::format("the rest after a bus reset is over and the miniport still owns {} request{} of that bus",
                        count, count == 1 ? "" : "s"),
            {reinterpret_cast<std::uint64_t>(adapter.kernel), reinterpret_cast<std::uint64_t>(adapter.extension)},
            first, std::move(lines));
}

}  // namespace

bool reset_buses(Adapter& adapter, std::uint32_t paths, ResetCause cause, const Request* overdue,
                 Afterwards& afterwards) {
  bool all = true;
  for (UCHAR path = 0; path < adapter.config.NumberOfBuses; ++path) {
    if (!(paths >> path & 1)) continue;
    all &= reset_one_bus(adapter, path, cause, overdue, afterwards);
  }
  return all;
}

void reset_detected(Adapter& adapter) {
  const ResetRow* row = reset_step(adapter, ResetEvent::ResetDetected);
  if (!row || row->then == ResetAction::nothing) return;
  // SP-208: an adapter with several buses does not say which.
  const bool one_bus = adapter.config.NumberOfBuses <= 1;
  note_reset(adapter, one_bus ? 1u : 0u, !one_bus);
  carry_out(adapter, row);
}

void reset_request_completed(Adapter& adapter, UCHAR path) {
  const ResetRow* row = reset_step(adapter, ResetEvent::ResetRequestCompleted);
  if (!row || row->then == ResetAction::nothing) return;
  note_reset(adapter, 1u << path, false);
  carry_out(adapter, row);
}

VOID NTAPI ScsiPortHoldOffDpc(KDPC*, PVOID DeferredContext, PVOID, PVOID) {
  Adapter& adapter = *static_cast<Adapter*>(DeferredContext);
  Afterwards afterwards;
  {
    PortLock lock(adapter);
    // What the miniport has just notified counts; a reset among it sets the clock anew.
    act_on_notifications(adapter, afterwards);
    if (KeReadStateTimer(&adapter.kernel->hold_off) && reset_step(adapter, ResetEvent::ClockEnds)) {
      if (adapter.lifecycle != Lifecycle::SurpriseRemoved) check_leftovers(adapter);
      if (!adapter.ready && adapter.next_request_owed) {
        violation(&adapter, Check::NoNextRequestAfterReset,
                  "the rest after a bus reset is over and the miniport has not asked for the next request");
        adapter.next_clock = adapter.next_clock_full;  // SP-224
        need_tick(adapter);
      }
      adapter.paths_in_hold_off = 0;
      adapter.reset_unnamed = false;
      adapter.next_request_owed = false;
      adapter.reset_routine_called = false;
      start_requests(adapter);
    }
  }
  finish(adapter, afterwards);
}

}  // namespace drydock::port::scsiport
