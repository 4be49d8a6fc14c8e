#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/miniport.h"
#include "port/scsiport/reset.h"
#include "port/scsiport/resources.h"
#include "port/scsiport/slots.h"

namespace drydock::port::scsiport {

namespace {

constexpr LONGLONG kSecond100ns = 10'000'000;
/// After so long without the last request coming back, who waits for what is reported.
constexpr LONGLONG kPatience_s = 120;

/// SP-265: a FLUSH before the stop, if the miniport keeps data back.
void flush_units(Adapter& adapter) {
  if (!adapter.caches_data) return;
  for (LogicalUnit* unit : adapter.units) {
    if (!unit->pdo) continue;
    OwnRequest flush;
    flush.function = SRB_FUNCTION_FLUSH;
    flush.flags = SRB_FLAGS_BYPASS_FROZEN_QUEUE | SRB_FLAGS_BYPASS_LOCKED_QUEUE | SRB_FLAGS_NO_QUEUE_FREEZE;
    send_and_wait(*unit, flush);
  }
}

void report_owned(Adapter& adapter, const char* when) {
  for (LogicalUnit* unit : adapter.units)
    for (Request* request = unit->owned.first(); request; request = request->next)
      violation(&adapter, Check::RequestLost,
                fmt::format("srb#{} is still owned by the miniport {}", request->number, when), {}, request);
}

/// SP-265, SP-266: no new requests; what is out has to come back, with the clocks running on. After surprise removal
/// the wait ends with the first clock that does (SP-277).
void wait_for_owned(Adapter& adapter, bool surprise) {
  bool reported = false;
  for (;;) {
    {
      PortLock lock(adapter);
      adapter.blocked = true;
      adapter.idle_is_awaited = false;
      if (adapter.owned == 0 || adapter.state == ResetState::Failed || adapter.state == ResetState::Stopped) return;
      KeClearEvent(&adapter.kernel->idle);
      adapter.idle_is_awaited = true;
    }
    LARGE_INTEGER due;
    due.QuadPart = -kPatience_s * kSecond100ns;
    const NTSTATUS status = KeWaitForSingleObject(&adapter.kernel->idle, Executive, KernelMode, FALSE, &due);
    if (surprise) return;
    if (status == STATUS_TIMEOUT && !reported) {
      reported = true;
      report_owned(adapter, "though its adapter is to stop");
    }
  }
}

void stop_timers(Adapter& adapter) {
  PortLock lock(adapter);
  reset_step(adapter, ResetEvent::AdapterStopped);  // SP-276
  KeCancelTimer(&adapter.kernel->hold_off);
  KeCancelTimer(&adapter.kernel->tick);
  adapter.tick_runs = false;
  adapter.next_clock = -1;
}

/// The miniport will never give these back, and its device can no longer reach their buffers.
void end_lost_requests(Adapter& adapter) {
  Ended ended;
  {
    PortLock lock(adapter);
    for (LogicalUnit* unit : adapter.units) {
      while (Request* request = unit->owned.first()) {
        Slot& slot = adapter.slots[request->slot];
        unit->owned.remove(request);
        if (!slot.tagged) --unit->untagged_owned;
        if (request->flags & SRB_FLAGS_DISABLE_DISCONNECT) --adapter.disconnect_disabled_owned;
        --adapter.owned;
        request->slot = kNoSlot;
        put_slot(adapter, slot);
        if (!request->senses_for) {
          end_in_port(adapter, *request, SRB_STATUS_NO_DEVICE, STATUS_DEVICE_DOES_NOT_EXIST, ended);
          continue;
        }
        ended.add(adapter, *request->senses_for);
        unit->sense = nullptr;
        free_request(adapter, *request);
      }
      unit->clock_ticks = -1;
      unit->awaits_next = false;
    }
  }
  ended.complete(adapter);
}

}  // namespace

void fail_waiting(Adapter& adapter, UCHAR srb_status, NTSTATUS status) {
  Ended ended;
  {
    PortLock lock(adapter);
    for (LogicalUnit* unit : adapter.units) end_waiting(adapter, *unit, srb_status, status, ended);
  }
  ended.complete(adapter);
}

void disconnect_adapter(Adapter& adapter) {
  stop_timers(adapter);
  adapter.ready_to_run = false;
  adapter.blocked = true;
  KINTERRUPT* interrupt;
  {
    PortLock lock(adapter);
    adapter.timer_set = false;
    KeCancelTimer(&adapter.kernel->miniport_timer);
    // A DPC may be on its way on another processor, and must not find an interrupt that is no more.
    interrupt = std::exchange(adapter.interrupt, nullptr);
  }
  if (interrupt) IoDisconnectInterrupt(interrupt);
  KeFlushQueuedDpcs();
}

void silence_adapter(Adapter& adapter, bool surprise) {
  if (!adapter.ready_to_run) return;
  if (!surprise) flush_units(adapter);
  wait_for_owned(adapter, surprise);
  if (!surprise) witness_stopping(adapter);
  stop_timers(adapter);

  if (adapter.controls[ScsiStopAdapter]) {
    if (call_adapter_control(adapter, ScsiStopAdapter, nullptr) != ScsiAdapterControlSuccess)
      violation(&adapter, Check::StopFailed,
                "HwScsiAdapterControl(ScsiStopAdapter) was unsuccessful; the stop goes on");
    witness_stopped(adapter, true);
  }
  disconnect_adapter(adapter);
  if (adapter.controls[ScsiSetBootConfig]) call_adapter_control(adapter, ScsiSetBootConfig, nullptr);  // SP-270
  if (adapter.owned) {
    report_owned(adapter, "after its adapter was stopped");
    if (surprise) end_lost_requests(adapter);
  }
}

void release_adapter(Adapter& adapter) {
  witness_reset_known(adapter);
  adapter.watch.retired.clear();
  unmap_all(adapter);
  free_slots(adapter);
  free_dma(adapter, adapter.uncached);
  if (adapter.dma) machine::call_driver(adapter.dma->DmaOperations->PutDmaAdapter, adapter.dma);
  adapter.dma = nullptr;
  for (PVOID* block : {reinterpret_cast<PVOID*>(&adapter.guest_config), &adapter.bus_data, &adapter.extension}) {
    if (*block) ExFreePoolWithTag(*block, kPoolTag);
    *block = nullptr;
  }
  adapter.notified = Notified{};
  adapter.log_entries.clear();
  adapter.wmi_news.clear();
  adapter.validated.clear();
  if (adapter.state != ResetState::Stopped) {
    PortLock lock(adapter);
    reset_step(adapter, ResetEvent::AdapterStopped);
  }
  adapter.ready_to_run = false;
  adapter.blocked = true;
}

// ---- for scenarios and reports ----

Account account() {
  Account total = port().past;
  for (const Adapter* adapter : port().adapters) {
    total.started += adapter->account.started;
    total.completed += adapter->account.completed;
    total.retried += adapter->account.retried;
    total.bus_resets += adapter->account.bus_resets;
    total.hold_offs += adapter->account.hold_offs;
  }
  return total;
}

std::vector<std::string> owned_requests() {
  std::vector<std::string> lines;
  for (const Adapter* adapter : port().adapters)
    for (const LogicalUnit* unit : adapter->units)
      for (const Request* request = unit->owned.first(); request; request = request->next)
        lines.push_back(describe(*request));
  return lines;
}

void report_frozen_queues(machine::Duration longer_than) {
  machine::Machine& machine = machine::Machine::current();
  for (const Adapter* adapter : port().adapters)
    for (const LogicalUnit* unit : adapter->units) {
      if (!unit->frozen || machine.now() - unit->frozen_since < longer_than) continue;
      const UnitAddress at = unit->address;
      machine.report(machine::finding(
          "SP-248",
          fmt::format("the queue of unit {}:{}:{} of adapter {} has been frozen for {} s and {} request{} in it: the "
                      "layer above never released it",
                      at.path, at.target, at.lun, adapter->number,
                      std::chrono::duration_cast<std::chrono::seconds>(machine.now() - unit->frozen_since).count(),
                      unit->queue.size(), unit->queue.size() == 1 ? " waits" : "s wait"),
          machine::Severity::Recorded));
    }
}

void report_lost_requests() {
  for (Adapter* adapter : port().adapters) report_owned(*adapter, "at the end of the run");
}

}  // namespace drydock::port::scsiport
