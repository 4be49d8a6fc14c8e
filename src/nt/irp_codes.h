#pragma once
// Function codes and flags of IRPs, and their names.

#include "nt/base.h"
#include "nt/device_object.h"

namespace drydock::nt {

inline constexpr UCHAR IRP_MJ_CREATE = 0x00;
inline constexpr UCHAR IRP_MJ_CREATE_NAMED_PIPE = 0x01;
inline constexpr UCHAR IRP_MJ_CLOSE = 0x02;
inline constexpr UCHAR IRP_MJ_READ = 0x03;
inline constexpr UCHAR IRP_MJ_WRITE = 0x04;
inline constexpr UCHAR IRP_MJ_QUERY_INFORMATION = 0x05;
inline constexpr UCHAR IRP_MJ_SET_INFORMATION = 0x06;
inline constexpr UCHAR IRP_MJ_QUERY_EA = 0x07;
inline constexpr UCHAR IRP_MJ_SET_EA = 0x08;
inline constexpr UCHAR IRP_MJ_FLUSH_BUFFERS = 0x09;
inline constexpr UCHAR IRP_MJ_QUERY_VOLUME_INFORMATION = 0x0A;
inline constexpr UCHAR IRP_MJ_SET_VOLUME_INFORMATION = 0x0B;
inline constexpr UCHAR IRP_MJ_DIRECTORY_CONTROL = 0x0C;
inline constexpr UCHAR IRP_MJ_FILE_SYSTEM_CONTROL = 0x0D;
inline constexpr UCHAR IRP_MJ_DEVICE_CONTROL = 0x0E;
inline constexpr UCHAR IRP_MJ_INTERNAL_DEVICE_CONTROL = 0x0F;
inline constexpr UCHAR IRP_MJ_SCSI = 0x0F;
inline constexpr UCHAR IRP_MJ_SHUTDOWN = 0x10;
inline constexpr UCHAR IRP_MJ_LOCK_CONTROL = 0x11;
inline constexpr UCHAR IRP_MJ_CLEANUP = 0x12;
inline constexpr UCHAR IRP_MJ_CREATE_MAILSLOT = 0x13;
inline constexpr UCHAR IRP_MJ_QUERY_SECURITY = 0x14;
inline constexpr UCHAR IRP_MJ_SET_SECURITY = 0x15;
inline constexpr UCHAR IRP_MJ_POWER = 0x16;
inline constexpr UCHAR IRP_MJ_SYSTEM_CONTROL = 0x17;
inline constexpr UCHAR IRP_MJ_DEVICE_CHANGE = 0x18;
inline constexpr UCHAR IRP_MJ_QUERY_QUOTA = 0x19;
inline constexpr UCHAR IRP_MJ_SET_QUOTA = 0x1A;
inline constexpr UCHAR IRP_MJ_PNP = 0x1B;
inline constexpr UCHAR IRP_MJ_PNP_POWER = 0x1B;

inline constexpr const char* kIrpMajorNames[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
    "IRP_MJ_CREATE",
    "IRP_MJ_CREATE_NAMED_PIPE",
    "IRP_MJ_CLOSE",
    "IRP_MJ_READ",
    "IRP_MJ_WRITE",
    "IRP_MJ_QUERY_INFORMATION",
    "IRP_MJ_SET_INFORMATION",
    "IRP_MJ_QUERY_EA",
    "IRP_MJ_SET_EA",
    "IRP_MJ_FLUSH_BUFFERS",
    "IRP_MJ_QUERY_VOLUME_INFORMATION",
    "IRP_MJ_SET_VOLUME_INFORMATION",
    "IRP_MJ_DIRECTORY_CONTROL",
    "IRP_MJ_FILE_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CONTROL",
    "IRP_MJ_INTERNAL_DEVICE_CONTROL",
    "IRP_MJ_SHUTDOWN",
    "IRP_MJ_LOCK_CONTROL",
    "IRP_MJ_CLEANUP",
    "IRP_MJ_CREATE_MAILSLOT",
    "IRP_MJ_QUERY_SECURITY",
    "IRP_MJ_SET_SECURITY",
    "IRP_MJ_POWER",
    "IRP_MJ_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CHANGE",
    "IRP_MJ_QUERY_QUOTA",
    "IRP_MJ_SET_QUOTA",
    "IRP_MJ_PNP",
};

constexpr const char* irp_major_name(UCHAR major) {
  return major <= IRP_MJ_MAXIMUM_FUNCTION ? kIrpMajorNames[major] : nullptr;
}

inline constexpr UCHAR IRP_MN_SCSI_CLASS = 0x01;

inline constexpr UCHAR IRP_MN_START_DEVICE = 0x00;
inline constexpr UCHAR IRP_MN_QUERY_REMOVE_DEVICE = 0x01;
inline constexpr UCHAR IRP_MN_REMOVE_DEVICE = 0x02;
inline constexpr UCHAR IRP_MN_CANCEL_REMOVE_DEVICE = 0x03;
inline constexpr UCHAR IRP_MN_STOP_DEVICE = 0x04;
inline constexpr UCHAR IRP_MN_QUERY_STOP_DEVICE = 0x05;
inline constexpr UCHAR IRP_MN_CANCEL_STOP_DEVICE = 0x06;
inline constexpr UCHAR IRP_MN_QUERY_DEVICE_RELATIONS = 0x07;
inline constexpr UCHAR IRP_MN_QUERY_INTERFACE = 0x08;
inline constexpr UCHAR IRP_MN_QUERY_CAPABILITIES = 0x09;
inline constexpr UCHAR IRP_MN_QUERY_RESOURCES = 0x0A;
inline constexpr UCHAR IRP_MN_QUERY_RESOURCE_REQUIREMENTS = 0x0B;
inline constexpr UCHAR IRP_MN_QUERY_DEVICE_TEXT = 0x0C;
inline constexpr UCHAR IRP_MN_FILTER_RESOURCE_REQUIREMENTS = 0x0D;
inline constexpr UCHAR IRP_MN_READ_CONFIG = 0x0F;
inline constexpr UCHAR IRP_MN_WRITE_CONFIG = 0x10;
inline constexpr UCHAR IRP_MN_EJECT = 0x11;
inline constexpr UCHAR IRP_MN_SET_LOCK = 0x12;
inline constexpr UCHAR IRP_MN_QUERY_ID = 0x13;
inline constexpr UCHAR IRP_MN_QUERY_PNP_DEVICE_STATE = 0x14;
inline constexpr UCHAR IRP_MN_QUERY_BUS_INFORMATION = 0x15;
inline constexpr UCHAR IRP_MN_DEVICE_USAGE_NOTIFICATION = 0x16;
inline constexpr UCHAR IRP_MN_SURPRISE_REMOVAL = 0x17;
inline constexpr UCHAR IRP_MN_DEVICE_ENUMERATED = 0x19;

inline constexpr UCHAR IRP_MN_WAIT_WAKE = 0x00;
inline constexpr UCHAR IRP_MN_POWER_SEQUENCE = 0x01;
inline constexpr UCHAR IRP_MN_SET_POWER = 0x02;
inline constexpr UCHAR IRP_MN_QUERY_POWER = 0x03;

inline constexpr UCHAR IRP_MN_QUERY_ALL_DATA = 0x00;
inline constexpr UCHAR IRP_MN_QUERY_SINGLE_INSTANCE = 0x01;
inline constexpr UCHAR IRP_MN_CHANGE_SINGLE_INSTANCE = 0x02;
inline constexpr UCHAR IRP_MN_CHANGE_SINGLE_ITEM = 0x03;
inline constexpr UCHAR IRP_MN_ENABLE_EVENTS = 0x04;
inline constexpr UCHAR IRP_MN_DISABLE_EVENTS = 0x05;
inline constexpr UCHAR IRP_MN_ENABLE_COLLECTION = 0x06;
inline constexpr UCHAR IRP_MN_DISABLE_COLLECTION = 0x07;
inline constexpr UCHAR IRP_MN_REGINFO = 0x08;
inline constexpr UCHAR IRP_MN_EXECUTE_METHOD = 0x09;
inline constexpr UCHAR IRP_MN_REGINFO_EX = 0x0B;

inline constexpr const char* kPnpMinorNames[] = {
    "IRP_MN_START_DEVICE",
    "IRP_MN_QUERY_REMOVE_DEVICE",
    "IRP_MN_REMOVE_DEVICE",
    "IRP_MN_CANCEL_REMOVE_DEVICE",
    "IRP_MN_STOP_DEVICE",
    "IRP_MN_QUERY_STOP_DEVICE",
    "IRP_MN_CANCEL_STOP_DEVICE",
    "IRP_MN_QUERY_DEVICE_RELATIONS",
    "IRP_MN_QUERY_INTERFACE",
    "IRP_MN_QUERY_CAPABILITIES",
    "IRP_MN_QUERY_RESOURCES",
    "IRP_MN_QUERY_RESOURCE_REQUIREMENTS",
    "IRP_MN_QUERY_DEVICE_TEXT",
    "IRP_MN_FILTER_RESOURCE_REQUIREMENTS",
    nullptr,
    "IRP_MN_READ_CONFIG",
    "IRP_MN_WRITE_CONFIG",
    "IRP_MN_EJECT",
    "IRP_MN_SET_LOCK",
    "IRP_MN_QUERY_ID",
    "IRP_MN_QUERY_PNP_DEVICE_STATE",
    "IRP_MN_QUERY_BUS_INFORMATION",
    "IRP_MN_DEVICE_USAGE_NOTIFICATION",
    "IRP_MN_SURPRISE_REMOVAL",
    nullptr,
    "IRP_MN_DEVICE_ENUMERATED",
};

inline constexpr const char* kPowerMinorNames[] = {
    "IRP_MN_WAIT_WAKE",
    "IRP_MN_POWER_SEQUENCE",
    "IRP_MN_SET_POWER",
    "IRP_MN_QUERY_POWER",
};

inline constexpr const char* kWmiMinorNames[] = {
    "IRP_MN_QUERY_ALL_DATA",
    "IRP_MN_QUERY_SINGLE_INSTANCE",
    "IRP_MN_CHANGE_SINGLE_INSTANCE",
    "IRP_MN_CHANGE_SINGLE_ITEM",
    "IRP_MN_ENABLE_EVENTS",
    "IRP_MN_DISABLE_EVENTS",
    "IRP_MN_ENABLE_COLLECTION",
    "IRP_MN_DISABLE_COLLECTION",
    "IRP_MN_REGINFO",
    "IRP_MN_EXECUTE_METHOD",
    nullptr,
    "IRP_MN_REGINFO_EX",
};

namespace detail {
template <size_t N>
constexpr const char* name_at(const char* const (&names)[N], size_t index) {
  return index < N ? names[index] : nullptr;
}
}  // namespace detail

/// Returns the name of a minor code, or nullptr where the major code has none.
constexpr const char* irp_minor_name(UCHAR major, UCHAR minor) {
  switch (major) {
    case IRP_MJ_PNP:
      return detail::name_at(kPnpMinorNames, minor);
    case IRP_MJ_POWER:
      return detail::name_at(kPowerMinorNames, minor);
    case IRP_MJ_SYSTEM_CONTROL:
      return detail::name_at(kWmiMinorNames, minor);
    default:
      return nullptr;
  }
}

// IO_STACK_LOCATION.Control
inline constexpr UCHAR SL_PENDING_RETURNED = 0x01;
inline constexpr UCHAR SL_ERROR_RETURNED = 0x02;
inline constexpr UCHAR SL_INVOKE_ON_CANCEL = 0x20;
inline constexpr UCHAR SL_INVOKE_ON_SUCCESS = 0x40;
inline constexpr UCHAR SL_INVOKE_ON_ERROR = 0x80;

// IO_STACK_LOCATION.Flags
inline constexpr UCHAR SL_FORCE_ACCESS_CHECK = 0x01;
inline constexpr UCHAR SL_OPEN_PAGING_FILE = 0x02;
inline constexpr UCHAR SL_OPEN_TARGET_DIRECTORY = 0x04;
inline constexpr UCHAR SL_CASE_SENSITIVE = 0x80;
inline constexpr UCHAR SL_KEY_SPECIFIED = 0x01;
inline constexpr UCHAR SL_OVERRIDE_VERIFY_VOLUME = 0x02;
inline constexpr UCHAR SL_WRITE_THROUGH = 0x04;
inline constexpr UCHAR SL_FT_SEQUENTIAL_WRITE = 0x08;
inline constexpr UCHAR SL_FORCE_DIRECT_WRITE = 0x10;
inline constexpr UCHAR SL_REALTIME_STREAM = 0x20;
inline constexpr UCHAR SL_READ_ACCESS_GRANTED = 0x01;
inline constexpr UCHAR SL_WRITE_ACCESS_GRANTED = 0x04;

// IRP.Flags
inline constexpr ULONG IRP_NOCACHE = 0x00000001;
inline constexpr ULONG IRP_PAGING_IO = 0x00000002;
inline constexpr ULONG IRP_MOUNT_COMPLETION = 0x00000002;
inline constexpr ULONG IRP_SYNCHRONOUS_API = 0x00000004;
inline constexpr ULONG IRP_ASSOCIATED_IRP = 0x00000008;
inline constexpr ULONG IRP_BUFFERED_IO = 0x00000010;
inline constexpr ULONG IRP_DEALLOCATE_BUFFER = 0x00000020;
inline constexpr ULONG IRP_INPUT_OPERATION = 0x00000040;
inline constexpr ULONG IRP_SYNCHRONOUS_PAGING_IO = 0x00000040;
inline constexpr ULONG IRP_CREATE_OPERATION = 0x00000080;
inline constexpr ULONG IRP_READ_OPERATION = 0x00000100;
inline constexpr ULONG IRP_WRITE_OPERATION = 0x00000200;
inline constexpr ULONG IRP_CLOSE_OPERATION = 0x00000400;
inline constexpr ULONG IRP_DEFER_IO_COMPLETION = 0x00000800;
inline constexpr ULONG IRP_OB_QUERY_NAME = 0x00001000;
inline constexpr ULONG IRP_HOLD_DEVICE_QUEUE = 0x00002000;

// IRP.AllocationFlags
inline constexpr UCHAR IRP_QUOTA_CHARGED = 0x01;
inline constexpr UCHAR IRP_ALLOCATED_MUST_SUCCEED = 0x02;
inline constexpr UCHAR IRP_ALLOCATED_FIXED_SIZE = 0x04;
inline constexpr UCHAR IRP_LOOKASIDE_ALLOCATION = 0x08;

}  // namespace drydock::nt
