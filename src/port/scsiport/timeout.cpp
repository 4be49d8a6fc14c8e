#include "port/scsiport/timeout.h"

#include <algorithm>

#include "machine/machine.h"
#include "port/scsiport/reset.h"

namespace drydock::port::scsiport {

using machine::Machine;

namespace {
constexpr LONGLONG kTick100ns = 10'000'000;
/// SP-225: the tick runs freely; how far it is away when a clock starts is a decision, in quarters.
constexpr std::uint32_t kTickPhases = 4;
}  // namespace

std::int32_t ticks_of(ULONG timeout_s) {
  if (timeout_s == 0)
    return static_cast<std::int32_t>(std::chrono::ceil<std::chrono::seconds>(port().settings.request_timeout).count());
  return static_cast<std::int32_t>(std::min<ULONG>(timeout_s, 0x7FFFFFFF));
}

static void set_tick(Adapter& adapter, LONGLONG after_100ns) {
  adapter.tick_runs = true;
  LARGE_INTEGER due;
  due.QuadPart = -after_100ns;
  KeSetTimer(&adapter.kernel->tick, due, &adapter.kernel->tick_dpc);
}

/// The tick runs free on Windows: how much of its second has passed is the world's choice, once.
void need_tick(Adapter& adapter) {
  if (adapter.tick_runs) return;
  const LONGLONG passed = Machine::current().choose("scsiport.tick_phase", kTickPhases);
  set_tick(adapter, kTick100ns - passed * (kTick100ns / kTickPhases));
}

void start_clocks(Adapter& adapter, LogicalUnit& unit, const Request& request) {
  const std::int32_t ticks = ticks_of(request.srb->TimeOutValue);
  if (unit.clock_ticks < 0) unit.clock_ticks = ticks;
  adapter.next_clock = adapter.next_clock_full = ticks;
  need_tick(adapter);
}

void restart_unit_clock(LogicalUnit& unit) {
  const Request* oldest = unit.owned.first();
  unit.clock_ticks = oldest ? ticks_of(oldest->srb->TimeOutValue) : -1;
}

void retry_on_tick(Adapter& adapter, Request& request) {
  LogicalUnit& unit = *request.unit;
  ++request.busy_returns;
  ++adapter.account.retried;
  unit.busy.push_back(&request);
  unit.busy_until_tick = true;
  need_tick(adapter);
}

namespace {

void retry_busy(LogicalUnit& unit) {
  if (!unit.busy_until_tick) return;
  unit.busy_until_tick = false;
  for (Request* request = unit.busy.first(); request; request = request->next) request->waits = Request::Waits::ToRetry;
  unit.retries.prepend(unit.busy);
  consider(unit);
}

/// Clocks move only while the adapter is not held by a reset (SP-189).
bool clocks_run(const Adapter& adapter) {
  return adapter.state == ResetState::Running;
}

struct Overdue {
  std::uint32_t paths = 0;
  const Request* request = nullptr;
  bool adapter_not_ready = false;
};

Overdue move_clocks(Adapter& adapter) {
  Overdue overdue;
  for (LogicalUnit* unit : adapter.units) {
    if (unit->clock_ticks < 0 || unit->clock_ticks-- > 0) continue;
    restart_unit_clock(*unit);  // SP-233
    overdue.paths |= 1u << unit->address.path;
    if (!overdue.request) overdue.request = unit->owned.first();
  }
  if (adapter.next_clock >= 0 && adapter.next_clock-- == 0) {
    overdue.adapter_not_ready = true;
    adapter.next_clock = adapter.next_clock_full;
  }
  return overdue;
}

bool needs_tick(const Adapter& adapter) {
  if (adapter.next_clock >= 0) return true;
  return std::any_of(adapter.units.begin(), adapter.units.end(),
                     [](const LogicalUnit* unit) { return unit->clock_ticks >= 0 || unit->busy_until_tick; });
}

/// SP-256: a QUIESCE_DEVICE that has waited for its TimeOutValue ends with TIMEOUT.
void end_late_quiesce(Adapter& adapter, LogicalUnit& unit, Ended& ended) {
  const machine::Time now = Machine::current().now();
  for (Request* request = unit.quiesce.first(); request;) {
    Request* next = request->next;
    if (now - request->arrived >= std::chrono::seconds{ticks_of(request->srb->TimeOutValue)}) {
      unit.quiesce.remove(request);
      end_in_port(adapter, *request, SRB_STATUS_TIMEOUT, STATUS_IO_TIMEOUT, ended);
    }
    request = next;
  }
}

}  // namespace

VOID NTAPI ScsiPortTickDpc(KDPC*, PVOID DeferredContext, PVOID, PVOID) {
  Adapter& adapter = *static_cast<Adapter*>(DeferredContext);
  Afterwards afterwards;
  {
    PortLock lock(adapter);
    if (!adapter.tick_runs) return;
    adapter.tick_runs = false;
    Overdue overdue;
    if (clocks_run(adapter)) overdue = move_clocks(adapter);
    for (LogicalUnit* unit : adapter.units) {
      retry_busy(*unit);
      if (!unit->quiesce.empty()) end_late_quiesce(adapter, *unit, afterwards.ended);
    }
    if (adapter.lifecycle == Lifecycle::SurpriseRemoved) {
      if (overdue.paths) note_idle(adapter);  // SP-277: no reset, the wait is over
    } else if (overdue.adapter_not_ready) {
      if (adapter.owned == 0)
        violation(&adapter, Check::NextRequestForgotten,
                  "every request has been completed, but the miniport never asked for the next one");
      reset_buses(adapter, (1u << adapter.config.NumberOfBuses) - 1, ResetCause::NotReady, overdue.request, afterwards);
    } else if (overdue.paths) {
      reset_buses(adapter, overdue.paths, ResetCause::Overdue, overdue.request, afterwards);
    }
    start_requests(adapter);
    if (needs_tick(adapter)) set_tick(adapter, kTick100ns);
  }
  finish(adapter, afterwards);
}

}  // namespace drydock::port::scsiport
