#pragma once
// What applications and file systems say about ranges of a disk: trim.

#include "nt/base.h"

namespace drydock::nt {

inline constexpr ULONG IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES = 0x002D9404;  // FILE_WRITE_ACCESS, buffered

using DEVICE_DATA_MANAGEMENT_SET_ACTION = ULONG;
inline constexpr ULONG DeviceDsmAction_Trim = 1;

struct DEVICE_MANAGE_DATA_SET_ATTRIBUTES {
  ULONG Size;
  DEVICE_DATA_MANAGEMENT_SET_ACTION Action;
  ULONG Flags;
  ULONG ParameterBlockOffset;
  ULONG ParameterBlockLength;
  ULONG DataSetRangesOffset;
  ULONG DataSetRangesLength;
};
static_assert(sizeof(DEVICE_MANAGE_DATA_SET_ATTRIBUTES) == 28);

inline constexpr ULONG DEVICE_DSM_FLAG_ENTIRE_DATA_SET_RANGE = 0x00000001;

struct DEVICE_DATA_SET_RANGE {
  LONGLONG StartingOffset;  ///< bytes
  ULONGLONG LengthInBytes;
};
static_assert(sizeof(DEVICE_DATA_SET_RANGE) == 16);

struct DEVICE_TRIM_DESCRIPTOR {
  ULONG Version;
  ULONG Size;
  BOOLEAN TrimEnabled;
};
static_assert(sizeof(DEVICE_TRIM_DESCRIPTOR) == 12);

// SBC-3: the page that says whether a unit does UNMAP.
inline constexpr UCHAR VPD_LOGICAL_BLOCK_PROVISIONING_PAGE = 0xB2;
inline constexpr UCHAR kProvisioningUnmap = 0x80;  // LBPU, in byte 5 of that page

}  // namespace drydock::nt
