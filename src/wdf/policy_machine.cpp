#include "wdf/policy_machine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/child_list.h"
#include "wdf/device.h"
#include "wdf/misuse.h"
#include "wdf/table_visits.h"
#include "wdf/wake.h"

namespace drydock::wdf {

namespace {

VOID NTAPI timer_dpc(KDPC*, PVOID context, PVOID, PVOID) {
  static_cast<PolicyMachine*>(context)->post(PolicyEvent::IdleTimedOut);
}

VOID NTAPI power_request_ended(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID context, IO_STATUS_BLOCK*) {
  static_cast<PolicyMachine*>(context)->request_ended();
}

}  // namespace

PolicyMachine::PolicyMachine(Device& device)
    : TableMachine(PolicyState::Off, framework().visits->policy), device_(device) {
  KeInitializeTimer(&timer_);
  KeInitializeDpc(&timer_dpc_, timer_dpc, this);
  KeInitializeEvent(&d0_, NotificationEvent, FALSE);
  for (ULONG i = 0; i < POWER_SYSTEM_MAXIMUM; ++i)
    state_for_sx[i] = i <= PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
}

std::string PolicyMachine::owner_name() const {
  return describe(device_);
}
void PolicyMachine::hold_owner() {
  device_.reference();
}
void PolicyMachine::release_owner() {
  device_.dereference();
}

// ---- Idleness ----

bool PolicyMachine::may_idle() const {
  return idle.assigned && idle.enabled && references_ == 0 && !held_ && !device_.io->keeps_device_busy();
}

void PolicyMachine::set_timer() {
  if (state() != PolicyState::Working || !may_idle()) return;
  LARGE_INTEGER due;
  due.QuadPart = -10'000ll * std::max(idle.timeout_ms, 1u);
  KeSetTimer(&timer_, due, &timer_dpc_);
}

void PolicyMachine::cancel_timer() {
  KeCancelTimer(&timer_);
}

void PolicyMachine::settings_changed() {
  cancel_timer();
  set_timer();
}

void PolicyMachine::quiesce() {
  if (!idle.assigned) return;
  cancel_timer();
  KeFlushQueuedDpcs();
}

bool PolicyMachine::reference_power() {
  ++references_;
  cancel_timer();
  if (state() == PolicyState::Working && device_.power.in_d0()) return true;
  post_elsewhere(PolicyEvent::PowerNeeded);
  return false;
}

void PolicyMachine::reference_power_and_wait() {
  ++references_;
  cancel_timer();
  if (state() == PolicyState::Working && device_.power.in_d0()) return;
  post(PolicyEvent::PowerNeeded);
  wait_for_d0();
}

void PolicyMachine::dereference_power() {
  HOST_CHECK(references_ > 0);
  if (--references_ == 0) set_timer();
}

NTSTATUS PolicyMachine::wait_for_d0() {
  KeWaitForSingleObject(&d0_, Executive, KernelMode, FALSE, nullptr);
  return device_.power.in_d0() ? STATUS_SUCCESS : STATUS_POWER_STATE_INVALID;
}

DEVICE_POWER_STATE PolicyMachine::idle_target() const {
  if (idle.dx != PowerDeviceMaximum) return idle.dx;
  return idle.caps == IdleCannotWakeFromS0 ? PowerDeviceD3 : deepest_wake;
}

DEVICE_POWER_STATE PolicyMachine::sleep_target() const {
  if (system_target_ >= PowerSystemShutdown) return PowerDeviceD3;
  if (wake.enabled) return wake.dx != PowerDeviceMaximum ? wake.dx : deepest_wake;
  const DEVICE_POWER_STATE said = state_for_sx[system_target_];
  return said >= PowerDeviceD1 && said <= PowerDeviceD3 ? said : PowerDeviceD3;
}

WDF_POWER_DEVICE_STATE PolicyMachine::target_of(DEVICE_POWER_STATE state) const {
  // WDF-082
  if (system_action_ == PowerActionShutdown || system_action_ == PowerActionShutdownReset ||
      system_action_ == PowerActionShutdownOff)
    return WdfPowerDeviceD3Final;
  if (system_target_ == PowerSystemHibernate && device_.special_files[WdfSpecialFileHibernation] != 0)
    return WdfPowerDevicePrepareForHibernation;
  return static_cast<WDF_POWER_DEVICE_STATE>(state);
}

// ---- Requests ----

std::optional<PolicyEvent> PolicyMachine::request(DEVICE_POWER_STATE state) {
  requested_ = true;
  outcome_.reset();
  device_.reference();
  POWER_STATE wanted{};
  wanted.DeviceState = state;
  const NTSTATUS status =
      PoRequestPowerIrp(device_.device_object, IRP_MN_SET_POWER, wanted, power_request_ended, this, nullptr);
  if (NT_SUCCESS(status)) return std::nullopt;
  requested_ = false;
  device_.dereference();
  if (state == PowerDeviceD0) {
    note_request(device_, "SET_POWER D0");
    note_failure(device_, "Request");
  } else if (Device* parent = device_.power_parent()) {
    ++parent->policy.children_refused;
  }
  return PolicyEvent::RequestFailed;
}

void PolicyMachine::request_ended() {
  requested_ = false;
  post(outcome_.value_or(PolicyEvent::RequestFailed));
  device_.dereference();
}

void PolicyMachine::powered(bool up, bool failed, bool by_own_request) {
  const PolicyEvent event = up ? (failed ? PolicyEvent::PowerUpFailed : PolicyEvent::PoweredUp)
                               : (failed ? PolicyEvent::PowerDownFailed : PolicyEvent::PoweredDown);
  if (by_own_request)
    outcome_ = event;
  else
    post(event);
}

void PolicyMachine::note_system_power(SYSTEM_POWER_STATE target, POWER_ACTION action) {
  system_target_ = target;
  system_action_ = action;
}

void PolicyMachine::take_system_irp(IRP* irp, bool wakes) {
  IoMarkIrpPending(irp);
  system_irp_ = irp;
  post(wakes ? PolicyEvent::SystemWakes : PolicyEvent::SystemSleeps);
}

void PolicyMachine::finish_system_irp() {
  IRP* irp = std::exchange(system_irp_, nullptr);
  if (!irp) return;
  PoStartNextPowerIrp(irp);
  irp->IoStatus.Status = STATUS_SUCCESS;
  if (device_.lower) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    PoCallDriver(device_.lower, irp);
  } else {
    IofCompleteRequest(irp, 0);
  }
}

void PolicyMachine::wake_up_waiters() {
  KeSetEvent(&d0_, 0, FALSE);
}

// ---- Actions ----

std::optional<PolicyEvent> PolicyMachine::perform(PolicyAction action) {
  using enum PolicyAction;
  PnpMachine& pnp = device_.pnp;
  switch (action) {
    case nothing:
      return std::nullopt;
    case start_power:
      held_ = false;
      device_.power.start();
      return std::nullopt;
    case tell_started:
    case follow_started:
      wake_up_waiters();
      pnp.post(PnpEvent::PolicyStarted);
      set_timer();
      return std::nullopt;
    case tell_start_failed:
      wake_up_waiters();
      device_.invalidate_state();
      pnp.post(PnpEvent::PolicyStartFailed);
      return std::nullopt;

    case go_idle:
      if (!may_idle()) return PolicyEvent::RequestFailed;
      going_for_s0_ = true;
      KeClearEvent(&d0_);
      return request(idle_target());
    case undo_idle:
      wake_up_waiters();
      set_timer();
      return std::nullopt;
    case settle_idle:
      going_for_s0_ = false;
      // WDF-213, WDF-098; or it was woken while still on its way down.
      if (bounce_ || (armed_for_s0_ && (wake_ended_ || triggered_))) return PolicyEvent::WakeEnded;
      if (references_ != 0) return PolicyEvent::PowerNeeded;
      return std::nullopt;
    case request_d0:
      bounce_ = false;
      return request(PowerDeviceD0);
    case resume_work:
    case watch_idleness:
      wake_up_waiters();
      set_timer();
      return std::nullopt;

    case confirm_hold:
      held_ = true;
      cancel_timer();
      wake_up_waiters();
      pnp.post(PnpEvent::HeldInD0);
      return std::nullopt;
    case confirm_hold_failed:
      held_ = true;
      wake_up_waiters();
      device_.invalidate_state();
      pnp.post(PnpEvent::HeldInD0);
      return std::nullopt;
    case refuse_hold:
      pnp.post(PnpEvent::HoldRefused);
      return std::nullopt;
    case release_hold:
      held_ = false;
      set_timer();
      return std::nullopt;

    case stop_power:
      held_ = false;
      cancel_timer();
      KeClearEvent(&d0_);
      forget_wake();
      device_.power.stop();
      return std::nullopt;
    case tell_stopped:
      cancel_timer();
      wake_up_waiters();
      pnp.post(PnpEvent::PolicyStopped);
      return std::nullopt;
    case tell_stop_failed:
      wake_up_waiters();
      device_.internally_failed = true;
      device_.invalidate_state();
      pnp.post(PnpEvent::PolicyStopFailed);
      return std::nullopt;
    case tell_failed:
      fail();
      return std::nullopt;

    case decide_sleep:
      // WDF-504
      return armed_for_s0_ || (wake.enabled && system_target_ < PowerSystemShutdown) ? PolicyEvent::ComesUp
                                                                                     : PolicyEvent::StaysDown;
    case go_asleep:
      if (children_in_d0 > std::exchange(children_refused, 0) && system_target_ != PowerSystemHibernate)
        record("WDF-458", "parent-down-before-child",
               fmt::format("{} is told to sleep while {} of its children still count as in D0: nobody has sent them a "
                           "device power request",
                           describe(device_), children_in_d0));
      cancel_timer();
      KeClearEvent(&d0_);
      going_for_s0_ = false;
      return request(sleep_target());
    case settle_asleep:
      finish_system_irp();
      return std::nullopt;
    case sleep_failed:
      finish_system_irp();
      fail();
      return std::nullopt;
    case decide_wake:
      // WDF-107
      return idle.caps == IdleCannotWakeFromS0 && may_idle() && !armed_for_sx_ && !idle.power_up_on_system_wake &&
                     !idle.system_managed && device_.power.state() == PowerState::Dx
                 ? PolicyEvent::StaysDown
                 : PolicyEvent::ComesUp;
    case finish_wake:
      finish_system_irp();
      if (device_.power.in_d0()) {
        wake_up_waiters();
        set_timer();
      } else if (references_ != 0) {
        return PolicyEvent::PowerNeeded;
      }
      return std::nullopt;
    case note_wake:
      triggered_ = true;
      return std::nullopt;
    case pass_system:
      finish_system_irp();
      return std::nullopt;
  }
  return std::nullopt;
}

void PolicyMachine::fail() {
  finish_system_irp();
  wake_up_waiters();
  forget_wake();
  device_.internally_failed = true;
  device_.invalidate_state();
  device_.pnp.post(device_.config().release_order == WdfReleaseHardwareOrderOnFailureAfterDescendants
                       ? PnpEvent::PowerFailedLate
                       : PnpEvent::PowerFailedEarly);
}

// ---- Wake ----

void PolicyMachine::wake_request_ended(NTSTATUS status) {
  wake_irp_ = nullptr;
  wake_ended_ = true;
  if (NT_SUCCESS(status)) triggered_ = true;
  if (!cancelling_) post(PolicyEvent::WakeEnded);
}

void PolicyMachine::wake_interrupt_fired() {
  triggered_ = true;
  post(PolicyEvent::WakeEnded);
}

NTSTATUS PolicyMachine::call_arm(bool for_sx) {
  const auto& callbacks = device_.config().policy;
  const WDFDEVICE handle = device_.handle_as<WDFDEVICE>();
  if (!for_sx)
    return callbacks.EvtDeviceArmWakeFromS0
               ? call_noted(device_, "ArmS0", callbacks.EvtDeviceArmWakeFromS0, handle)
               : STATUS_SUCCESS;
  if (callbacks.EvtDeviceArmWakeFromSxWithReason)
    return call_noted(device_, "ArmSx", callbacks.EvtDeviceArmWakeFromSxWithReason, handle, TRUE,
                      static_cast<BOOLEAN>(wake.arm_for_children && children_armed_for_wake(device_)));
  return callbacks.EvtDeviceArmWakeFromSx
             ? call_noted(device_, "ArmSx", callbacks.EvtDeviceArmWakeFromSx, handle)
             : STATUS_SUCCESS;
}

void PolicyMachine::arm() {
  if (!device_.is_policy_owner() || !requested_) return;
  const auto& callbacks = device_.config().policy;
  const WDFDEVICE handle = device_.handle_as<WDFDEVICE>();
  const bool for_sx = !going_for_s0_;
  if (going_for_s0_ && idle.caps != IdleCanWakeFromS0) return;
  if (for_sx && (!wake.enabled || system_target_ >= PowerSystemShutdown)) return;
  triggered_ = wake_ended_ = cancelling_ = false;
  if (device_.is_pdo()) return arm_own_bus(for_sx);
  sending_wake_ = true;
  send_wake_request(device_, for_sx ? system_target_ : PowerSystemWorking, &wake_irp_);
  sending_wake_ = false;
  if (wake_ended_) wake_irp_ = nullptr;

  if (!for_sx && wake_ended_) {
    // WDF-098: it ended before the callback was reached.
    if (triggered_ && callbacks.EvtDeviceWakeFromS0Triggered)
      call_noted(device_, "TriggeredS0", callbacks.EvtDeviceWakeFromS0Triggered, handle);
    if (callbacks.EvtDeviceDisarmWakeFromS0) call_noted(device_, "DisarmS0", callbacks.EvtDeviceDisarmWakeFromS0, handle);
    bounce_ = true;
    return;
  }
  if (NT_SUCCESS(call_arm(for_sx))) {
    (for_sx ? armed_for_sx_ : armed_for_s0_) = true;
    return;
  }
  cancel_wake();
  if (!for_sx)
    bounce_ = true;  // WDF-213
  else if (callbacks.EvtDeviceDisarmWakeFromSx)
    call_noted(device_, "DisarmSx", callbacks.EvtDeviceDisarmWakeFromSx, handle);  // WDF-214
}

/// WDF-095, WDF-215: a PDO that owns the policy arms first, then its bus; a bus that fails is as good as a failed Arm.
void PolicyMachine::arm_own_bus(bool for_sx) {
  NTSTATUS status = call_arm(for_sx);
  if (NT_SUCCESS(status)) {
    sending_wake_ = true;
    send_wake_request(device_, for_sx ? system_target_ : PowerSystemWorking, &wake_irp_);
    sending_wake_ = false;
    if (!wake_ended_) {
      (for_sx ? armed_for_sx_ : armed_for_s0_) = true;
      return;
    }
    wake_irp_ = nullptr;
  }
  auto disarm = device_.config().policy.EvtDeviceDisarmWakeFromSx;
  if (!for_sx)
    bounce_ = true;
  else if (disarm)
    call_noted(device_, "DisarmSx", disarm, device_.handle_as<WDFDEVICE>());
}

void PolicyMachine::disarm() {
  if (!armed_for_s0_ && !armed_for_sx_) return;
  const auto& callbacks = device_.config().policy;
  const WDFDEVICE handle = device_.handle_as<WDFDEVICE>();
  cancel_wake();
  const bool s0 = std::exchange(armed_for_s0_, false);
  armed_for_sx_ = false;
  auto triggered = s0 ? callbacks.EvtDeviceWakeFromS0Triggered : callbacks.EvtDeviceWakeFromSxTriggered;
  auto disarm = s0 ? callbacks.EvtDeviceDisarmWakeFromS0 : callbacks.EvtDeviceDisarmWakeFromSx;
  if (std::exchange(triggered_, false) && triggered)
    call_noted(device_, s0 ? "TriggeredS0" : "TriggeredSx", triggered, handle);
  if (device_.is_pdo()) disable_wake_at_bus(device_);  // WDF-095
  if (disarm) call_noted(device_, s0 ? "DisarmS0" : "DisarmSx", disarm, handle);
}

void PolicyMachine::cancel_wake() {
  if (!wake_irp_) return;
  cancelling_ = true;
  IRP* irp = wake_irp_;
  IoCancelIrp(irp);
}

void PolicyMachine::forget_wake() {
  cancel_wake();
  armed_for_s0_ = armed_for_sx_ = triggered_ = false;
}

ULONG PolicyMachine::published_state() const {
  switch (state()) {
    case PolicyState::Off:
      return 0x563;  // Stopped
    case PolicyState::Starting:
    case PolicyState::StartingToFollow:
      return 0x501;
    case PolicyState::Working:
      return idle.enabled ? 0x505 : 0x565;  // StartedIdleCapable, Started
    case PolicyState::Following:
      return device_.power.in_d0() ? 0x573 : 0x571;  // GotoD0InD0, Dx
    case PolicyState::Idle:
      return armed_for_s0_ ? 0x53E : 0x508;  // WaitingArmed, WaitingUnarmed
    case PolicyState::Asleep:
      return armed_for_sx_ ? 0x513 : 0x52C;
    case PolicyState::Stopping:
      return 0x55B;
    default:
      return 0x526;  // Sleeping
  }
}

}  // namespace drydock::wdf
