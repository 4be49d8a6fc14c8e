#pragma once
// What a device's lifecycle asks of its I/O queues, and where its I/O requests go (contract, section 13).

#include <memory>

#include "wdf/kernel.h"

namespace drydock::wdf {

class Device;

/// One per device, made with it. Everything but dispatch() is called at PASSIVE_LEVEL by the device's machines.
class IoPackage {
 public:
  explicit IoPackage(Device& device) : device_(device) {}
  virtual ~IoPackage() = default;

  /// IRP_MJ_CREATE, CLEANUP, CLOSE, READ, WRITE, DEVICE_CONTROL and so on: whatever is not PnP, power or WMI.
  virtual NTSTATUS dispatch(IRP* irp) = 0;
  /// DOWN's first step: power-managed queues deliver no more, IoStop(Suspend); returns when no request delivered from
  /// them is unanswered (WDF-086, WDF-287).
  virtual void hold() {}
  /// UP's last: power-managed queues deliver again, IoResume first (WDF-292).
  virtual void open() {}
  /// Power-managed queues are purged (WDF-294); returns as WDF-145 says.
  virtual void purge_power_managed() {}
  /// The second part of removal: the queues that are not power-managed (WDF-298).
  virtual void purge_others() {}
  /// A PDO is started again: every queue accepts (WDF-297).
  virtual void reset() {}
  /// Whether a power-managed queue has a request that waits or was delivered and is unfinished (WDF-087).
  virtual bool keeps_device_busy() const { return false; }

 protected:
  Device& device() const { return device_; }

 private:
  Device& device_;
};

std::unique_ptr<IoPackage> make_io_package(Device& device);

/// The device's DMA enablers (contract, section 15).
class DmaPackage {
 public:
  virtual ~DmaPackage() = default;
  /// DmaFill, DmaEnable, DmaStart of each enabler in order of creation; stops at the first failure (WDF-068, WDF-200).
  virtual NTSTATUS up() { return STATUS_SUCCESS; }
  /// DmaStop, DmaDisable, DmaFlush of each; the first failure is the result, nothing is left out (WDF-085, WDF-201).
  virtual NTSTATUS down() { return STATUS_SUCCESS; }
};

std::unique_ptr<DmaPackage> make_dma_package(Device& device);

}  // namespace drydock::wdf
