#pragma once
// GUIDs, as constants that compare.

#include "nt/base.h"

namespace drydock::nt {

struct GUID {
  ULONG Data1;
  USHORT Data2;
  USHORT Data3;
  UCHAR Data4[8];

  friend constexpr bool operator==(const GUID& a, const GUID& b) {
    if (a.Data1 != b.Data1 || a.Data2 != b.Data2 || a.Data3 != b.Data3) return false;
    for (int i = 0; i < 8; ++i) {
      if (a.Data4[i] != b.Data4[i]) return false;
    }
    return true;
  }
};
static_assert(sizeof(GUID) == 16 && alignof(GUID) == 4);

using LPGUID = GUID*;
using LPCGUID = const GUID*;

}  // namespace drydock::nt
