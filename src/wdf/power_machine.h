#pragma once

#include "wdf/power_table.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Device;

class PowerMachine final : public TableMachine<PowerTable> {
 public:
  explicit PowerMachine(Device& device);

  /// A device power request of the stack; pending until the sequence has ended.
  void take(IRP* irp, PowerEvent event, WDF_POWER_DEVICE_STATE target);
  /// Without a request: at start, and at stop or removal.
  void start();
  void stop();

  IRP* pending() const { return irp_; }
  WDF_POWER_DEVICE_STATE recorded() const { return recorded_; }  ///< WDF-028, WDF-083
  bool in_d0() const { return state() == PowerState::D0; }
  /// On its way between D0 and another state.
  bool in_transition() const { return state() != PowerState::Off && !in_d0() && state() != PowerState::Dx; }
  ULONG published_state() const;

 private:
  std::optional<PowerEvent> perform(PowerAction action) override;
  std::string owner_name() const override;
  void hold_owner() override;
  void release_owner() override;

  PowerEvent outcome(NTSTATUS status);
  /// A step of DOWN: goes on whatever happened, and remembers it (WDF-084).
  PowerEvent step_down(NTSTATUS status);
  void finish_request();
  void report(bool up);
  /// A failed UP is being taken back.
  bool undoing() const;
  void release_parent();

  Device& device_;
  IRP* irp_ = nullptr;
  WDF_POWER_DEVICE_STATE irp_target_ = WdfPowerDeviceD3;
  bool explicit_ = false;  ///< a request began the sequence under way, not start, stop or removal
  WDF_POWER_DEVICE_STATE target_ = WdfPowerDeviceD3Final;
  WDF_POWER_DEVICE_STATE recorded_ = WdfPowerDeviceD3Final;
  WDF_POWER_DEVICE_STATE previous_ = WdfPowerDeviceD3Final;  ///< what UP's callbacks are told
  bool failed_ = false;
  bool holds_parent_ = false;
};

}  // namespace drydock::wdf
