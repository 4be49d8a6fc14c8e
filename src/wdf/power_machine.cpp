#include "wdf/power_machine.h"

#include <algorithm>
#include <iterator>

#include "wdf/callback_log.h"
#include "wdf/child_list.h"
#include "wdf/device.h"
#include "wdf/hardware_checks.h"
#include "wdf/interrupt.h"
#include "wdf/power_watchdog.h"
#include "wdf/slow_callback.h"
#include "wdf/table_visits.h"
#include "wdf/wake.h"

namespace drydock::wdf {

PowerMachine::PowerMachine(Device& device)
    : TableMachine(PowerState::Off, framework().visits->power), device_(device) {}

std::string PowerMachine::owner_name() const {
  return describe(device_);
}
void PowerMachine::hold_owner() {
  device_.reference();
}
void PowerMachine::release_owner() {
  device_.dereference();
}

void PowerMachine::take(IRP* irp, PowerEvent event, WDF_POWER_DEVICE_STATE target) {
  irp_ = irp;
  irp_target_ = target;
  post(event);
}

void PowerMachine::start() {
  post(PowerEvent::Start);
}

void PowerMachine::stop() {
  post(PowerEvent::Stop);
}

PowerEvent PowerMachine::outcome(NTSTATUS status) {
  if (NT_SUCCESS(status)) return PowerEvent::Done;
  failed_ = true;
  return PowerEvent::Failed;
}

PowerEvent PowerMachine::step_down(NTSTATUS status) {
  if (!NT_SUCCESS(status)) failed_ = true;
  return PowerEvent::Done;
}

/// The request goes on: down to the lower driver on the way to Dx, up to its sender on the way to D0.
void PowerMachine::finish_request() {
  IRP* irp = std::exchange(irp_, nullptr);
  if (!irp) return;
  const auto& power = IoGetCurrentIrpStackLocation(irp)->Parameters.Power;
  const bool up = power.State.DeviceState == PowerDeviceD0;
  POWER_STATE state{};
  state.DeviceState = power.State.DeviceState;
  if (device_.device_object) PoSetPowerState(device_.device_object, DevicePowerState, state);
  PoStartNextPowerIrp(irp);
  if (!up && device_.lower) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    PoCallDriver(device_.lower, irp);
    return;
  }
  irp->IoStatus.Status = STATUS_SUCCESS;  // even when the device failed (WDF-190, WDF-208)
  IofCompleteRequest(irp, 0);
}

/// The policy is told when the whole stack has the request: of one it sent by the request's own end, else by us.
void PowerMachine::report(bool up) {
  const bool policy_sent_it = explicit_ && device_.policy.asked_for_request();
  if (policy_sent_it) device_.policy.powered(up, failed_, true);
  finish_request();
  if (!policy_sent_it) device_.policy.powered(up, failed_, false);
}

namespace {

/// Once the queues are held and until the device is in D0 again.
bool is_between_d0_and_dx(PowerAction action) {
  using enum PowerAction;
  constexpr PowerAction kSteps[] = {call_d0_entry, connect_interrupts, call_post_interrupts, start_dma, disarm, arm,
                                    stop_dma, call_pre_interrupts, disconnect_interrupts, call_d0_exit};
  return std::find(std::begin(kSteps), std::end(kSteps), action) != std::end(kSteps);
}

}  // namespace

std::optional<PowerEvent> PowerMachine::perform(PowerAction action) {
  using enum PowerAction;
  std::optional<PowerWatchdog> watchdog;
  if (explicit_ && !device_.power_pageable() && !device_.client().host && is_between_d0_and_dx(action))
    watchdog.emplace(device_);
  const WDF_PNPPOWER_EVENT_CALLBACKS& callbacks = device_.config().pnp;
  const WDFDEVICE handle = device_.handle_as<WDFDEVICE>();
  switch (action) {
    case bring_parent_up:
      failed_ = false;
      explicit_ = irp_ != nullptr;
      previous_ = recorded_;
      if (Device* parent = device_.power_parent()) {
        parent->policy.reference_power_and_wait();
        holds_parent_ = true;
        ++parent->policy.children_in_d0;
      }
      if (!device_.is_policy_owner()) disable_wake_at_bus(device_);  // WDF-094
      return PowerEvent::Done;
    case call_d0_entry: {
      device_.watch.before_d0_entry();
      NTSTATUS status = STATUS_SUCCESS;
      if (auto entry = callbacks.EvtDeviceD0Entry)
        status = call_noted(device_, with_state("D0Entry", previous_), entry, handle, previous_);
      device_.watch.after_d0_entry();
      return outcome(status);
    }
    case connect_interrupts:
      return outcome(enable_interrupts(device_, explicit_));
    case call_post_interrupts: {
      NTSTATUS status = STATUS_SUCCESS;
      if (auto post = callbacks.EvtDeviceD0EntryPostInterruptsEnabled)
        status = call_noted(device_, with_state("PostInt", previous_), post, handle, previous_);
      return outcome(status);
    }
    case start_dma:
      return outcome(device_.dma->up());
    case scan_children:
      scan_child_lists(device_);
      return PowerEvent::Done;
    case disarm:
      device_.policy.disarm();
      return PowerEvent::Done;
    case open_queues:
      recorded_ = WdfPowerDeviceD0;
      device_.watch.after_up();
      device_.io->open();
      return PowerEvent::Done;
    case start_self_managed:
      return outcome(device_.self_managed.start());
    case report_up:
      failed_ = false;
      report(true);
      return std::nullopt;
    case report_up_failed:
      recorded_ = WdfPowerDeviceD3Final;  // WDF-083
      disconnect_leftover_interrupts(device_);
      release_parent();
      failed_ = true;
      report(true);
      return std::nullopt;

    case suspend_self_managed:
      failed_ = false;
      explicit_ = irp_ != nullptr;
      target_ = explicit_ ? irp_target_ : WdfPowerDeviceD3Final;
      return step_down(device_.self_managed.suspend());
    case hold_queues:
      device_.io->hold();
      return PowerEvent::Done;
    case arm:
      if (explicit_) device_.policy.arm();
      return PowerEvent::Done;
    case stop_dma:
      if (undoing()) target_ = WdfPowerDeviceD3Final;
      return step_down(device_.dma->down());
    case call_pre_interrupts:
      if (auto pre = callbacks.EvtDeviceD0ExitPreInterruptsDisabled)
        return step_down(call_noted(device_, with_state("PreInt", target_), pre, handle, target_));
      return PowerEvent::Done;
    case disconnect_interrupts:
      return step_down(disable_interrupts(device_, explicit_ && !undoing()));
    case call_d0_exit: {
      const bool undo = undoing();
      if (undo) target_ = WdfPowerDeviceD3Final;
      NTSTATUS status = STATUS_SUCCESS;
      device_.watch.before_d0_exit(!explicit_ || undo);
      if (auto exit = callbacks.EvtDeviceD0Exit) {
        const SlowCallback slow(device_, "EvtDeviceD0Exit");
        status = call_noted(device_, with_state("D0Exit", target_), exit, handle, target_);
      }
      device_.watch.after_d0_exit();
      if (!NT_SUCCESS(status)) failed_ = true;
      recorded_ = target_;
      if (undo) return PowerEvent::Done;
      if (!explicit_) return PowerEvent::Parked;
      return failed_ ? PowerEvent::Failed : PowerEvent::Done;
    }
    case report_down:
      if (failed_) {
        recorded_ = WdfPowerDeviceD3Final;
        if (explicit_) disconnect_leftover_interrupts(device_);
      }
      release_parent();
      report(false);
      return std::nullopt;
    case drop_interrupts:
      disconnect_leftover_interrupts(device_);
      if (!device_.is_policy_owner()) disable_wake_at_bus(device_);  // WDF-096
      device_.policy.powered(false, false, false);
      return std::nullopt;
    case report_stopped:
      device_.policy.powered(false, false, false);
      return std::nullopt;
    case pass_power_irp:
      if (device_.policy.asked_for_request()) device_.policy.powered(irp_target_ == WdfPowerDeviceD0, false, true);
      finish_request();
      return std::nullopt;
  }
  return std::nullopt;
}

bool PowerMachine::undoing() const {
  switch (state()) {
    case PowerState::UndoQueues:
    case PowerState::UndoDma:
    case PowerState::UndoPreInterrupts:
    case PowerState::UndoInterrupts:
    case PowerState::UndoExit:
      return true;
    default:
      return false;
  }
}

void PowerMachine::release_parent() {
  if (!holds_parent_) return;
  holds_parent_ = false;
  --device_.parent_device->policy.children_in_d0;
  device_.parent_device->policy.dereference_power();
}

ULONG PowerMachine::published_state() const {
  switch (state()) {
    case PowerState::Off:
      return 0x315;  // Stopped
    case PowerState::D0:
      return 0x307;
    case PowerState::Dx:
      return 0x31F;
    case PowerState::UpWaiting:
      return 0x32F;  // WaitForParent
    default:
      return state() < PowerState::D0 ? 0x333 : 0x31A;  // Waking, GotoDx
  }
}

}  // namespace drydock::wdf
