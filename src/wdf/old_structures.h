#pragma once
// What older versions of the structures were like (WDF-413).

#include "wdf/structures.h"

namespace drydock::wdf {

inline constexpr ULONG kClassBindInfo2Size = 0x78;     ///< WDF_CLASS_BIND_INFO with five pointers more (WDF-474)
inline constexpr ULONG kContextTypeInfoSize10 = 0x20;  ///< 1.0: without the last member
inline constexpr ULONG kPnpCallbacksSize19 = 0x88;     ///< up to 1.9: without UsageNotificationEx
inline constexpr ULONG kPolicyCallbacksSize15 = 0x38;  ///< up to 1.5: without ArmWakeFromSxWithReason
inline constexpr ULONG kPdoCallbacksSize19 = 0x38;     ///< up to 1.9: without ReportedMissing
inline constexpr ULONG kIdleSettingsSize17 = 0x18;     ///< up to 1.7: without PowerUpIdleDeviceOnSystemWake
inline constexpr ULONG kIdleSettingsSize19 = 0x1C;     ///< 1.9: without IdleTimeoutType
inline constexpr ULONG kWakeSettingsSize15 = 0x10;     ///< up to 1.5: without the two of children
inline constexpr ULONG kDeviceStateSize27 = 0x1C;      ///< up to 1.27: without AssignedToGuest
inline constexpr ULONG kInterruptConfigSize19 = 0x38;  ///< up to 1.9: ends with EvtInterruptDisable
inline constexpr ULONG kInterruptConfigSize11 = 0x60;  ///< 1.11: without CanWakeDevice
inline constexpr ULONG kInterruptInfoSize17 = 0x30;    ///< up to 1.7: without Group

inline constexpr ULONG kIdleTimeoutDefault_ms = 5000;  ///< what IdleTimeout 0 means

}  // namespace drydock::wdf
