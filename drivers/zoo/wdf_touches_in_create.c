// kmdf: 1.33
// Looks at its device when it is opened, though the device may be asleep.
// Expected: hardware-touched-after-release (WDF-446), for WDF-042.
#define ZOO_INIT Init
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static VOID NTAPI FileCreate(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT FileObject) {
  NTSTATUS status = STATUS_SUCCESS;
  UNREFERENCED_PARAMETER(FileObject);
#ifdef FIXED
  status = WdfDeviceStopIdle(Device, TRUE);
#endif
  if (NT_SUCCESS(status)) ZooRead(ZooOf(Device), EDU_STATUS);
#ifdef FIXED
  if (NT_SUCCESS(status)) WdfDeviceResumeIdle(Device);
#endif
  WdfRequestComplete(Request, status);
}

static VOID Init(PWDFDEVICE_INIT DeviceInit) {
  WDF_FILEOBJECT_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_FILEOBJECT_CONFIG_INIT(&config, FileCreate, WDF_NO_EVENT_CALLBACK, WDF_NO_EVENT_CALLBACK);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ExecutionLevel = WdfExecutionLevelPassive;
  WdfDeviceInitSetFileObjectConfig(DeviceInit, &config, &attributes);
}

static NTSTATUS Added(ZOO* Zoo) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&idle, IdleCannotWakeFromS0);
  idle.IdleTimeout = 10;
  return WdfDeviceAssignS0IdleSettings(Zoo->Device, &idle);
}
