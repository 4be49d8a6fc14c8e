#pragma once

#include <optional>
#include <vector>

#include "wdf/old_structures.h"
#include "wdf/policy_table.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Device;

/// What a PPO may do with an idle device (WdfDeviceAssignS0IdleSettings).
struct IdleSettings {
  bool assigned = false;
  bool enabled = false;
  WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps = IdleCannotWakeFromS0;
  DEVICE_POWER_STATE dx = PowerDeviceMaximum;  ///< PowerDeviceMaximum: as capabilities say
  ULONG timeout_ms = kIdleTimeoutDefault_ms;
  bool power_up_on_system_wake = false;
  bool system_managed = false;
};

/// WdfDeviceAssignSxWakeSettings.
struct WakeSettings {
  bool assigned = false;
  bool enabled = false;
  DEVICE_POWER_STATE dx = PowerDeviceMaximum;
  bool arm_for_children = false;
  bool indicate_child_wake = false;
};

class PolicyMachine final : public TableMachine<PolicyTable> {
 public:
  explicit PolicyMachine(Device& device);

  IdleSettings idle;
  WakeSettings wake;
  DEVICE_POWER_STATE deepest_wake = PowerDeviceD3;  ///< from the capabilities (WDF-063)
  bool wakes_from_d0 = false;                       ///< the capabilities name some Dx it can wake from
  DEVICE_POWER_STATE state_for_sx[POWER_SYSTEM_MAXIMUM] = {};

  // ---- power references: nothing idles while one is held ----
  /// A driver's WdfDeviceStopIdle, a queue's request, a child in D0. True if the device is in D0 now; false if it is
  /// being brought up (or failed: see failed()). Any IRQL up to DISPATCH_LEVEL.
  bool reference_power();
  void dereference_power();
  /// For a child that is coming up: the same, and waits until the device is up or will not come (WDF-075, WDF-194).
  void reference_power_and_wait();
  /// Waits until the device is in D0. STATUS_POWER_STATE_INVALID when it will not get there. PASSIVE_LEVEL.
  NTSTATUS wait_for_d0();
  bool failed() const { return state() == PolicyState::Failed; }
  LONG power_references() const { return references_; }
  /// Idle settings changed: the timer is set anew.
  void settings_changed();
  /// The device goes: the timer is off, and its deferred call has run.
  void quiesce();

  /// WdfDeviceStopIdle less WdfDeviceResumeIdle (WDF-462).
  LONG driver_references = 0;
  /// Children that hold the device in D0 because they are (WDF-075, WDF-458).
  LONG children_in_d0 = 0;
  LONG children_refused = 0;  ///< of them: there was no memory for their request for Dx

  // ---- requests ----
  void take_system_irp(IRP* irp, bool wakes);
  /// WDF-012: whether the device power request under way is one this driver asked for.
  bool asked_for_request() const { return requested_; }
  /// The request has come back from the top of the stack.
  void request_ended();
  /// What the system does, for drivers that are not asked but told (WDF-082).
  void note_system_power(SYSTEM_POWER_STATE target, POWER_ACTION action);
  POWER_ACTION system_action() const { return system_action_; }
  WDF_POWER_DEVICE_STATE target_of(DEVICE_POWER_STATE state) const;

  // ---- steps of the power machine that are the owner's ----
  /// DOWN after the queues are held: Arm (WDF-092).
  void arm();
  /// UP after Scan: Triggered, Disarm (WDF-097).
  void disarm();
  bool wake_request_expected() const { return sending_wake_; }
  /// The wait-wake request has come back. Any IRQL up to DISPATCH_LEVEL.
  void wake_request_ended(NTSTATUS status);
  /// WDF-099. PASSIVE_LEVEL.
  void wake_interrupt_fired();
  bool armed() const { return armed_for_s0_ || armed_for_sx_; }
  /// From the power machine, when a sequence has ended. `by_own_request`: request_ended() follows and says when.
  void powered(bool up, bool failed, bool by_own_request);

  ULONG published_state() const;

 private:
  std::optional<PolicyEvent> perform(PolicyAction action) override;
  std::string owner_name() const override;
  void hold_owner() override;
  void release_owner() override;

  bool may_idle() const;
  void set_timer();
  void cancel_timer();
  std::optional<PolicyEvent> request(DEVICE_POWER_STATE state);
  DEVICE_POWER_STATE idle_target() const;
  DEVICE_POWER_STATE sleep_target() const;
  void finish_system_irp();
  void wake_up_waiters();
  void fail();
  NTSTATUS call_arm(bool for_sx);
  void arm_own_bus(bool for_sx);
  void cancel_wake();
  void forget_wake();

  Device& device_;
  LONG references_ = 0;
  bool held_ = false;                   ///< by a query
  bool requested_ = false;              ///< a device power request of ours is on its way
  std::optional<PolicyEvent> outcome_;  ///< what the power machine made of it
  bool going_for_s0_ = false;           ///< the way down under way is for idleness
  bool armed_for_s0_ = false, armed_for_sx_ = false;
  bool bounce_ = false;  ///< in Dx only to be brought straight back
  bool triggered_ = false;
  bool sending_wake_ = false, wake_ended_ = false, cancelling_ = false;
  IRP* system_irp_ = nullptr;
  SYSTEM_POWER_STATE system_target_ = PowerSystemWorking;
  POWER_ACTION system_action_ = PowerActionNone;
  IRP* wake_irp_ = nullptr;
  KTIMER timer_{};
  KDPC timer_dpc_{};
  KEVENT d0_;  ///< signalled in D0, and when it will not come
};

}  // namespace drydock::wdf
