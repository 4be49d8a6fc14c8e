#pragma once
// Device properties by key (devpropdef.h, devpkey.h).

#include "nt/base.h"
#include "nt/guid.h"

namespace drydock::nt {

struct DEVPROPKEY {
  GUID fmtid;
  ULONG pid;
};
static_assert(sizeof(DEVPROPKEY) == 0x14);

using DEVPROPTYPE = ULONG;
inline constexpr DEVPROPTYPE DEVPROP_TYPE_UINT32 = 0x07;
inline constexpr DEVPROPTYPE DEVPROP_TYPE_GUID = 0x0D;
inline constexpr DEVPROPTYPE DEVPROP_TYPE_STRING = 0x12;
inline constexpr DEVPROPTYPE DEVPROP_TYPE_STRING_LIST = 0x2012;

/// Of DEVPKEY_Device_DeviceDesc and most of its neighbours.
inline constexpr GUID kDevicePropertyCategory = {
    0xA45C254E, 0xDF1C, 0x4EFD, {0x80, 0x20, 0x67, 0xD1, 0x46, 0xA8, 0x50, 0xE0}};

}  // namespace drydock::nt
