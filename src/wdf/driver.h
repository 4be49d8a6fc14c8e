#pragma once
// WDFDRIVER: one for each bound driver.

#include "wdf/framework.h"

namespace drydock::wdf {

class Driver final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Driver;
  explicit Driver(Client& client) : Object(kType, client) { driver_may_delete = false; }

  WDF_DRIVER_CONFIG config{};

  /// The service key's path as WdfDriverGetRegistryPath shows it; the driver's as long as the object lives.
  PWSTR registry_path_in_pool();
  void run_down() override;

  CallbackLock* callback_lock() override { return lock_.get(); }
  void make_lock(bool passive) { lock_ = std::make_unique<CallbackLock>(passive); }

 private:
  std::unique_ptr<CallbackLock> lock_;
  PWSTR registry_path_ = nullptr;
};

/// The driver of a DRIVER_OBJECT; null if it is not bound or has no WDFDRIVER.
Driver* driver_of(const DRIVER_OBJECT* driver_object);

/// WDF-018: what the end of unload or of a failed DriverEntry does: the WDFDRIVER goes with all that hangs from it.
void end_driver(Client& client);

/// AddDevice of every framework driver: EvtDriverDeviceAdd, and what becomes of its failure (WDF-021 to WDF-025).
NTSTATUS NTAPI framework_add_device(DRIVER_OBJECT* DriverObject, DEVICE_OBJECT* PhysicalDeviceObject);

/// The same for one driver and one device of its.
NTSTATUS add_device_of(Driver& driver, DEVICE_OBJECT* pdo);

}  // namespace drydock::wdf
