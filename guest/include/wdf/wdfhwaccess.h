#pragma once
// Registers and ports of the device, as a user-mode driver reaches them (UMDF 2).

#include "wdftypes.h"

typedef enum _WDF_DEVICE_HWACCESS_TARGET_TYPE {
  WdfDeviceHwAccessTargetTypeInvalid = 0,
  WdfDeviceHwAccessTargetTypeRegister,
  WdfDeviceHwAccessTargetTypeRegisterBuffer,
  WdfDeviceHwAccessTargetTypePort,
  WdfDeviceHwAccessTargetTypePortBuffer,
  WdfDeviceHwAccessTargetTypeMaximum,
} WDF_DEVICE_HWACCESS_TARGET_TYPE;

typedef enum _WDF_DEVICE_HWACCESS_TARGET_SIZE {
  WdfDeviceHwAccessTargetSizeInvalid = 0,
  WdfDeviceHwAccessTargetSizeUchar,
  WdfDeviceHwAccessTargetSizeUshort,
  WdfDeviceHwAccessTargetSizeUlong,
  WdfDeviceHwAccessTargetSizeUlong64,
  WdfDeviceHwAccessTargetSizeMaximum,
} WDF_DEVICE_HWACCESS_TARGET_SIZE;
