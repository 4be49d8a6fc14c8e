#pragma once
// Bitmaps over memory the driver provides.

#include "nt/base.h"

namespace drydock::nt {

struct RTL_BITMAP {
  ULONG SizeOfBitMap;  // bits
  ULONG* Buffer;
};
static_assert(sizeof(RTL_BITMAP) == 16 && offsetof(RTL_BITMAP, Buffer) == 8);
using PRTL_BITMAP = RTL_BITMAP*;

struct RTL_BITMAP_RUN {
  ULONG StartingIndex;
  ULONG NumberOfBits;
};
static_assert(sizeof(RTL_BITMAP_RUN) == 8);
using PRTL_BITMAP_RUN = RTL_BITMAP_RUN*;

}  // namespace drydock::nt
