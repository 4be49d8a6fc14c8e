#pragma once
// Register access of user-mode drivers, one function a size. Include after the functions (wdf.h does).

#include "wdfhwaccess.h"

#define WDF_HWACCESS(name, Name, type)                                                                             \
  WDF_INLINE type WDF_READ_REGISTER_##name(WDFDEVICE Device, type* Register) {                                     \
    return (type)WdfDeviceReadFromHardware(Device, WdfDeviceHwAccessTargetTypeRegister,                            \
                                           WdfDeviceHwAccessTargetSize##Name, (PVOID)Register, NULL, 0);           \
  }                                                                                                                \
  WDF_INLINE VOID WDF_WRITE_REGISTER_##name(WDFDEVICE Device, type* Register, type Value) {                        \
    WdfDeviceWriteToHardware(Device, WdfDeviceHwAccessTargetTypeRegister, WdfDeviceHwAccessTargetSize##Name,       \
                             (PVOID)Register, (SIZE_T)Value, NULL, 0);                                             \
  }                                                                                                                \
  WDF_INLINE VOID WDF_READ_REGISTER_BUFFER_##name(WDFDEVICE Device, type* Register, type* Buffer, ULONG Count) {   \
    WdfDeviceReadFromHardware(Device, WdfDeviceHwAccessTargetTypeRegisterBuffer, WdfDeviceHwAccessTargetSize##Name, \
                              (PVOID)Register, (PVOID)Buffer, Count);                                              \
  }                                                                                                                \
  WDF_INLINE VOID WDF_WRITE_REGISTER_BUFFER_##name(WDFDEVICE Device, type* Register, type* Buffer, ULONG Count) {  \
    WdfDeviceWriteToHardware(Device, WdfDeviceHwAccessTargetTypeRegisterBuffer, WdfDeviceHwAccessTargetSize##Name, \
                             (PVOID)Register, 0, (PVOID)Buffer, Count);                                            \
  }
WDF_HWACCESS(UCHAR, Uchar, UCHAR)
WDF_HWACCESS(USHORT, Ushort, USHORT)
WDF_HWACCESS(ULONG, Ulong, ULONG)
WDF_HWACCESS(ULONG64, Ulong64, ULONG64)
#undef WDF_HWACCESS

