#pragma once

#include "wdf/pnp_table.h"

namespace drydock::wdf {

class Device;

class PnpMachine final : public TableMachine<PnpTable> {
 public:
  explicit PnpMachine(Device& device);

  /// A PnP request that changes the state: pending until its row completes it. WDF-036: a second one stops the run.
  NTSTATUS take(IRP* irp, PnpEvent event);
  IRP* pending() const { return irp_; }
  /// PrepareHardware was called and ReleaseHardware is due.
  bool holds_hardware() const { return hardware_prepared_; }
  /// What the request under way will be completed with, so far.
  NTSTATUS result() const { return result_; }
  void set_result(NTSTATUS status) { result_ = status; }

  /// WdfDeviceGetDevicePnpState's value for the present state.
  ULONG published_state() const;
  /// The device object has gone, or goes without a request (WDF-023).
  void wait_until_gone();

 private:
  std::optional<PnpEvent> perform(PnpAction action) override;
  std::string owner_name() const override;
  void hold_owner() override;
  void release_owner() override;

  PnpEvent start_lower_drivers();
  PnpEvent prepare_hardware();
  PnpEvent announce_device();
  PnpEvent ask(bool remove);
  PnpEvent release_hardware();
  void put_away_now();
  void fail_device();
  void tell_surprise_now();
  PnpEvent ask_eject();
  PnpEvent leave_stack();
  /// Completes the pending request here, or sends it on to the lower driver.
  void complete(NTSTATUS status);
  void pass_down(NTSTATUS status);

  Device& device_;
  IRP* irp_ = nullptr;
  NTSTATUS result_ = 0;
  bool hardware_prepared_ = false;  ///< a ReleaseHardware is due
  bool asks_for_restart_ = true;    ///< the failure under way deserves a new instance
  bool interfaces_on_ = false;
  KEVENT gone_;
};

}  // namespace drydock::wdf
