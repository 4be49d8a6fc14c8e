// EvtDriverDeviceAdd and what becomes of its answer (WDF-021 to WDF-025).

#include "wdf/callback.h"
#include "wdf/callback_log.h"
#include "wdf/device.h"
#include "wdf/driver.h"

namespace drydock::wdf {

NTSTATUS NTAPI framework_add_device(DRIVER_OBJECT* DriverObject, DEVICE_OBJECT* PhysicalDeviceObject) {
  Driver* driver = driver_of(DriverObject);
  return driver ? add_device_of(*driver, PhysicalDeviceObject) : STATUS_SUCCESS;
}

NTSTATUS add_device_of(Driver& driver, DEVICE_OBJECT* pdo) {
  if (!driver.config.EvtDriverDeviceAdd) return STATUS_SUCCESS;
  WDFDEVICE_INIT* init = new_init(driver.client());
  init->pdo = pdo;
  if (!driver.client().host) note_driver(driver.client().name, "calls DeviceAdd");
  NTSTATUS status = call_driver(driver.config.EvtDriverDeviceAdd, driver.handle_as<WDFDRIVER>(), init);
  Device* device = init->created;
  const bool filter = device ? device->config().filter : init->config.filter;
  free_init(init);
  if (NT_SUCCESS(status)) return STATUS_SUCCESS;
  if (device) {
    note_add_failed(*device);
    device->reference();
    device->pnp.post(PnpEvent::AddFailed);
    device->pnp.wait_until_gone();
    device->dereference();
  }
  return filter && !driver.client().host ? STATUS_SUCCESS : status;  // WDF-025
}

}  // namespace drydock::wdf
