#pragma once
// The framework's own statuses (wdfstatus.h).

#include "nt/base.h"

namespace drydock::wdf {

constexpr nt::NTSTATUS wdf_status(nt::ULONG value) {
  return static_cast<nt::NTSTATUS>(value);
}

inline constexpr nt::NTSTATUS STATUS_WDF_QUEUED = wdf_status(0x40200000);
inline constexpr nt::NTSTATUS STATUS_WDF_POSTED = wdf_status(0x40200002);
inline constexpr nt::NTSTATUS STATUS_WDF_NO_PACKAGE = wdf_status(0xC0200200);
inline constexpr nt::NTSTATUS STATUS_WDF_INTERNAL_ERROR = wdf_status(0xC0200201);
inline constexpr nt::NTSTATUS STATUS_WDF_PAUSED = wdf_status(0xC0200203);
inline constexpr nt::NTSTATUS STATUS_WDF_BUSY = wdf_status(0xC0200204);
inline constexpr nt::NTSTATUS STATUS_WDF_IO_TIMEOUT_NOT_SENT = wdf_status(0xC0200205);
inline constexpr nt::NTSTATUS STATUS_WDF_DEVICE_REMOVED_NOT_SENT = wdf_status(0xC0200206);
inline constexpr nt::NTSTATUS STATUS_WDF_REQUEST_ALREADY_PENDING = wdf_status(0xC0200207);
inline constexpr nt::NTSTATUS STATUS_WDF_REQUEST_INVALID_STATE = wdf_status(0xC0200208);
inline constexpr nt::NTSTATUS STATUS_WDF_OBJECT_ATTRIBUTES_INVALID = wdf_status(0xC0200209);
inline constexpr nt::NTSTATUS STATUS_WDF_TOO_FRAGMENTED = wdf_status(0xC020020A);
inline constexpr nt::NTSTATUS STATUS_WDF_NO_CALLBACK = wdf_status(0xC020020B);
inline constexpr nt::NTSTATUS STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL = wdf_status(0xC020020C);
inline constexpr nt::NTSTATUS STATUS_WDF_PARENT_ALREADY_ASSIGNED = wdf_status(0xC020020D);
inline constexpr nt::NTSTATUS STATUS_WDF_PARENT_IS_SELF = wdf_status(0xC020020E);
inline constexpr nt::NTSTATUS STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED = wdf_status(0xC020020F);
inline constexpr nt::NTSTATUS STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID = wdf_status(0xC0200210);
inline constexpr nt::NTSTATUS STATUS_WDF_EXECUTION_LEVEL_INVALID = wdf_status(0xC0200211);
inline constexpr nt::NTSTATUS STATUS_WDF_PARENT_NOT_SPECIFIED = wdf_status(0xC0200212);
inline constexpr nt::NTSTATUS STATUS_WDF_TOO_MANY_TRANSFERS = wdf_status(0xC0200213);
inline constexpr nt::NTSTATUS STATUS_WDF_NOT_ENOUGH_MAP_REGISTERS = wdf_status(0xC0200214);

}  // namespace drydock::wdf
