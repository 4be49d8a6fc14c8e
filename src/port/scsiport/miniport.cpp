#include "port/scsiport/miniport.h"

#include <fmt/format.h>

#include "machine/busy_time.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "port/scsiport/notification.h"

namespace drydock::port::scsiport {

using machine::Event;
using machine::Machine;

const char* routine_name(Routine routine) {
  switch (routine) {
    case Routine::None:
      return "no routine";
    case Routine::DriverEntry:
      return "DriverEntry";
    case Routine::FindAdapter:
      return "HwScsiFindAdapter";
    case Routine::Initialize:
      return "HwScsiInitialize";
    case Routine::StartIo:
      return "HwScsiStartIo";
    case Routine::Interrupt:
      return "HwScsiInterrupt";
    case Routine::ResetBus:
      return "HwScsiResetBus";
    case Routine::Timer:
      return "HwScsiTimer";
    case Routine::EnableInterrupts:
      return "HwScsiEnableInterruptsCallback";
    case Routine::DisableInterrupts:
      return "HwScsiDisableInterruptsCallback";
    case Routine::AdapterControl:
      return "HwScsiAdapterControl";
  }
  return "?";
}

namespace detail {

namespace {
struct Locked {
  LockedRoutine routine;
  void* context;
};
BOOLEAN NTAPI run_locked(PVOID context) {
  auto* locked = static_cast<Locked*>(context);
  locked->routine(locked->context);
  return TRUE;
}
}  // namespace

void run_under_interrupt_lock(Adapter& adapter, LockedRoutine routine, void* context) {
  if (adapter.interrupt) {
    Locked locked{routine, context};
    KeSynchronizeExecution(adapter.interrupt, run_locked, &locked);
    return;
  }
  KIRQL irql = KeAcquireSpinLockRaiseToDpc(&adapter.kernel->polled_lock);
  routine(context);
  KeReleaseSpinLock(&adapter.kernel->polled_lock, irql);
}

}  // namespace detail

MiniportCall* running_call(Adapter& adapter) {
  if (adapter.call.running && KeGetCurrentIrql() >= DISPATCH_LEVEL) return &adapter.call;
  return adapter.passive_call.running ? &adapter.passive_call : nullptr;
}

namespace {

constexpr machine::Duration kCallbackMax = std::chrono::milliseconds{500};
constexpr machine::Duration kInitializeMax = std::chrono::seconds{5};
constexpr machine::Duration kHungAfter = std::chrono::seconds{10};
constexpr machine::Duration kInterruptUsualMax = std::chrono::microseconds{50};

/// So far. SP-340: in stalls and register accesses, not by the clock, which in live mode is the wall's. None of a call at
/// PASSIVE_LEVEL that another processor goes on with.
machine::Duration duration_of(const MiniportCall& call) {
  if (call.processor != machine::current_processor_number()) return {};
  return machine::busy_time() - call.busy_before;
}

/// One call of a routine, from the entry in the trace to the checks after it.
class Call {
 public:
  Call(Adapter& adapter, MiniportCall& call, Routine routine, std::uint64_t argument) : adapter_(adapter), call_(call) {
    HOST_CHECK(!call.running);
    call = MiniportCall{};
    call.routine = routine;
    call.running = true;
    call.serial = ++adapter.call_serial;
    call.processor = machine::current_processor_number();
    call.thread = &machine::current_thread();
    call.irql = KeGetCurrentIrql();
    call.busy_before = machine::busy_time();
    Machine::current().record(Event::MiniportCall, id(), argument);
  }
  Call(Adapter& adapter, Routine routine, std::uint64_t argument) : Call(adapter, adapter.call, routine, argument) {}

  void returned(std::uint64_t result) {
    call_.running = false;
    Machine::current().record(Event::MiniportReturn, id(), result);
    adapter_.last_call = call_;
    const machine::Duration took = duration_of(call_);
    if (took > kCallbackMax) [[unlikely]]
      check_duration(took);
  }

 private:
  std::uint64_t id() const {
    return static_cast<std::uint64_t>(call_.routine) | static_cast<std::uint64_t>(adapter_.number) << 8;
  }

  /// SP-340. The limits of HwScsiInitialize and HwScsiAdapterControl are off in the recommended level.
  void check_duration(machine::Duration took) {
    const MiniportCall& call = call_;
    if (call.routine == Routine::FindAdapter) return;
    const bool lenient = call.routine == Routine::Initialize || call.routine == Routine::AdapterControl;
    if (call.routine == Routine::Initialize && took <= kInitializeMax) return;
    const auto us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    violation(&adapter_, lenient ? Check::CallbackTooSlowAtStart : Check::CallbackTooSlow,
              fmt::format("{} took {} ms; at most {} are allowed", routine_name(call.routine), us / 1000,
                          call.routine == Routine::Initialize ? 5000 : 500),
              {static_cast<std::uint64_t>(call.routine), reinterpret_cast<std::uint64_t>(adapter_.extension), us});
  }

  Adapter& adapter_;
  MiniportCall& call_;
};

}  // namespace

void check_not_hung(Adapter& adapter, MiniportCall& call) {
  const machine::Duration took = duration_of(call);
  if (took < kHungAfter || call.hang_reported || call.routine == Routine::FindAdapter) return;
  call.hang_reported = true;
  const auto us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  violation(&adapter, Check::CallbackDoesNotReturn,
            fmt::format("{} has not returned after {} seconds of polling", routine_name(call.routine), us / 1'000'000),
            {static_cast<std::uint64_t>(call.routine), reinterpret_cast<std::uint64_t>(adapter.extension), us});
}

ULONG call_find_adapter(Adapter& adapter, PVOID hw_context, PCHAR argument_string, BOOLEAN* again) {
  Call call(adapter, adapter.passive_call, Routine::FindAdapter, adapter.number);
  const ULONG result = machine::call_driver(adapter.hw.HwFindAdapter, adapter.extension, hw_context, PVOID{nullptr},
                                            argument_string, adapter.guest_config, again);
  call.returned(result);
  return result;
}

bool call_initialize(Adapter& adapter) {
  bool result = false;
  under_interrupt_lock(adapter, [&] {
    Call call(adapter, Routine::Initialize, 0);
    result = machine::call_driver(adapter.hw.HwInitialize, adapter.extension) != FALSE;
    call.returned(result);
    request_completion_dpc(adapter);
  });
  if (!result && !adapter.last_call.logged_error)
    violation(&adapter, Check::InitializeFailedUnlogged, "HwScsiInitialize returned FALSE and logged no error");
  return result;
}

bool call_start_io(Adapter& adapter, Slot& slot) {
  bool result = true;
  under_interrupt_lock(adapter, [&] {
    Call call(adapter, Routine::StartIo, slot.request->number);
    result = machine::call_driver(adapter.hw.HwStartIo, adapter.extension, slot.srb) != FALSE;
    call.returned(result);
    if (!result) [[unlikely]]
      take_back_refused(adapter, slot);
    request_completion_dpc(adapter);
  });
  return result;
}

bool call_reset_bus(Adapter& adapter, ULONG path) {
  bool result = true;
  under_interrupt_lock(adapter, [&] {
    Call call(adapter, Routine::ResetBus, path);
    result = machine::call_driver(adapter.hw.HwResetBus, adapter.extension, path) != FALSE;
    call.returned(result);
    request_completion_dpc(adapter);
  });
  return result;
}

void call_timer(Adapter& adapter, PHW_TIMER routine) {
  under_interrupt_lock(adapter, [&] {
    Call call(adapter, Routine::Timer, 0);
    machine::call_driver(routine, adapter.extension);
    call.returned(0);
    request_completion_dpc(adapter);
  });
}

void call_disable_interrupts(Adapter& adapter, PHW_ENABLE_INTERRUPTS routine) {
  bool result = true;
  under_interrupt_lock(adapter, [&] {
    Call call(adapter, Routine::DisableInterrupts, 0);
    result = machine::call_driver(routine, adapter.extension) != FALSE;
    call.returned(result);
    request_completion_dpc(adapter);
  });
  if (!result) violation(&adapter, Check::InterruptCallbackFailed, "HwScsiDisableInterruptsCallback returned FALSE");
}

void call_enable_interrupts(Adapter& adapter, PHW_ENABLE_INTERRUPTS routine) {
  Call call(adapter, Routine::EnableInterrupts, 0);
  const bool result = machine::call_driver(routine, adapter.extension) != FALSE;
  const bool asked = adapter.call.asked_to_disable;
  call.returned(result);
  if (!asked)
    violation(&adapter, Check::InterruptsLeftOff,
              "HwScsiEnableInterruptsCallback returned without asking for the disable callback: the adapter's "
              "interrupts stay off");
  if (!result) violation(&adapter, Check::InterruptCallbackFailed, "HwScsiEnableInterruptsCallback returned FALSE");
}

SCSI_ADAPTER_CONTROL_STATUS call_adapter_control(Adapter& adapter, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters) {
  SCSI_ADAPTER_CONTROL_STATUS result = ScsiAdapterControlUnsuccessful;
  auto make_call = [&](MiniportCall& record) {
    Call call(adapter, record, Routine::AdapterControl, static_cast<std::uint64_t>(type));
    record.control = type;
    result = machine::call_driver(adapter.hw.HwAdapterControl, adapter.extension, type, parameters);
    call.returned(static_cast<std::uint64_t>(result));
  };
  if (type == ScsiStopAdapter || type == ScsiRestartAdapter)
    under_interrupt_lock(adapter, [&] {
      make_call(adapter.call);
      request_completion_dpc(adapter);
    });
  else
    make_call(adapter.passive_call);
  return result;
}

bool call_interrupt(Adapter& adapter) {
  Call call(adapter, Routine::Interrupt, 0);
  const bool result = machine::call_driver(adapter.hw.HwInterrupt, adapter.extension) != FALSE;
  call.returned(result);
  // SP-116: the stricter of the two limits; the other is StallOverMillisecond.
  const machine::Duration took = duration_of(adapter.last_call);
  if (took > kInterruptUsualMax) [[unlikely]] {
    ++adapter.interrupts_over_50us;
    violation(&adapter, Check::InterruptOver50Microseconds,
              fmt::format("HwScsiInterrupt took {} us; some pages allow 50",
                          std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  }
  request_completion_dpc(adapter);
  return result;
}

BOOLEAN NTAPI ScsiPortInterrupt(KINTERRUPT*, PVOID ServiceContext) {
  Adapter& adapter = *static_cast<Adapter*>(ServiceContext);
  // SP-105: the miniport has switched its interrupt off and must not be disturbed.
  if (adapter.interrupts_held) {
    adapter.interrupt_came_while_held = true;
    return FALSE;
  }
  const bool line_was_up = adapter.watch.line_up;
  const unsigned rises = adapter.watch.line_rises;
  const bool claimed = call_interrupt(adapter);
  witness_interrupt(adapter, claimed, line_was_up || adapter.watch.line_rises != rises);
  return claimed;
}

std::string describe(const Adapter& adapter, const MiniportCall& call) {
  return fmt::format("{} of \\Device\\ScsiPort{}", routine_name(call.routine), adapter.number);
}

std::string describe(const RequestHistory& request) {
  const UnitAddress at = request.address;
  const char* function = srb_function_name(request.function);
  std::string text =
      fmt::format("srb#{} {} {}:{}:{}", request.number, function ? function : "?", at.path, at.target, at.lun);
  if (request.function == SRB_FUNCTION_EXECUTE_SCSI)
    fmt::format_to(std::back_inserter(text), " operation 0x{:02x}", request.operation);
  return text;
}

namespace {
std::string seconds(machine::Time at) {
  return fmt::format("{:.6f}s", std::chrono::duration<double>(at).count());
}
}  // namespace

std::vector<std::string> history_of(const RequestHistory& request) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}  {} arrived at the port", seconds(request.arrived), describe(request)));
  if (request.starts)
    lines.push_back(fmt::format("{}  passed to HwScsiStartIo{}{}", seconds(request.started),
                                request.starts > 1 ? fmt::format(" (for the {}. time)", request.starts) : "",
                                request.tag ? fmt::format(", tag {}", request.tag) : ""));
  if (request.given_back_in != Routine::None)
    lines.push_back(fmt::format("{}  given back in {} with SrbStatus 0x{:02x} ({})", seconds(request.given_back),
                                routine_name(request.given_back_in), request.first_status,
                                srb_status_name(request.first_status) ? srb_status_name(request.first_status) : "?"));
  if (request.resets_survived) lines.push_back(fmt::format("still owned after {} resets", request.resets_survived));
  if (request.busy_returns) lines.push_back(fmt::format("given back busy {} times in a row", request.busy_returns));
  return lines;
}

}  // namespace drydock::port::scsiport
